#include "processors/net/http_message.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace weir::net {
namespace {

// "status body", and how long to wait.
std::string answer_to(const Error& error) {
  const HttpResponse answer = error_response(error);
  std::string text = fmt::format("{} {}", answer.status, answer.body);
  for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}", name, value);
  return text;
}

TEST(HttpMessage, AnErrorSaysWhatWasWrongAndWhatToDo) {
  EXPECT_EQ(answer_to({ErrorCode::invalid_argument, "for: is no length; send 2h; or 1d"}),
            "400 {\"error\":\"for: is no length\",\"hint\":\"send 2h; or 1d\"}\n");
  EXPECT_EQ(answer_to({ErrorCode::not_found, "no"}), "404 {\"error\":\"no\"}\n");
  EXPECT_EQ(answer_to({ErrorCode::invalid_argument, "\xff; "}),
            "400 {\"error\":\"\xef\xbf\xbd\"}\n");
  EXPECT_EQ(answer_to({ErrorCode::invalid_argument, "'a; b' is no service's name; send c"}),
            "400 {\"error\":\"'a; b' is no service's name\",\"hint\":\"send c\"}\n");
}

TEST(HttpMessage, AQueryHasTheNamesThatAreKnownAndEachOnce) {
  const std::vector<std::string_view> known = {"all", "where"};
  const std::vector<std::string_view> repeated = {"where"};
  const auto check = [&](std::vector<std::pair<std::string, std::string>> query) {
    const auto good = check_query({.query = std::move(query)}, known, repeated);
    return good ? "good" : good.error().message;
  };
  EXPECT_EQ(check({{"where", "a"}, {"all", ""}, {"where", "b"}}), "good");
  EXPECT_EQ(check({{"all", "1"}, {"all", "2"}}), "all: is given twice; give it once");
  EXPECT_EQ(check({{"a;b", ""}}), "'a;b': there is no such parameter; choose from: all where");
  EXPECT_EQ(check_query({.query = {{"a", ""}}}, {}).error().message,
            "'a': there is no such parameter; leave it out");
}

TEST(HttpMessage, AnErrorHasAStatus) {
  EXPECT_EQ(answer_to({ErrorCode::exhausted, "no room"}),
            "503 {\"error\":\"no room\"}\nRetry-After: 10");
  const auto status = [](ErrorCode code) { return error_response(Error{code, ""}).status; };
  for (const ErrorCode later : {ErrorCode::locked, ErrorCode::io, ErrorCode::stopped})
    EXPECT_EQ(status(later), 503);
  EXPECT_EQ(status(ErrorCode::already_exists), 409);
  for (const ErrorCode broken : {ErrorCode::corrupt, ErrorCode::version, ErrorCode::protocol})
    EXPECT_EQ(status(broken), 500);
}

}  // namespace
}  // namespace weir::net
