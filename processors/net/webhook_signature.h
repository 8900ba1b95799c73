// Signed webhooks, as Standard Webhooks 1.0 (standardwebhooks.com) has them: who receives one knows
// that it is from us, whole, and recent.
//
//   webhook-id         names the message, the same on every attempt: receivers drop what they have
//   webhook-timestamp  seconds since 1970 of this attempt
//   webhook-signature  "v1,BASE64", separated by blanks where several keys sign (a key that is
//                      being replaced and its successor): HMAC-SHA256 of "ID.TIMESTAMP.BODY"
//
// Pure; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/net/http_message.h"
#include "processors/net/secret.h"

namespace weir::net {

/// HMAC-SHA256 (RFC 2104), 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);

/// The key's bytes in "whsec_" and Base64, 24 to 64 of them. Error: invalid_argument, which does
/// not repeat the text.
Result<Secret> webhook_key(const Secret& text);

/// How far a timestamp may be from the receiver's clock.
inline constexpr DurationUs kWebhookToleranceUs = 5 * kMinuteUs;

/// The three headers. `keys` as from webhook_key; REQUIRES: at least one.
HeaderList sign_webhook(std::span<const Secret> keys, std::string_view id, TimeUs now,
                        std::string_view body);

/// Whether one of the keys signed it and its time is near `now`. Error: invalid_argument, saying
/// what does not fit.
Result<void> verify_webhook(std::span<const Secret> keys, const HttpRequest& request, TimeUs now);

}  // namespace weir::net
