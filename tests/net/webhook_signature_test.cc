#include "processors/net/webhook_signature.h"

#include <gtest/gtest.h>

#include "processors/core/id.h"

namespace weir::net {
namespace {

// The example of the specification and its libraries.
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr TimeUs kNow = 1'614'265'330 * kSecondUs;
constexpr std::string_view kBody = R"({"test": 2432232314})";
constexpr std::string_view kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

Secret key() { return webhook_key(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).value(); }
Secret other_key() { return Secret(std::string(32, 'k')); }

std::string verdict(std::span<const Secret> keys, HeaderList headers, TimeUs now,
                    std::string body = std::string(kBody)) {
  const HttpRequest request{.headers = std::move(headers), .body = std::move(body)};
  const auto good = verify_webhook(keys, request, now);
  return good ? "good" : good.error().message;
}

TEST(WebhookSignature, IsTheSpecifications) {
  const std::vector<Secret> keys = {key()};
  EXPECT_EQ(sign_webhook(keys, kId, kNow + 999'999, kBody),
            (HeaderList{{"webhook-id", std::string(kId)},
                        {"webhook-timestamp", "1614265330"},
                        {"webhook-signature", std::string(kSignature)}}));
}

// RFC 4231, test case 2.
TEST(WebhookSignature, HmacIsTheRfcs) {
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(WebhookSignature, WhileAKeyIsReplacedBothSign) {
  const std::vector<Secret> both = {other_key(), key()};
  const HeaderList headers = sign_webhook(both, kId, kNow, kBody);
  EXPECT_TRUE(headers[2].second.ends_with(" " + std::string(kSignature))) << headers[2].second;
  for (const Secret& one : both) EXPECT_EQ(verdict({&one, 1}, headers, kNow), "good");
}

TEST(WebhookSignature, TellsWhatDoesNotFit) {
  const std::vector<Secret> keys = {key()};
  const HeaderList good = sign_webhook(keys, kId, kNow, kBody);
  EXPECT_EQ(verdict(keys, good, kNow + kWebhookToleranceUs), "good");
  EXPECT_EQ(verdict(keys, good, kNow + kWebhookToleranceUs + 1),
            "its time 2021-02-25T15:02:10Z is more than 5m from ours");
  EXPECT_EQ(verdict(keys, good, kNow, "another body"), "no signature of it fits a key of ours");
  const Secret other = other_key();
  EXPECT_EQ(verdict({&other, 1}, good, kNow), "no signature of it fits a key of ours");
  EXPECT_EQ(verdict(keys, {good[1], good[2]}, kNow), "it has no header webhook-id");
  EXPECT_EQ(verdict(keys, {good[0], {"webhook-timestamp", "99999999999999999999"}, good[2]}, kNow),
            "its webhook-timestamp is no time");
}

TEST(WebhookSignature, RefusesAKeyThatIsNone) {
  for (const char* text : {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                           "whsec_c2hvcnQ=", "whsec_not base64 not base64 not base64!"}) {
    const auto refused = webhook_key(Secret(text));
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().message.find("c2hvcnQ"), std::string::npos);
  }
}

}  // namespace
}  // namespace weir::net
