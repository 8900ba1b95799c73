// Each bound of http_server.h, reached.
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "tests/net/compress.h"
#include "tests/net/running.h"

namespace weir::net {
namespace {

using std::string_view_literals::operator""sv;

std::string status_of(std::string_view answer) { return brief(answer).substr(0, 3); }

std::vector<Client> clients(const Running& running, std::size_t count, std::string_view bytes) {
  std::vector<Client> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(running.client());
    all.back().send(bytes);
  }
  return all;
}

// One worker: were a client to hold a thread, nobody else would be answered.
TEST(HttpLimits, AThousandIdleAndAThousandSlowConnectionsHoldNobodyUp) {
  Running running({.workers = 1, .queue = 1});
  const auto idle = clients(running, 1000, "");
  const auto slow_heads = clients(running, 500, "GET /hello HT");
  const std::string request = post("/echo", "some text");
  auto slow_bodies = clients(running, 500, request.substr(0, request.size() - 4));
  Client client = running.client();
  int answered = 0;
  for (int i = 0; i < 1000; ++i)
    answered += brief(client.ask(get("/hello"))) == "200 hello" ? 1 : 0;
  EXPECT_EQ(answered, 1000);
  EXPECT_EQ(running.metrics("weir_http_open_connections"), "weir_http_open_connections 2001\n");
  EXPECT_EQ(running.metrics("weir_http_queue_full_total"), "weir_http_queue_full_total 0\n");
  slow_bodies[7].send(request.substr(request.size() - 4));
  EXPECT_EQ(brief(slow_bodies[7].receive()), "200 some text");
}

TEST(HttpLimits, AHeadAboveItsLimitIsAnswered431) {
  Running running({.max_header_bytes = 4096});
  Client client = running.client();
  EXPECT_EQ(status_of(client.ask(get("/hello", "X: " + std::string(3000, 'x') + "\r\n"))), "200");
  EXPECT_EQ(status_of(client.ask(get("/hello", "X: " + std::string(5000, 'x') + "\r\n"))), "431");
  EXPECT_EQ(status_of(running.client().ask(get("/" + std::string(5000, 'x')))), "431");
}

TEST(HttpLimits, ABodyAboveItsLimitIsAnswered413) {
  Running running({.max_body_bytes = 1000});
  EXPECT_EQ(status_of(running.client().ask(post("/echo", std::string(1000, 'x')))), "200");
  EXPECT_EQ(status_of(running.client().ask(post("/echo", std::string(1001, 'x')))), "413");
  const std::string chunks =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(status_of(running.client().ask(chunks + "3e9\r\n" + std::string(1001, 'x'))), "413");
  Client invited = running.client();
  invited.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_of(invited.receive()), "413");
}

TEST(HttpLimits, ABombIsAnswered413AndTheConnectionStays) {
  Running running;
  Client client = running.client();
  const std::string zeros(32 << 20, '\0');
  EXPECT_EQ(status_of(client.ask(post("/echo", gzip(zeros), "Content-Encoding: gzip\r\n"))), "413");
  EXPECT_EQ(status_of(client.ask(post("/echo", zstd(zeros), "Content-Encoding: zstd\r\n"))), "413");
  EXPECT_EQ(brief(client.ask(get("/hello"))), "200 hello");
}

TEST(HttpLimits, BodiesAboveTheirCommonMemoryAreAnswered429) {
  Running running({.max_body_bytes = 1000, .max_body_memory_bytes = 1500});
  Client first = running.client();
  first.send(post("/gate/1", std::string(1000, 'x')));
  running.wait_at_gate(1);
  const std::string refused = running.client().ask(post("/echo", std::string(1000, 'x')));
  EXPECT_EQ(status_of(refused) + " after " + header_of(refused, "Retry-After"), "429 after 1");
  const std::string packed = gzip(std::string(1000, 'x'));
  EXPECT_EQ(status_of(running.client().ask(post("/echo", packed, "Content-Encoding: gzip\r\n"))),
            "429");
  running.open_gate();
  EXPECT_EQ(status_of(first.receive()), "200");
  EXPECT_EQ(status_of(running.client().ask(post("/echo", std::string(1000, 'x')))), "200");
  EXPECT_EQ(running.metrics("weir_http_body_memory_full"), "weir_http_body_memory_full_total 2\n");
}

// Two requests are with the workers and three wait: of ten more sent meanwhile, all are refused.
TEST(HttpLimits, AFullQueueIsAnswered429AndLosesNothingItTook) {
  Running running({.workers = 2, .queue = 3});
  auto taken = clients(running, 2, get("/gate/1"));
  running.wait_at_gate(2);
  auto more = clients(running, 13, get("/gate/2"));
  while (running.metrics("weir_http_queue_full_total") != "weir_http_queue_full_total 10\n") {
  }
  const std::string refused = running.client().ask(get("/hello"));
  EXPECT_EQ(status_of(refused) + " after " + header_of(refused, "Retry-After"), "429 after 1");
  running.open_gate();
  std::map<std::string, int> answers;
  for (auto* group : {&taken, &more})
    for (Client& client : *group) ++answers[status_of(client.receive())];
  EXPECT_EQ(answers, (std::map<std::string, int>{{"200", 5}, {"429", 10}}));
  EXPECT_EQ(brief(more.back().ask(get("/hello"))), "200 hello");
}

TEST(HttpLimits, AConnectionTooManyIsAnswered503AndClosed) {
  Running running({.max_connections = 3});
  auto open = clients(running, 3, "");
  for (Client& client : open) EXPECT_EQ(status_of(client.ask(get("/hello"))), "200");
  Client extra = running.client();
  const std::string refused = extra.receive_all();
  EXPECT_EQ(status_of(refused) + " after " + header_of(refused, "Retry-After"), "503 after 1");
  extra.close();
  EXPECT_EQ(running.metrics("weir_http_refused_connections_total"),
            "weir_http_refused_connections_total 1\n");
  open.pop_back();
  while (running.metrics("weir_http_open_connections") != "weir_http_open_connections 2\n") {
  }
  EXPECT_EQ(status_of(running.client().ask(get("/hello"))), "200");
}

// A client that stops within a time limit's phase is closed without an answer; bytes that drip in
// do not move the limit.
TEST(HttpLimits, SlowHeadsBodiesAndIdleConnectionsAreClosed) {
  Running running({.header_timeout_us = 30 * kMillisecondUs,
                   .body_timeout_us = 30 * kMillisecondUs,
                   .idle_timeout_us = 30 * kMillisecondUs});
  const std::string request = post("/echo", "some text");
  Client idle = running.client();
  Client used = running.client();
  EXPECT_EQ(status_of(used.ask(get("/hello"))), "200");
  Client head = running.client();
  head.send(request.substr(0, 10));
  Client body = running.client();
  body.send(request.substr(0, request.size() - 1));
  for (Client* client : {&idle, &used, &head, &body}) EXPECT_EQ(client->receive_all(), "");
  EXPECT_EQ(running.metrics("weir_http_requests_total{method=\"POST\",route=\"/echo\",status=\"2"),
            "weir_http_requests_total{method=\"POST\",route=\"/echo\",status=\"2xx\"} 0\n");
}

// Sends `begin`, then `drop` again and again, until the server has closed.
std::string drip(const Running& running, std::string_view begin, std::string_view drop) {
  Client client = running.client();
  EXPECT_EQ(status_of(client.ask(get("/hello"))), "200");  // so that it is connected for certain
  client.send(begin);
  for (int i = 0; running.metrics("weir_http_open_connections") != "weir_http_open_connections 0\n";
       ++i) {
    if (i % 100 == 0) client.send(drop);
    std::this_thread::yield();
  }
  return client.receive_all();
}

TEST(HttpLimits, AClientThatDripsIsClosedAllTheSame) {
  Running running(
      {.header_timeout_us = 200 * kMillisecondUs, .body_timeout_us = 200 * kMillisecondUs});
  EXPECT_EQ(drip(running, "GET /hello HTTP/1.1\r\n", "X: y\r\n"), "");
  EXPECT_EQ(drip(running, post("/echo", std::string(10 << 20, 'x')).substr(0, 80), "x"), "");
}

TEST(HttpLimits, AClientThatTakesNoAnswerIsClosed) {
  const auto large = [](const HttpRequest&) {
    return HttpResponse{.body = std::string(64 << 20, 'x')};
  };
  Running running({.write_timeout_us = 30 * kMillisecondUs},
                  {{.method = "GET", .path = "/large", .handler = large}});
  Client client = running.client();
  client.send(get("/large"));
  while (running.metrics("weir_http_accepted_connections") + running.metrics("weir_http_open_co") !=
         "weir_http_accepted_connections_total 1\nweir_http_open_connections 0\n"sv) {
  }
  EXPECT_LT(client.receive_all().size(), std::size_t{64} << 20);
}

}  // namespace
}  // namespace weir::net
