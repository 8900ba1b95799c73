// The rules that give a number its meaning: scopes, their windows and sketches, tiers, which
// statuses are rated. Content-addressed: two processes with the same hash mean the same thing by a
// number. Immutable once made; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/windows/window.h"
#include "weir/v1/partial.pb.h"

namespace weir::aggregates {

/// What a series can be cut by; the numbers are positions in this list and go into no format.
enum class Dimension : std::uint8_t {
  service,
  model,
  model_version,
  tenant,
  business_line,
  region,
  host,
  gpu_type,
  experiment,
  variant,
};
inline constexpr std::size_t kDimensions = 10;

std::string_view to_string(Dimension dimension);
/// Error: invalid_argument, listing the names.
Result<Dimension> parse_dimension(std::string_view name);

/// Durations that have a distribution. The order is the order in formats: append only.
enum class Duration : std::uint8_t { latency, ttft, tpot, queue, compute, network };
inline constexpr std::size_t kDurations = 6;

std::string_view to_string(Duration duration);
Result<Duration> parse_duration_name(std::string_view name);

struct Scope {
  std::vector<Dimension> dimensions;  // empty: everything together
  windows::WindowPlan plan;
  std::array<bool, kDurations> sketched{};  // quantiles, not only count, mean and max
  bool distinct_users = false;
  bool distinct_tenants = false;
};

/// What every dimension of the series is called that sums up those above a cap.
inline constexpr std::string_view kOverflowValue = "__other__";

/// "service,model"; "*" for the empty scope.
std::string scope_name(std::span<const Dimension> dimensions);

/// Values of a scope's dimensions as one key: each length-prefixed (varint), in the scope's order.
/// It is the `series` of a PaneDelta. An absent value is the empty string.
std::string encode_series(std::span<const std::string_view> values);
/// corrupt where the bytes are not `count` values.
Result<std::vector<std::string>> decode_series(std::string_view bytes, std::size_t count);
/// "service=code,model=llama"; `\` escapes `\`, `,` and `=`. "*" for the empty scope.
std::string series_text(std::span<const Dimension> dimensions, std::span<const std::string> values);
/// The owner of a series among `partitions`: by the hash of the scope's name and the values, so
/// that it stays the same when other scopes come and go.
std::int32_t series_partition(std::string_view scope_name, std::string_view series,
                              std::int32_t partitions);

/// Statuses as the aggregate counts them, in the order of weir.v1.StatusCounts.
inline constexpr std::size_t kStatuses = 11;
inline constexpr std::size_t kStatusOk = 0;
inline constexpr std::size_t kStatusOther = 9;
inline constexpr std::size_t kStatusAbsent = 10;
/// The counter of an InferenceStatus value, known or not.
constexpr std::size_t status_counter(std::uint32_t status) {
  return status == 0 ? kStatusAbsent : status <= kStatusOther ? status - 1 : kStatusOther;
}
/// "ok", "client_error", ... by counter.
std::string_view status_name(std::size_t counter);
/// The counter of that name. Error: invalid_argument, listing the names.
Result<std::size_t> parse_status(std::string_view name);

class Definitions {
 public:
  /// Checks and takes them. Error: invalid_argument, naming the scope or window.
  static Result<std::shared_ptr<const Definitions>> make(const v1::Definitions& message);

  const std::vector<Scope>& scopes() const { return scopes_; }
  const std::vector<windows::Tier>& tiers() const { return tiers_; }
  /// By status counter: whether the success ratio counts it. Absent never is.
  const std::array<bool, kStatuses>& rated() const { return rated_; }
  DurationUs out_of_orderness_us() const { return out_of_orderness_us_; }
  std::uint64_t hash() const { return hash_; }
  const v1::Definitions& message() const { return message_; }

 private:
  Definitions() = default;

  v1::Definitions message_;
  std::vector<Scope> scopes_;
  std::vector<windows::Tier> tiers_;
  std::array<bool, kStatuses> rated_{};
  DurationUs out_of_orderness_us_ = 0;
  std::uint64_t hash_ = 0;
};

}  // namespace weir::aggregates
