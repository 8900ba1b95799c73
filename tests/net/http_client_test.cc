#include "processors/net/http_client.h"

#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

#include "tests/fakes/temp_directory.h"
#include "tests/net/certificate.h"
#include "tests/net/running.h"

namespace weir::net {
namespace {

// "200 body", or "code: message" with the port left out.
std::string brief(const Result<ClientResponse>& answer) {
  if (answer) return fmt::format("{} {}", answer->status, answer->body);
  const std::string& text = answer.error().message;
  const std::size_t colon = text.find(':', text.find("://") + 3);
  const std::size_t rest = text.find(':', colon + 1);
  return text.substr(0, colon) + (rest == std::string::npos ? "" : text.substr(rest));
}

class HttpClientTest : public testing::Test {
 protected:
  std::string url(const std::string& path, const std::string& scheme = "http",
                  const std::string& host = "127.0.0.1") {
    return fmt::format("{}://{}:{}{}", scheme, host, running().server->port(), path);
  }
  Running& running() {
    if (!running_) running_ = std::make_unique<Running>(options_, routes_);
    return *running_;
  }
  std::string get(const std::string& path) { return brief(client_.send({.url = url(path)})); }

  HttpServerOptions options_;
  std::vector<Route> routes_;
  std::unique_ptr<Running> running_;
  HttpClient client_{{.allow_private = true}};
};

TEST_F(HttpClientTest, BringsBackWhatTheServerAnswers) {
  routes_.push_back({.method = "DELETE", .path = "/it", .handler = [](const HttpRequest& request) {
                       return HttpResponse{
                           .status = 404,
                           .body = fmt::format("{} {} {}", request.header("X-One").value_or("-"),
                                               request.header("X-Two").value_or("-"),
                                               request.query_value("a").value_or("-")),
                           .headers = {{"X-Answer", "yes"}}};
                     }});
  EXPECT_EQ(get("/hello"), "200 hello");
  const auto echo = client_.send({.method = "POST", .url = url("/echo"), .body = "some text"});
  EXPECT_EQ(brief(echo), "200 some text");
  EXPECT_EQ(echo->header("content-type"), "text/plain");
  const auto gone = client_.send(
      {.method = "DELETE", .url = url("/it?a=b"), .headers = {{"X-One", "1"}, {"X-Two", ""}}});
  EXPECT_EQ(brief(gone), "404 1  b");
  EXPECT_EQ(gone->header("x-answer"), "yes");
}

TEST_F(HttpClientTest, KeepsItsConnection) {
  for (int i = 0; i < 3; ++i) get("/hello");
  EXPECT_EQ(running().metrics("weir_http_accepted"), "weir_http_accepted_connections_total 1\n");
}

TEST_F(HttpClientTest, FollowsNoRedirect) {
  routes_.push_back({.method = "GET", .path = "/away", .handler = [](const HttpRequest&) {
                       return HttpResponse{.status = 302, .headers = {{"Location", "/hello"}}};
                     }});
  const auto answer = client_.send({.url = url("/away")});
  EXPECT_EQ(brief(answer), "302 ");
  EXPECT_EQ(answer->header("location"), "/hello");
}

TEST_F(HttpClientTest, CutsAnAnswerThatIsTooLarge) {
  routes_.push_back({.method = "GET", .path = "/large", .handler = [](const HttpRequest&) {
                       return HttpResponse{.body = std::string(1 << 20, 'x')};
                     }});
  HttpClient client({.max_response_bytes = 10, .allow_private = true});
  const auto answer = client.send({.url = url("/large")});
  EXPECT_EQ(brief(answer), "200 xxxxxxxxxx");
  EXPECT_TRUE(answer->cut);
  EXPECT_FALSE(client.send({.url = url("/hello")})->cut);
}

TEST_F(HttpClientTest, GivesUpAtItsDeadline) {
  HttpClient client({.deadline_us = 50 * kMillisecondUs, .allow_private = true});
  EXPECT_EQ(brief(client.send({.url = url("/gate/1?secret=1")})),
            "http://127.0.0.1: no whole answer within 50ms");
}

TEST_F(HttpClientTest, StopsWhenAskedTo) {
  std::stop_source stop;
  running();
  std::jthread asker([&] {
    running().wait_at_gate(1);
    stop.request_stop();
  });
  const auto answer = client_.send({.url = url("/gate/1")}, stop.get_token());
  EXPECT_EQ(brief(answer), "http://127.0.0.1: stopped");
  EXPECT_EQ(answer.error().code, ErrorCode::stopped);
}

TEST_F(HttpClientTest, ConnectsToNoPrivateAddressUnlessAllowed) {
  HttpClient client({});
  for (const std::string host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1"}) {
    const auto answer = client.send({.url = url("/hello", "http", host)});
    ASSERT_FALSE(answer) << host;
    EXPECT_EQ(answer.error().code, ErrorCode::invalid_argument) << answer.error().message;
    EXPECT_NE(answer.error().message.find("no address of the public internet"), std::string::npos);
  }
  EXPECT_EQ(running().metrics("weir_http_accepted"), "weir_http_accepted_connections_total 0\n");
}

TEST_F(HttpClientTest, UsesNoProxyOfTheEnvironment) {
  for (const char* name : {"http_proxy", "ALL_PROXY"}) setenv(name, "http://127.0.0.1:1", 1);
  EXPECT_EQ(get("/hello"), "200 hello");
  for (const char* name : {"http_proxy", "ALL_PROXY"}) unsetenv(name);
}

TEST_F(HttpClientTest, VerifiesCertificateAndName) {
  const fakes::TempDirectory directory;
  options_.tls = make_certificate(directory.path());
  const auto ask = [&](const std::string& ca_file, const std::string& host) {
    HttpClient client({.allow_private = true, .ca_file = ca_file});
    return client.send({.url = url("/hello", "https", host)});
  };
  EXPECT_EQ(brief(ask(options_.tls->certificate, "localhost")), "200 hello");
  for (const auto& refused : {ask("", "localhost"), ask(options_.tls->certificate, "127.0.0.1")}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::io) << refused.error().message;
  }
}

TEST_F(HttpClientTest, SendsNothingThatIsNoRequest) {
  const auto why = [&](const ClientRequest& request) {
    const auto answer = client_.send(request);
    return answer ? "sent" : answer.error().message;
  };
  const std::string injected = "1\r\nX-Injected: 2";
  EXPECT_EQ(why({.url = url("/hello"), .headers = {{"X-One", injected}}}),
            "the request cannot be sent: a header has a control character, or no name");
  EXPECT_EQ(why({.method = "GET /", .url = url("/hello")}),
            "the request cannot be sent: its method is none");
  EXPECT_EQ(why({.url = "file:///etc/passwd"}),
            "the request cannot be sent: its URL is no URL; write it whole, like "
            "https://hooks.example.com/weir");
  EXPECT_EQ(why({.url = "gopher://localhost/x"}),
            "the request cannot be sent: its URL must be a URL of http or https, and not of "
            "'gopher'");
}

TEST(HttpClient, ErrorsNameNoSecrets) {
  HttpClient client({.allow_private = true});
  const auto answer = client.send({.method = "POST",
                                   .url = "http://127.0.0.1:1/secret-path?token=secret",
                                   .headers = {{"Authorization", "Bearer secret"}},
                                   .body = "secret"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message.find("secret"), std::string::npos) << answer.error().message;
  EXPECT_EQ(answer.error().message.substr(0, 19), "http://127.0.0.1:1:");
}

TEST(HttpClient, ChecksUrls) {
  EXPECT_EQ(check_url("https://hooks.example.com/x?y").value(), "https://hooks.example.com/x?y");
  for (const char* wrong : {"", "hooks.example.com/x", "/x", "ftp://a/b", "https://u:p@a/",
                            "https://u@a/", "https://a b/", "http://a/\n", "http://"})
    EXPECT_FALSE(check_url(wrong)) << wrong;
  EXPECT_EQ(origin_of("https://a.example:8443/secret?x"), "https://a.example:8443");
  EXPECT_EQ(origin_of("nonsense"), "?");
}

}  // namespace
}  // namespace weir::net
