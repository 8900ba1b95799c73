// What an attempt came to. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/net/http_client.h"
#include "sinks/webhook/config.h"

namespace weir::webhook {

struct Outcome {
  enum class Kind : std::uint8_t {
    taken,    // 2xx
    again,    // no answer, 429 or 5xx
    refused,  // any other answer: it would be the same again
  };

  Kind kind = Kind::taken;
  std::string text;                       // what was answered, for people; at most 1 KiB
  std::optional<DurationUs> retry_after;  // as the receiver asks; at most an hour
};

/// `now` is when the answer came. Its text holds none of the secrets, which an answer may quote.
Outcome outcome_of(const Result<net::ClientResponse>& answer, const ReceiverSecrets& secrets,
                   TimeUs now);

}  // namespace weir::webhook
