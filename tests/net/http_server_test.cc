#include "processors/net/http_server.h"

#include <gtest/gtest.h>

#include "tests/net/compress.h"
#include "tests/net/running.h"

namespace weir::net {
namespace {

std::string error_of(std::string_view answer) {
  const std::string text = brief(answer);
  return text.substr(0, text.find("\",\"hint\""));
}

TEST(HttpServer, AnswersOneRequestAfterTheOtherOnOneConnection) {
  Running running;
  Client client = running.client();
  EXPECT_EQ(brief(client.ask(get("/hello"))), "200 hello");
  EXPECT_EQ(brief(client.ask(post("/echo", "some text"))), "200 some text");
  EXPECT_EQ(brief(client.ask(get("/hello", "Connection: close\r\n"))), "200 hello");
  EXPECT_EQ(client.receive_all(), "");
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
  Running running;
  std::string requests;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    const std::string body(static_cast<std::size_t>(i) * 100, static_cast<char>('a' + i % 26));
    requests += post("/echo", body) + get("/hello");
    expected += "200 " + body + "\n200 hello\n";
  }
  Client client = running.client();
  client.send(requests);
  std::string answers;
  for (int i = 0; i < 200; ++i) answers += brief(client.receive()) + "\n";
  EXPECT_EQ(answers, expected);
}

TEST(HttpServer, TakesARequestByteByByte) {
  Running running;
  Client client = running.client();
  for (const char c : post("/echo", "slow")) client.send({&c, 1});
  EXPECT_EQ(brief(client.receive()), "200 slow");
}

TEST(HttpServer, HandsTheHandlerPlainValues) {
  const auto show = [](const HttpRequest& request) {
    return HttpResponse{
        .body = fmt::format("{} {} x={} none={} header={} authorization={} caller='{}' {}",
                            request.method, request.path, request.query_value("x").value_or("-"),
                            request.query_value("y").value_or("-"),
                            request.header("x-some-header").value_or("-"),
                            request.header("Authorization").value_or("-"), request.caller,
                            request.remote.starts_with("127.0.0.1:"))};
  };
  Running running({}, {{.method = "GET", .path = "/show/*", .handler = show}});
  EXPECT_EQ(brief(running.client().ask(
                get("/show/a%20b?x=1+2", "X-Some-Header: value\r\nAuthorization: Bearer t\r\n"))),
            "200 GET /show/a b x=1 2 none=- header=value authorization=- caller='' true");
}

TEST(HttpServer, PrefersAnExactPathAndThenTheLongestPrefix) {
  const auto named = [](std::string name) {
    return [name](const HttpRequest&) { return HttpResponse{.body = name}; };
  };
  Running running({}, {{.method = "GET", .path = "/*", .handler = named("root")},
                       {.method = "GET", .path = "/a/*", .handler = named("a")},
                       {.method = "GET", .path = "/a/b", .handler = named("b")},
                       {.method = "POST", .path = "/a/c/*", .handler = named("c")}});
  Client client = running.client();
  std::string answers;
  for (const std::string_view path : {"/", "/x/y", "/a", "/a/", "/a/x", "/a/b", "/a/b/"})
    answers += brief(client.ask(get(path))) + "; ";
  EXPECT_EQ(answers, "200 root; 200 root; 200 root; 200 a; 200 a; 200 b; 200 a; ");
  EXPECT_EQ(header_of(client.ask(get("/a/c/d")), "Allow"), "POST");
}

TEST(HttpServer, AnswersHeadAsGetWithoutTheBody) {
  Running running;
  Client client = running.client();
  client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string answer = client.receive(true);
  EXPECT_EQ(brief(answer) + header_of(answer, "Content-Length"), "200 5");
  EXPECT_EQ(brief(client.ask(get("/hello"))), "200 hello");
}

TEST(HttpServer, SaysWhatItCannotAnswer) {
  Running running;
  Client client = running.client();
  EXPECT_EQ(error_of(client.ask(get("/nothing"))),
            "404 {\"error\":\"there is nothing at this path");
  const std::string not_allowed = client.ask(get("/echo"));
  EXPECT_EQ(error_of(not_allowed), "405 {\"error\":\"this path does not answer this method");
  EXPECT_EQ(header_of(not_allowed, "Allow"), "POST");
  EXPECT_EQ(header_of(client.ask(post("/hello", "")), "Allow"), "GET, HEAD");
  EXPECT_EQ(header_of(client.ask(post("/gate/x", "").replace(0, 4, "PUT")), "Allow"),
            "GET, HEAD, POST");
  EXPECT_EQ(error_of(client.ask(get("/%zz"))),
            "400 {\"error\":\"a '%' in the address is not followed by two hexadecimal digits");
  EXPECT_EQ(brief(client.ask(get("/hello"))), "200 hello");  // the connection is still good
}

TEST(HttpServer, SetsSecurityHeadersOnEveryAnswerUnlessTheHandlerDid) {
  const auto own = [](const HttpRequest&) {
    return HttpResponse{.headers = {{"content-security-policy", "default-src 'self'"},
                                    {"Cache-Control", "max-age=60"},
                                    {"X-Split", "a\r\nInjected: b"},
                                    {"Content-Length", "999"},
                                    {"X-Long", std::string(9'000, 'x')}}};
  };
  Running running({}, {{.method = "GET", .path = "/own", .handler = own}});
  const auto headers = [&](std::string_view path) {
    const std::string answer = running.client().ask(get(path));
    std::string all = answer.substr(0, answer.find("\r\n\r\n"));
    all.replace(all.find("Date: ") + 6, 29, "...");
    return all;
  };
  const std::string_view rest =
      "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n";
  EXPECT_EQ(headers("/own"),
            fmt::format("HTTP/1.1 200 OK\r\ncontent-security-policy: default-src 'self'\r\n"
                        "Cache-Control: max-age=60\r\nX-Split: a  Injected: b\r\n{}"
                        "Cross-Origin-Resource-Policy: same-origin\r\n"
                        "Cross-Origin-Opener-Policy: same-origin\r\nDate: ...\r\n"
                        "Content-Length: 0",
                        rest));
  EXPECT_EQ(headers("/nothing"),
            fmt::format("HTTP/1.1 404 Not Found\r\n{}Content-Security-Policy: default-src 'none'; "
                        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n"
                        "Cross-Origin-Resource-Policy: same-origin\r\n"
                        "Cross-Origin-Opener-Policy: same-origin\r\nCache-Control: no-store\r\n"
                        "Date: ...\r\nContent-Type: application/json\r\nContent-Length: 80",
                        rest));
}

TEST(HttpServer, SendsNoBodyWhereThereIsNone) {
  Running running({}, {{.method = "GET", .path = "/same", .handler = [](const HttpRequest&) {
                          return HttpResponse{.status = 304, .body = "ignored"};
                        }}});
  Client client = running.client();
  client.send(get("/same") + get("/hello"));
  EXPECT_EQ(brief(client.receive()), "304 ");
  EXPECT_EQ(brief(client.receive()), "200 hello");
}

TEST(HttpServer, RemovesGzipAndZstd) {
  Running running;
  Client client = running.client();
  const std::string text(100'000, 'x');
  EXPECT_EQ(brief(client.ask(post("/echo", gzip(text), "Content-Encoding: gzip\r\n"))),
            "200 " + text);
  EXPECT_EQ(brief(client.ask(post("/echo", zstd(text), "Content-Encoding: zstd\r\n"))),
            "200 " + text);
  EXPECT_EQ(error_of(client.ask(post("/echo", text, "Content-Encoding: gzip\r\n"))),
            "400 {\"error\":\"the body is not what its Content-Encoding says, or is cut off");
}

TEST(HttpServer, RefusesAnEncodingThatItDoesNotKnowBeforeTheBody) {
  Running running;
  Client client = running.client();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
      "Content-Encoding: br\r\n\r\n");
  const std::string answer = client.receive();
  EXPECT_EQ(error_of(answer), "415 {\"error\":\"this Content-Encoding is not understood");
  EXPECT_EQ(header_of(answer, "Accept-Encoding"), "gzip, zstd");
  EXPECT_EQ(header_of(answer, "Connection"), "close");
}

TEST(HttpServer, InvitesABodyThatWaitsToBeInvited) {
  Running running;
  Client client = running.client();
  const std::string request = post("/echo", "later", "Expect: 100-continue\r\n");
  client.send(request.substr(0, request.size() - 5));
  EXPECT_EQ(client.receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(brief(client.ask("later")), "200 later");
  // and answers at once where it would refuse it
  client.send(
      "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(brief(client.receive()).substr(0, 3), "404");
}

TEST(HttpServer, TakesChunkedBodies) {
  Running running;
  Client client = running.client();
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(brief(client.ask(head + "4\r\nsome\r\n5;ext=1\r\n text\r\n0\r\nTrailer: x\r\n\r\n")),
            "200 some text");
  EXPECT_EQ(brief(client.ask(get("/hello"))), "200 hello");
}

// What two servers could read in two ways ("request smuggling").
TEST(HttpServer, RefusesAmbiguousRequestsAndCloses) {
  Running running;
  const auto refused = [&](std::string_view head) {
    Client client = running.client();
    client.send(fmt::format("POST /echo HTTP/1.1\r\n{}\r\n", head));
    return brief(client.receive_all()).substr(0, 3);
  };
  EXPECT_EQ(refused("Host: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n"), "400");
  EXPECT_EQ(refused("Host: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"),
            "400");
  EXPECT_EQ(refused("Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n"),
            "400");
  EXPECT_EQ(refused("Host: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: gzip\r\n"), "400");
  EXPECT_EQ(refused("Host: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked, x\r\n"),
            "400");
  EXPECT_EQ(refused("Host: localhost\r\nContent-Length: +4\r\n"), "400");
  EXPECT_EQ(refused("Host: localhost\r\nContent-Length: 4\r\nHost: other\r\n"), "400");
  EXPECT_EQ(refused("Host : localhost\r\n"), "400");
  EXPECT_EQ(refused("Content-Length: 4\r\n"), "400");
}

TEST(HttpServer, RefusesWhatIsNotHttp) {
  Running running;
  Client client = running.client();
  client.send("\x16\x03\x01\x02 hello\r\n\r\n");
  EXPECT_EQ(brief(client.receive_all()).substr(0, 47),
            "400 {\"error\":\"this is not an HTTP/1.1 request: ");
}

TEST(HttpServer, AnswersWhereAHandlerThrows) {
  Running running(
      {}, {{.method = "GET", .path = "/throw", .handler = [](const HttpRequest&) -> HttpResponse {
              throw std::runtime_error("secret");
            }}});
  Client client = running.client();
  EXPECT_EQ(error_of(client.ask(get("/throw"))),
            "500 {\"error\":\"the server failed to handle this request");
  EXPECT_EQ(running.metrics("weir_http_handler_failures_total{method=\"GET\",route=\"/throw\"}"),
            "weir_http_handler_failures_total{method=\"GET\",route=\"/throw\"} 1\n");
  EXPECT_EQ(brief(client.ask(get("/hello"))), "200 hello");
}

TEST(HttpServer, CountsWhatItAnswers) {
  Running running;
  Client client = running.client();
  (void)client.ask(get("/hello"));
  (void)client.ask(post("/echo", gzip("some text"), "Content-Encoding: gzip\r\n"));
  (void)client.ask(get("/nothing"));
  const std::string received = std::to_string(gzip("some text").size());
  EXPECT_EQ(running.metrics("weir_http_requests_total{method=\"GET\",route=\"/hello\""),
            "weir_http_requests_total{method=\"GET\",route=\"/hello\",status=\"2xx\"} 1\n"
            "weir_http_requests_total{method=\"GET\",route=\"/hello\",status=\"3xx\"} 0\n"
            "weir_http_requests_total{method=\"GET\",route=\"/hello\",status=\"4xx\"} 0\n"
            "weir_http_requests_total{method=\"GET\",route=\"/hello\",status=\"5xx\"} 0\n");
  EXPECT_EQ(running.metrics("weir_http_requests_total{method=\"\",route=\"other\",status=\"4xx\""),
            "weir_http_requests_total{method=\"\",route=\"other\",status=\"4xx\"} 1\n");
  const std::string echo = "{method=\"POST\",route=\"/echo\"} ";
  EXPECT_EQ(running.metrics("weir_http_received_bytes_total" + echo),
            "weir_http_received_bytes_total" + echo + received + "\n");
  EXPECT_EQ(running.metrics("weir_http_sent_bytes_total" + echo),
            "weir_http_sent_bytes_total" + echo + "9\n");
  EXPECT_EQ(running.metrics("weir_http_request_duration_seconds_count" + echo),
            "weir_http_request_duration_seconds_count" + echo + "1\n");
  EXPECT_EQ(running.metrics("weir_http_open_connections"), "weir_http_open_connections 1\n");
}

TEST(HttpServer, IsRefusedWhatCannotWork) {
  runtime::Metrics registry;
  HttpProbe probe(registry);
  const auto start = [&](HttpServerOptions options, std::vector<Route> routes = {}) {
    const auto server = HttpServer::start(std::move(options), std::move(routes), probe);
    return server ? "started" : server.error().message;
  };
  const Handler handler = [](const HttpRequest&) { return HttpResponse{}; };
  EXPECT_EQ(start({.address = "localhost"}),
            "'localhost' is not an IP address to listen on; write one like 127.0.0.1, [::1], or "
            "0.0.0.0 for all");
  EXPECT_EQ(start({.address = "0.0.0.0"}).substr(0, 47),
            "'0.0.0.0' can be reached from other machines: s");
  EXPECT_EQ(start({.address = "0.0.0.0", .insecure = true}), "started");
  EXPECT_EQ(start({.write_token = Secret("too-short")}).substr(0, 38),
            "the write token is not safe to use: it");
  EXPECT_EQ(
      start({.write_token = Secret("0123456789abcdef"), .read_token = Secret("0123456789abcdef")})
          .substr(0, 41),
      "the write and the read token are the same");
  EXPECT_EQ(start({}, {{.method = "GET", .path = "/a", .handler = handler},
                       {.method = "GET", .path = "/a", .handler = handler}}),
            "route 'GET /a' is declared twice");
  EXPECT_EQ(start({}, {{.method = "GET", .path = "/a"}}),
            "route 'GET /a': needs a path that begins with '/' and either a handler or a stream");
  EXPECT_EQ(start({.tls = TlsFiles{"absent.pem", "absent.key"}}).substr(0, 44),
            "absent.pem: cannot be used as http.tls.certi");
  EXPECT_EQ(start({.max_connections = 1'000'000'000}).substr(0, 22), "this process may open ");
  Running running;
  EXPECT_EQ(start({.port = running.server->port(), .chosen_by = "--port"}),
            fmt::format("cannot listen on 127.0.0.1 port {}: Address already in use; choose "
                        "another: --port",
                        running.server->port()));
}

TEST(HttpServer, IsCheckedWithoutStarting) {
  const auto check = [](const HttpServerOptions& options) {
    const auto checked = HttpServer::check(options);
    return checked ? "good" : checked.error().message;
  };
  EXPECT_EQ(check({.address = "0.0.0.0"}).substr(0, 47),
            "'0.0.0.0' can be reached from other machines: s");
  EXPECT_EQ(check({.tls = TlsFiles{"absent.pem", "absent.key"}}).substr(0, 44),
            "absent.pem: cannot be used as http.tls.certi");
  HttpServerOptions options;
  {
    const Running running;
    options.port = running.server->port();
    EXPECT_EQ(check(options).substr(0, 27), "cannot listen on 127.0.0.1 ");
  }
  EXPECT_EQ(check(options), "good");
  EXPECT_EQ(check(options), "good") << "it listens no more";
}

}  // namespace
}  // namespace weir::net
