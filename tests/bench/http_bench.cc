// The HTTP server with handlers that do nothing, over loopback, client and server in one process:
// a figure includes the client's half of the work. Wall-clock time.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "tests/net/compress.h"
#include "tests/net/running.h"

namespace weir::net {
namespace {

// One request after the other on one connection: the time of one is the latency of an answer.
void ask(benchmark::State& state, const Running& running, const std::string& request) {
  Client client = running.client();
  for (auto _ : state) {
    if (!client.ask(request).starts_with("HTTP/1.1 200 ")) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations());
}

void get_one(benchmark::State& state) {
  const Running running;
  ask(state, running, get("/hello"));
}
BENCHMARK(get_one)->Name("http/get")->UseRealTime();

// The same while that many others are connected: a third idle, a third within a head, a third
// within a body.
void get_beside(benchmark::State& state) {
  const Running running;
  const std::string body = post("/echo", "some text");
  std::vector<Client> others;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    others.push_back(running.client());
    if (i % 3 == 1) others.back().send("GET /hello HT");
    if (i % 3 == 2) others.back().send(body.substr(0, body.size() - 1));
  }
  ask(state, running, get("/hello"));
}
BENCHMARK(get_beside)->Name("http/get/beside_slow")->Arg(1000)->Arg(3000)->UseRealTime();

// That many requests in the same packet: what the server can answer a second.
void get_pipelined(benchmark::State& state) {
  const Running running;
  Client client = running.client();
  std::string requests;
  for (std::int64_t i = 0; i < state.range(0); ++i) requests += get("/hello");
  for (auto _ : state) {
    client.send(requests);
    for (std::int64_t i = 0; i < state.range(0); ++i) benchmark::DoNotOptimize(client.receive());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(get_pipelined)->Name("http/get/pipelined")->Arg(64)->UseRealTime();

std::string body_of(std::int64_t bytes) {
  std::string body;
  for (std::uint64_t i = 0; std::ssize(body) < bytes; ++i)
    body +=
        fmt::format("{{\"service\":\"chat\",\"request\":\"{:016x}\"}}\n", i * 0x9e3779b97f4a7c15);
  return body;
}

// A body as ingest gets it, thrown away by the handler; bytes are those after decompression.
void post_body(benchmark::State& state, const std::string& body, const std::string& packed,
               std::string_view lines) {
  const Running running({}, {{.method = "POST", .path = "/drop", .handler = [](const HttpRequest&) {
                                return HttpResponse{};
                              }}});
  ask(state, running, post("/drop", packed, lines));
  state.SetBytesProcessed(state.iterations() * std::ssize(body));
}

void post_plain(benchmark::State& state) {
  const std::string body = body_of(state.range(0));
  post_body(state, body, body, "");
}
BENCHMARK(post_plain)
    ->Name("http/post/bytes")
    ->Arg(1'000)
    ->Arg(100'000)
    ->Arg(8 << 20)
    ->UseRealTime();

void post_gzip(benchmark::State& state) {
  const std::string body = body_of(state.range(0));
  post_body(state, body, gzip(body), "Content-Encoding: gzip\r\n");
}
BENCHMARK(post_gzip)->Name("http/post_gzip/bytes")->Arg(100'000)->UseRealTime();

void post_zstd(benchmark::State& state) {
  const std::string body = body_of(state.range(0));
  post_body(state, body, zstd(body), "Content-Encoding: zstd\r\n");
}
BENCHMARK(post_zstd)->Name("http/post_zstd/bytes")->Arg(100'000)->UseRealTime();

}  // namespace
}  // namespace weir::net

BENCHMARK_MAIN();
