#include "sinks/webhook/outcome.h"

#include <gtest/gtest.h>

namespace weir::webhook {
namespace {

std::string render(const Result<net::ClientResponse>& answer) {
  const Outcome outcome = outcome_of(answer, {}, 0);
  const char* const kinds[] = {"taken", "again", "refused"};
  return fmt::format("{} '{}'{}", kinds[static_cast<int>(outcome.kind)], outcome.text,
                     outcome.retry_after ? " after " + format_duration(*outcome.retry_after) : "");
}

TEST(WebhookOutcome, IsTakenAgainOrRefused) {
  EXPECT_EQ(render(net::ClientResponse{.status = 202, .body = "ok"}), "taken 'status 202: ok'");
  EXPECT_EQ(render(fail(ErrorCode::io, "http://a: refused")), "again 'http://a: refused'");
  EXPECT_EQ(render(net::ClientResponse{.status = 500}), "again 'status 500'");
  for (const int status : {302, 400, 401, 404, 408, 410, 422})
    EXPECT_TRUE(render(net::ClientResponse{.status = status}).starts_with("refused")) << status;
}

TEST(WebhookOutcome, HonoursRetryAfter) {
  const auto asked = [](int status, const char* value) {
    return render(net::ClientResponse{.status = status, .headers = {{"Retry-After", value}}});
  };
  EXPECT_EQ(asked(429, "7"), "again 'status 429' after 7s");
  EXPECT_EQ(asked(503, "Thu, 01 Jan 1970 00:00:30 GMT"), "again 'status 503' after 30s");
  EXPECT_EQ(asked(503, "86400"), "again 'status 503' after 1h");
  EXPECT_EQ(asked(503, "whenever"), "again 'status 503'");
}

TEST(WebhookOutcome, QuotesTheAnswerWithinLimits) {
  const std::string body(10'000, 'x');
  const std::string text = outcome_of(net::ClientResponse{.status = 400, .body = body}, {}, 0).text;
  EXPECT_EQ(text.size(), 1024U);
  EXPECT_EQ(render(net::ClientResponse{.status = 301,
                                       .headers = {{"Location", "https://b.example/secret"}}}),
            "refused 'status 301, to https://b.example: redirects are not followed, give the final "
            "URL'");
}

TEST(WebhookOutcome, HidesWhatAnAnswerQuotesOfASecretUrl) {
  const ReceiverSecrets secrets{.url = "https://hooks.example.com/services/T0/B0/S3CRETPATH?sig=k",
                                .url_is_secret = true};
  const auto quoted = [&](const std::string& body) {
    return outcome_of(net::ClientResponse{.status = 404, .body = body}, secrets, 0).text;
  };
  EXPECT_EQ(quoted("Cannot POST /services/T0/B0/S3CRETPATH?sig=k"), "status 404: Cannot POST ***");
  EXPECT_EQ(quoted("Cannot POST /services/T0/B0/S3CRETPATH"), "status 404: Cannot POST ***");
  EXPECT_EQ(quoted(R"({"path": "\/T0\/B0\/S3CRETPATH", "query": "sig=k"})"),
            R"(status 404: {"path": "\/T0\/B0\/***", "query": "***"})");
  const ReceiverSecrets brief{.url = "https://hooks.example.com/s?1", .url_is_secret = true};
  EXPECT_EQ(outcome_of(net::ClientResponse{.status = 411, .body = "1/s"}, brief, 0).text,
            "status 411: 1/s")
      << "all text would be hidden";
  EXPECT_EQ(outcome_of(net::ClientResponse{.status = 404, .body = "/s?1"}, brief, 0).text,
            "status 404: ***");
  // As it is no secret where it stands in the configuration itself.
  EXPECT_EQ(outcome_of(net::ClientResponse{.status = 404, .body = "/services/T0"},
                       {.url = "https://hooks.example.com/services/T0"}, 0)
                .text,
            "status 404: /services/T0");
}

TEST(WebhookOutcome, HidesASecretBeforeItCutsWhatIsTooLong) {
  const ReceiverSecrets secrets{.url = "https://hooks.example.com/B0/S3CRETPATH",
                                .url_is_secret = true};
  const std::string start = "status 404: ";
  for (std::size_t before = 1024 - start.size() - 15; before < 1024 - start.size(); ++before) {
    const std::string body = std::string(before, 'x') + "/B0/S3CRETPATH and more";
    const std::string text =
        outcome_of(net::ClientResponse{.status = 404, .body = body}, secrets, 0).text;
    EXPECT_EQ(text.find("/B0"), std::string::npos) << before;
    EXPECT_EQ(text.find("S3C"), std::string::npos) << before;
  }
}

}  // namespace
}  // namespace weir::webhook
