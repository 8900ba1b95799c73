#include "processors/net/retry_after.h"

#include <algorithm>
#include <charconv>

#include <curl/curl.h>

namespace weir::net {
namespace {

/// Nobody means more.
constexpr std::int64_t kMaxSeconds = 1'000'000'000;

std::optional<TimeUs> parse_date(std::string_view text) {
  const auto seconds = curl_getdate(std::string(text).c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return static_cast<TimeUs>(seconds) * kSecondUs;
}

}  // namespace

std::optional<DurationUs> retry_after(const ClientResponse& response, TimeUs now) {
  const auto value = response.header("Retry-After");
  if (!value || value->empty()) return std::nullopt;
  const char* const end = value->data() + value->size();
  std::int64_t seconds = 0;
  const auto [behind, error] = std::from_chars(value->data(), end, seconds);
  if (behind == end && error != std::errc::invalid_argument) {
    if (error == std::errc::result_out_of_range) seconds = kMaxSeconds;
    return std::clamp<std::int64_t>(seconds, 0, kMaxSeconds) * kSecondUs;
  }
  const auto until = parse_date(*value);
  if (!until) return std::nullopt;
  const auto date = response.header("Date");
  const TimeUs from = (date ? parse_date(*date) : std::nullopt).value_or(now);
  return std::clamp<DurationUs>(*until - from, 0, kMaxSeconds * kSecondUs);
}

}  // namespace weir::net
