// Who may ask what, over a real connection.
#include <absl/strings/escaping.h>
#include <gtest/gtest.h>

#include "tests/net/running.h"

namespace weir::net {
namespace {

constexpr std::string_view kWrite = "write-0123456789abcdef";
constexpr std::string_view kRead = "read-0123456789abcdef";

std::vector<Route> routes() {
  const auto caller = [](const HttpRequest& request) {
    return HttpResponse{.body = "caller '" + request.caller + "'"};
  };
  return {{.method = "GET", .path = "/read", .access = Access::read, .handler = caller},
          {.method = "POST", .path = "/write", .access = Access::write, .handler = caller}};
}

HttpServerOptions with_tokens() {
  return {.write_token = Secret(std::string(kWrite)), .read_token = Secret(std::string(kRead))};
}

std::string bearer(std::string_view token) {
  return fmt::format("Authorization: Bearer {}\r\n", token);
}

std::string basic(std::string_view user_and_password) {
  const std::string encoded =
      absl::Base64Escape({user_and_password.data(), user_and_password.size()});
  return fmt::format("Authorization: Basic {}\r\n", encoded);
}

class HttpAccess : public testing::Test {
 protected:
  std::string read(std::string_view lines) {
    return brief(running_.client().ask(get("/read", lines))).substr(0, 18);
  }
  std::string write(std::string_view lines) {
    return brief(running_.client().ask(post("/write", "x", lines))).substr(0, 18);
  }

  Running running_{with_tokens(), routes()};
};

constexpr std::string_view kNoToken = "401 {\"error\":\"the ";

TEST_F(HttpAccess, EachRouteTakesItsOwnToken) {
  EXPECT_EQ(write(bearer(kWrite)), "200 caller 'write'");
  EXPECT_EQ(read(bearer(kRead)), "200 caller 'read'");
  EXPECT_EQ(write(bearer(kRead)), kNoToken);
  EXPECT_EQ(read(bearer(kWrite)), kNoToken);
  EXPECT_EQ(brief(running_.client().ask(get("/hello"))), "200 hello");
}

TEST_F(HttpAccess, AMissingOrWrongTokenIsAnswered401) {
  const std::string token(kWrite);
  const std::vector<std::string> wrong = {"",
                                          bearer("wrong"),
                                          bearer(""),
                                          bearer(token + "x"),
                                          "Authorization: " + token + "\r\n",
                                          "Authorization:" + token + "\r\n",
                                          "Authorization: Token " + token + "\r\n",
                                          "X-Authorization: Bearer " + token + "\r\n",
                                          bearer("wrong") + bearer(token)};
  for (const std::string& lines : wrong) EXPECT_EQ(write(lines), kNoToken) << lines;
  EXPECT_EQ(running_.metrics("weir_http_unauthorized_total"), "weir_http_unauthorized_total 9\n");
  EXPECT_EQ(
      running_.metrics("weir_http_requests_total{method=\"POST\",route=\"/write\",status=\"2"),
      "weir_http_requests_total{method=\"POST\",route=\"/write\",status=\"2xx\"} 0\n");
}

TEST_F(HttpAccess, A401SaysHowAndComesBeforeTheBody) {
  Client client = running_.client();
  client.send("POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
  const std::string answer = client.receive();
  EXPECT_EQ(header_of(answer, "WWW-Authenticate"), "Bearer realm=\"weir\"");
  EXPECT_EQ(
      brief(answer),
      "401 {\"error\":\"the write token is missing or wrong\",\"hint\":\"send 'Authorization: "
      "Bearer TOKEN' with the token that the server's configuration names\"}\n");
}

TEST_F(HttpAccess, ABrowserMaySendTheReadTokenAsAPassword) {
  EXPECT_EQ(read(basic("anybody:" + std::string(kRead))), "200 caller 'read'");
  EXPECT_EQ(read(basic(":" + std::string(kRead))), "200 caller 'read'");
  EXPECT_EQ(read(basic(kRead)), kNoToken);
  EXPECT_EQ(read("Authorization: Basic !!!\r\n"), kNoToken);
  EXPECT_EQ(write(basic("anybody:" + std::string(kWrite))), kNoToken);
  const std::string answer = running_.client().ask(get("/read"));
  EXPECT_NE(answer.find("WWW-Authenticate: Basic realm=\"weir\"\r\n"), std::string::npos);
}

TEST(HttpForeignPages, AForeignHostIsAnswered403) {
  Running running({.hosts = {"weir.example.com"}}, routes());
  const auto with_host = [&](std::string_view host) {
    return brief(running.client().ask(fmt::format("GET /read HTTP/1.1\r\nHost: {}\r\n\r\n", host)))
        .substr(0, 3);
  };
  for (const std::string_view own : {"localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:80",
                                     "[::1]", "[::1]:8080", "10.0.0.7:80", "Weir.example.com:443"})
    EXPECT_EQ(with_host(own), "200") << own;
  for (const std::string_view foreign :
       {"evil.example", "localhost.evil.example", "weir.example.com.evil.example", "127.0.0.1.nip",
        "", ":80", "evil.example:127.0.0.1", "[::1].evil.example"})
    EXPECT_EQ(with_host(foreign), "403") << foreign;
  EXPECT_EQ(brief(running.client().ask("GET /read HTTP/1.0\r\n\r\n")), "200 caller ''");
}

TEST(HttpForeignPages, AForeignOriginMayNotWrite) {
  Running running({}, routes());
  const auto from = [&](std::string_view origin) {
    const std::string line = fmt::format("Origin: {}\r\n", origin);
    return brief(running.client().ask(post("/write", "x", line))).substr(0, 3);
  };
  EXPECT_EQ(brief(running.client().ask(post("/write", "x"))), "200 caller ''");
  EXPECT_EQ(from("http://localhost"), "200");
  EXPECT_EQ(from("http://evil.example"), "403");
  EXPECT_EQ(from("http://localhost:8081"), "403");
  EXPECT_EQ(from("null"), "403");
  EXPECT_EQ(from(""), "403");
  EXPECT_EQ(brief(running.client().ask(get("/read", "Origin: http://evil.example\r\n"))),
            "200 caller ''");
}

TEST(HttpForeignPages, ATokenMakesHostAndOriginFree) {
  Running running(with_tokens(), routes());
  EXPECT_EQ(brief(running.client().ask(
                fmt::format("POST /write HTTP/1.1\r\nHost: weir.example\r\nContent-Length: 0\r\n"
                            "Origin: http://other.example\r\n{}\r\n",
                            bearer(kWrite)))),
            "200 caller 'write'");
}

}  // namespace
}  // namespace weir::net
