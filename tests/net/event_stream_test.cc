#include <thread>

#include <gtest/gtest.h>

#include "processors/core/bounded_queue.h"
#include "processors/net/event_buffer.h"
#include "tests/net/running.h"

namespace weir::net {
namespace {

// GET /events, whose streams wait for the test to take them.
struct Streaming {
  BoundedQueue<std::shared_ptr<EventStream>> streams{16};
  Running running;

  explicit Streaming(HttpServerOptions options = {})
      : running(std::move(options),
                {{.method = "GET",
                  .path = "/events",
                  .stream = [this](const HttpRequest&, std::shared_ptr<EventStream> stream) {
                    streams.push(std::move(stream));
                    return std::nullopt;
                  }}}) {}

  std::shared_ptr<EventStream> next() { return *streams.pop(); }
};

void wait_until_closed(const EventStream& stream) {
  while (stream.open()) std::this_thread::yield();
}

TEST(EventStream, SendsEventsAsTheyCome) {
  Streaming streaming;
  Client client = streaming.running.client();
  client.send(get("/events"));
  const auto stream = streaming.next();
  const std::string head = client.receive_until("\r\n\r\n");
  EXPECT_EQ(header_of(head, "Content-Type") + ", " + header_of(head, "Cache-Control") + ", " +
                header_of(head, "Connection"),
            "text/event-stream, no-store, close");
  EXPECT_TRUE(stream->send("result", "one\ntwo", "17"));
  EXPECT_EQ(client.receive_until("\n\n"), "id: 17\nevent: result\ndata: one\ndata: two\n\n");
  EXPECT_TRUE(stream->send("", "", ""));
  EXPECT_EQ(client.receive_until("\n\n"), "data: \n\n");
  EXPECT_EQ(streaming.running.metrics("weir_http_open_streams"), "weir_http_open_streams 1\n");
}

TEST(EventStream, AnEventCannotForgeAnother) {
  EXPECT_EQ(format_event("a\nevent: b", "x\r\ndata: y\rz\n", "1\r\nid: 2"),
            "id: 1\nevent: a\ndata: x\ndata: data: y\ndata: z\ndata: \n\n");
}

TEST(EventStream, EndsWhenItsOwnerDropsItAndWhatWaitsStillArrives) {
  Streaming streaming;
  Client client = streaming.running.client();
  client.send(get("/events"));
  auto stream = streaming.next();
  EXPECT_TRUE(stream->send("", "last", ""));
  stream.reset();
  const std::string all = client.receive_all();
  EXPECT_EQ(brief(all), "200 data: last\n\n");
}

TEST(EventStream, IsClosedWhenTheClientGoes) {
  Streaming streaming;
  Client client = streaming.running.client();
  client.send(get("/events"));
  const auto stream = streaming.next();
  (void)client.receive_until("\r\n\r\n");
  client.close();
  wait_until_closed(*stream);
  EXPECT_FALSE(stream->send("", "to nobody", ""));
}

TEST(EventStream, IsClosedWhenTheClientDoesNotKeepUp) {
  Streaming streaming({.max_stream_bytes = 64 << 10});
  Client client = streaming.running.client();
  client.send(get("/events"));
  const auto stream = streaming.next();
  const std::string data(10'000, 'x');
  while (stream->send("", data, "")) {
  }
  EXPECT_FALSE(stream->open());
  EXPECT_EQ(streaming.running.metrics("weir_http_slow_streams"),
            "weir_http_slow_streams_total 1\n");
}

// Ten clients that take nothing hold no more than one budget, and give it back as they go.
TEST(EventStream, AllTogetherHoldNoMoreThanTheirBudget) {
  runtime::Metrics metrics;
  HttpProbe probe(metrics);
  const auto all = std::make_shared<MemoryBudget>(1'000);
  std::vector<std::shared_ptr<EventBuffer>> buffers;
  for (int i = 0; i < 10; ++i)
    buffers.push_back(std::make_shared<EventBuffer>(800, all, probe.slow_streams, nullptr));
  const auto send = [&] {
    std::string served;
    for (const auto& buffer : buffers)
      served += buffer->send("", std::string(192, 'x'), "") ? 'y' : 'n';  // 200 bytes each
    return served;
  };

  EXPECT_EQ(send(), "yyyyynnnnn");
  EXPECT_EQ(metrics.expose().find("weir_http_slow_streams_total 5\n") == std::string::npos, false);
  EXPECT_EQ(buffers[0]->take().size(), 200U);  // still on its way
  EXPECT_EQ(send(), "nnynynnnnn");  // what a client held that is closed is room for the next
  buffers.clear();
  EXPECT_TRUE(
      EventBuffer(1'000, all, probe.slow_streams, nullptr).send("", std::string(992, 'x'), ""));
}

TEST(EventStream, BeatsWhileItIsQuiet) {
  Streaming streaming({.stream_heartbeat_us = 10 * kMillisecondUs});
  Client client = streaming.running.client();
  client.send(get("/events"));
  const auto stream = streaming.next();
  (void)client.receive_until("\r\n\r\n");
  EXPECT_EQ(client.receive_until(":\n\n").substr(0, 3), ":\n\n");
}

TEST(EventStream, HoldsNoWorker) {
  Streaming streaming({.workers = 1, .queue = 1});
  std::vector<Client> clients;
  std::vector<std::shared_ptr<EventStream>> streams;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(streaming.running.client());
    clients.back().send(get("/events"));
    streams.push_back(streaming.next());
  }
  EXPECT_EQ(brief(streaming.running.client().ask(get("/hello"))), "200 hello");
  for (const auto& stream : streams) EXPECT_TRUE(stream->send("", "all", ""));
  std::string received;
  for (Client& client : clients)
    received += client.receive_until("all\n\n").ends_with("all\n\n") ? "." : "x";
  EXPECT_EQ(received, std::string(100, '.'));
}

TEST(EventStream, EndsWithADrainAndMayOutliveTheServer) {
  Streaming streaming;
  Client client = streaming.running.client();
  client.send(get("/events"));
  const auto stream = streaming.next();
  (void)client.receive_until("\r\n\r\n");
  EXPECT_TRUE(stream->send("", "before", ""));
  streaming.running.server->drain(kMinuteUs);
  EXPECT_EQ(client.receive_all(), "data: before\n\n");
  streaming.running.server.reset();
  EXPECT_FALSE(stream->send("", "after", ""));
}

TEST(EventStream, WithoutAHandlerThatKeepsItEndsAtOnce) {
  Running running({}, {{.method = "GET",
                        .path = "/none",
                        .stream = [](const HttpRequest&, const std::shared_ptr<EventStream>&) {
                          return std::nullopt;
                        }}});
  Client client = running.client();
  client.send(get("/none"));
  EXPECT_EQ(brief(client.receive_all()), "200 ");
}

TEST(EventStream, IsAnsweredInsteadWhereTheHandlerRefusesOrThrows) {
  Running running(
      {}, {{.method = "GET",
            .path = "/fussy",
            .stream = [](const HttpRequest& request,
                         const std::shared_ptr<EventStream>&) -> std::optional<HttpResponse> {
              if (request.query.empty()) throw std::runtime_error("no");
              return error_response(400, "not this");
            }}});
  Client client = running.client();
  EXPECT_EQ(brief(client.ask(get("/fussy?a=b"))), "400 {\"error\":\"not this\"}\n");
  EXPECT_EQ(brief(client.ask(get("/fussy"))).substr(0, 4), "500 ");
  EXPECT_EQ(brief(client.ask(get("/hello"))), "200 hello");  // on the same connection
  EXPECT_EQ(running.metrics("weir_http_open_streams"), "weir_http_open_streams 0\n");
}

}  // namespace
}  // namespace weir::net
