// A running weir as a command asks it, over a real socket.
#include "tools/weir/remote.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "processors/net/http_server.h"
#include "tools/weir/json_rows.h"

namespace weir::cli {
namespace {

const std::string kToken = "a-token-of-sixteen-or-more";

class RemoteTest : public testing::Test {
 protected:
  RemoteTest() {
    setenv("WEIR_TEST_TOKEN", kToken.c_str(), 1);
    routes_.push_back({.method = "GET", .path = "/weir/good", .handler = [](const auto&) {
                         return net::HttpResponse{.body = R"({"all":{"fired":1},"none":null})"};
                       }});
    routes_.push_back({.method = "POST",
                       .path = "/echo",
                       .access = net::Access::write,
                       .handler = [](const net::HttpRequest& request) {
                         return net::HttpResponse{.status = 202, .body = request.body};
                       }});
    routes_.push_back({.method = "GET", .path = "/strange", .handler = [](const auto&) {
                         return net::HttpResponse{.body = "<html>\n"};
                       }});
    routes_.push_back({.method = "GET", .path = "/refused", .handler = [](const auto&) {
                         return net::error_response(400, "for: is no length", "send 2h");
                       }});
    routes_.push_back({.method = "GET", .path = "/evil", .handler = [](const auto&) {
                         return net::error_response(400, "\x1b[2J\n  gone", "\x07");
                       }});
  }

  void start() {
    auto started = net::HttpServer::start({.port = 0, .write_token = net::Secret(kToken)},
                                          std::move(routes_), probe_);
    ASSERT_TRUE(started) << started.error().message;
    server_ = *std::move(started);
    address_.url = fmt::format("http://127.0.0.1:{}", server_->port());
    address_.variable = "WEIR_TEST_NO_TOKEN";
  }

  // What it answers, or the error without the port.
  std::string ask(const std::string& method, const std::string& path,
                  const results::Json& body = {}) {
    auto remote = Remote::open(address_);
    if (!remote) return remote.error().message;
    const auto answer = remote->ask(method, path, body);
    if (answer) return answer->dump();
    std::string text = answer.error().message;
    const std::string port = fmt::format(":{}", server_->port());
    for (auto at = text.find(port); at != std::string::npos; at = text.find(port))
      text.erase(at, port.size());
    return text;
  }

  std::vector<net::Route> routes_;
  runtime::Metrics metrics_;
  net::HttpProbe probe_{metrics_};
  std::unique_ptr<net::HttpServer> server_;
  RemoteAddress address_;
};

TEST_F(RemoteTest, AnswersJson) {
  start();
  address_.url += "/weir/";
  EXPECT_EQ(ask("GET", "/good"), R"({"all":{"fired":1},"none":null})");
}

TEST_F(RemoteTest, ShowsNothingThatATerminalWouldObey) {
  start();
  EXPECT_EQ(ask("GET", "/evil"), "http://127.0.0.1: \\033[2J\n  gone; \\007");
}

TEST_F(RemoteTest, SendsTheTokenAndNeverShowsIt) {
  start();
  const std::string refused =
      "http://127.0.0.1: the write token is missing or wrong; name it by --token env:NAME or "
      "file:PATH, or put it into the variable WEIR_TEST_NO_TOKEN";
  EXPECT_EQ(ask("POST", "/echo", {{"by", "ann"}}), refused);
  address_.token = "env:WEIR_TEST_TOKEN";
  EXPECT_EQ(ask("POST", "/echo", {{"by", "ann"}}), R"({"by":"ann"})");
  address_.token.clear();
  address_.variable = "WEIR_TEST_TOKEN";
  EXPECT_EQ(ask("POST", "/echo", {{"by", "ann"}}), R"({"by":"ann"})");
  setenv("WEIR_TEST_TOKEN", "another-token-than-it-wants", 1);
  EXPECT_EQ(ask("POST", "/echo", {{"by", "ann"}}).find("another-token"), std::string::npos);
  address_.token = "file:/none";
  EXPECT_EQ(ask("GET", "/echo"), "file:/none: cannot be opened for reading");
}

TEST_F(RemoteTest, SaysWhatWasWrongAndWhatToDo) {
  start();
  EXPECT_EQ(ask("GET", "/refused"), "http://127.0.0.1: for: is no length; send 2h");
  EXPECT_EQ(ask("GET", "/nothing"),
            "http://127.0.0.1: there is nothing at this path; GET / is the page for people");
  EXPECT_EQ(ask("GET", "/strange"),
            "http://127.0.0.1 is no weir: it answered 200 with <html>\\n; --url names where one "
            "listens");
  server_.reset();
  auto remote = Remote::open(address_);
  const auto answer = remote->ask("GET", "/good");
  EXPECT_EQ(answer.error().code, ErrorCode::io);
  EXPECT_NE(answer.error().message.find(
                "; is a weir running there? `weir up` starts one, --url names another"),
            std::string::npos)
      << answer.error().message;
}

TEST(JsonRows, FieldsMayBeAbsent) {
  const results::Json row = {{"a", 1}, {"b", nullptr}, {"c", {"x", 2}}};
  EXPECT_EQ(text_of(row, "a") + text_of(row, "b") + text_of(row, "z"), "1");
  EXPECT_EQ(joined(field(row, "c")), "x,2");
  EXPECT_EQ(joined(field(field(row, "a"), "b")), "");
}

}  // namespace
}  // namespace weir::cli
