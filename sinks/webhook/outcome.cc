#include "sinks/webhook/outcome.h"

#include <algorithm>

#include "processors/core/text.h"
#include "processors/events/validate.h"
#include "processors/net/retry_after.h"

namespace weir::webhook {
namespace {

constexpr std::size_t kMaxTextBytes = 1 << 10;
/// A receiver that means longer is asked again all the same.
constexpr DurationUs kMaxRetryAfterUs = kHourUs;

std::string text_of(const net::ClientResponse& answer, const ReceiverSecrets& secrets) {
  std::string text = fmt::format("status {}", answer.status);
  if (const auto where = answer.header("Location"); where && answer.status / 100 == 3)
    text += fmt::format(", to {}: redirects are not followed, give the final URL",
                        net::origin_of(*where));
  if (!answer.body.empty()) text += fmt::format(": {}", answer.body);
  return events::as_utf8(cut_utf8(secrets.hide_in(std::move(text)), kMaxTextBytes));
}

}  // namespace

Outcome outcome_of(const Result<net::ClientResponse>& answer, const ReceiverSecrets& secrets,
                   TimeUs now) {
  if (!answer)
    return {.kind = Outcome::Kind::again, .text = secrets.hide_in(answer.error().message)};
  Outcome outcome{.kind = Outcome::Kind::refused, .text = text_of(*answer, secrets)};
  if (answer->status / 100 == 2) outcome.kind = Outcome::Kind::taken;
  if (answer->status / 100 != 5 && answer->status != 429) return outcome;
  outcome.kind = Outcome::Kind::again;
  outcome.retry_after = net::retry_after(*answer, now);
  if (outcome.retry_after) outcome.retry_after = std::min(*outcome.retry_after, kMaxRetryAfterUs);
  return outcome;
}

}  // namespace weir::webhook
