#include "tools/weir/hook_echo.h"

#include <gtest/gtest.h>

#include "processors/net/webhook_signature.h"

namespace weir::cli {
namespace {

constexpr TimeUs kNow = 1'700'000'000 * kSecondUs;

// What it printed, and how it answered each: "503 200".
struct Echoed {
  std::string printed;
  std::string statuses;
};

Echoed echo(HookEchoRules rules, const std::vector<net::HttpRequest>& requests) {
  Echoed echoed;
  HookEcho echo(
      std::move(rules), [] { return kNow; },
      [&](const std::string& text) { echoed.printed += text; });
  for (const net::HttpRequest& request : requests)
    echoed.statuses += fmt::format("{} ", echo.answer(request).status);
  return echoed;
}

net::HttpRequest post(std::string body, net::HeaderList headers = {}) {
  return {.method = "POST", .path = "/x", .headers = std::move(headers), .body = std::move(body)};
}

TEST(HookEcho, PrintsWhatArrives) {
  const Echoed echoed = echo({}, {post(R"({"a":1})", {{"webhook-id", "7"}}), post("no \xff JSON")});
  EXPECT_EQ(echoed.statuses, "200 200 ");
  EXPECT_EQ(echoed.printed,
            "2023-11-14T22:13:20Z POST /x id 7, signature not verified, answered 200\n"
            "{\n  \"a\": 1\n}\n"
            "2023-11-14T22:13:20Z POST /x, signature not verified, answered 200\nno \xff JSON\n");
}

TEST(HookEcho, PrintsOneObjectALineForPrograms) {
  EXPECT_EQ(echo({.json = true}, {post("a\nb")}).printed,
            R"({"time_us":1700000000000000,"method":"POST","path":"/x","id":"",)"
            R"("signature":"not verified","status":200,"body":"a\nb"})"
            "\n");
}

TEST(HookEcho, FailsTheFirstOrAll) {
  const std::vector<net::HttpRequest> three(3, post("{}"));
  EXPECT_EQ(echo({.fail = 2, .status = 503}, three).statuses, "503 503 200 ");
  EXPECT_EQ(echo({.status = 404}, three).statuses, "404 404 404 ");
}

TEST(HookEcho, RefusesAWrongSignature) {
  const std::vector<net::Secret> keys = {net::Secret(std::string(32, 'k'))};
  const auto headers = net::sign_webhook(keys, "id-1", kNow, "{}");
  const Echoed echoed = echo({.keys = keys}, {post("{}", headers), post("[]", headers)});
  EXPECT_EQ(echoed.statuses, "200 401 ");
  EXPECT_NE(echoed.printed.find("signature good, answered 200"), std::string::npos);
  EXPECT_NE(echoed.printed.find("signature wrong: no signature of it fits a key of ours, answered"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::cli
