// The encoded form of an aggregate: drawn in inference_aggregate.h.
#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/sketches/varint.h"

namespace weir::aggregates {

namespace {

using sketches::kMaxVarintBytes;
using sketches::read_varint;
using sketches::write_varint;

constexpr std::uint8_t kVersion = 1;
/// No event met a cold start, and some said so.
constexpr std::uint8_t kNoColdStart = 2;

enum Part : std::uint32_t {
  kSeconds,
  kPeak,
  kErrors,
  kInputTokens,
  kOutputTokens,
  kCachedTokens,
  kColdStart,
  kRetries,
  kFlags,
  kUsers,
  kTenants,
  kFirstDuration,
  kParts = kFirstDuration + kDurations,
};

constexpr std::uint32_t bit(std::size_t part) { return std::uint32_t{1} << part; }

/// All parts but sketches and durations, and one duration's scalars.
constexpr std::size_t kScalarBytes =
    1 + 2 * sizeof(std::uint16_t) + (2 + kPaneSeconds + kStatuses + 12) * kMaxVarintBytes;

/// A mask of the counters from `first` on that are not 0.
template <std::size_t N>
std::uint32_t nonzero(const std::array<std::uint64_t, N>& counters, std::size_t first) {
  std::uint32_t mask = 0;
  for (std::size_t i = first; i < N; ++i) mask |= std::uint32_t{counters[i] != 0} << i;
  return mask;
}

bool present(const sketches::HyperLogLog* sketch) { return sketch != nullptr && !sketch->empty(); }

std::uint32_t parts_of(const AggregateParts& parts, std::uint32_t seconds, std::uint32_t errors) {
  const Counters& counters = parts.counters;
  const bool flags = counters.low_confidence.known != 0 || counters.abnormal_input.known != 0;
  std::uint32_t mask =
      (seconds != 0 ? bit(kSeconds) : 0) | (counters.peak != 0 ? bit(kPeak) : 0) |
      (errors != 0 ? bit(kErrors) : 0) | (counters.input_tokens ? bit(kInputTokens) : 0) |
      (counters.output_tokens ? bit(kOutputTokens) : 0) |
      (counters.cached_tokens ? bit(kCachedTokens) : 0) |
      (counters.cold_start ? bit(kColdStart) : 0) | (counters.retries ? bit(kRetries) : 0) |
      (flags ? bit(kFlags) : 0) | (present(parts.users) ? bit(kUsers) : 0) |
      (present(parts.tenants) ? bit(kTenants) : 0);
  for (std::size_t i = 0; i < kDurations; ++i)
    if (parts.durations[i].stats.count != 0) mask |= bit(kFirstDuration + i);
  return mask;
}

template <std::size_t N>
char* write_counters(char* at, const std::array<std::uint64_t, N>& counters, std::uint32_t mask) {
  const auto bits = static_cast<std::uint16_t>(mask);
  std::memcpy(at, &bits, sizeof bits);
  at += sizeof bits;
  for (; mask != 0; mask &= mask - 1)
    at = write_varint(at, counters[static_cast<std::size_t>(std::countr_zero(mask))]);
  return at;
}

char* write_scalars(char* at, const AggregateParts& parts) {
  const Counters& counters = parts.counters;
  const std::uint32_t seconds = nonzero(counters.seconds, 0);
  const std::uint32_t errors = nonzero(counters.status, kStatusOk + 1);
  const std::uint32_t mask = parts_of(parts, seconds, errors);
  const auto& cold_start = counters.cold_start;
  *at++ = cold_start && cold_start->count == 0 ? kNoColdStart : kVersion;
  at = write_varint(at, mask);
  at = write_varint(at, counters.requests());
  if (seconds != 0) at = write_counters(at, counters.seconds, seconds);
  if (counters.peak != 0) at = write_varint(at, counters.peak);
  if (errors != 0) at = write_counters(at, counters.status, errors);
  if (counters.input_tokens) at = write_varint(at, *counters.input_tokens);
  if (counters.output_tokens) at = write_varint(at, *counters.output_tokens);
  if (counters.cached_tokens) at = write_varint(at, *counters.cached_tokens);
  if (cold_start && cold_start->count != 0) {
    at = write_varint(at, cold_start->count);
    at = write_varint(at, cold_start->sum_us);
    at = write_varint(at, cold_start->max_us);
  }
  if (counters.retries) at = write_varint(at, *counters.retries);
  if ((mask & bit(kFlags)) != 0) {
    at = write_varint(at, counters.low_confidence.known);
    at = write_varint(at, counters.low_confidence.yes);
    at = write_varint(at, counters.abnormal_input.known);
    at = write_varint(at, counters.abnormal_input.yes);
  }
  return at;
}

void encode_duration(const DurationParts& duration, std::string& out) {
  std::array<char, 2 * kMaxVarintBytes> buffer;
  char* at = write_varint(buffer.data(), duration.stats.sum_us);
  at = write_varint(at, duration.stats.max_us);
  out.append(buffer.data(), static_cast<std::size_t>(at - buffer.data()));
  if (duration.sketch != nullptr && !duration.sketch->empty()) {
    assert(duration.sketch->count() == duration.stats.count);
    duration.sketch->encode(out);
  } else if (duration.bins.bins != nullptr) {
    sketches::encode(duration.bins, out);
  } else {
    at = write_varint(buffer.data(), 0);  // an empty sketch
    at = write_varint(at, duration.stats.count);
    out.append(buffer.data(), static_cast<std::size_t>(at - buffer.data()));
  }
}

enum class Merge : std::uint8_t { same, adjacent };

/// Reads an encoded aggregate and merges it as it goes. What is out of range shows in `ok_` at the
/// end; until then it may merge anything.
class Merger {
 public:
  Merger(InferenceAggregate& into, Merge kind) : into_(into), kind_(kind) {}

  Result<void> merge(std::string_view bytes);

 private:
  /// At most `most`; a failure gives 0 from then on.
  std::uint64_t number(std::uint64_t most);
  std::uint64_t positive(std::uint64_t most);
  std::uint16_t mask(std::uint32_t allowed);

  void seconds(std::uint64_t requests);
  void status(bool errors, std::uint64_t requests);
  void sum(bool told, std::optional<std::uint64_t>& into);
  void cold_start(std::uint8_t version);
  void flags();
  Result<void> duration(DurationAggregate& into);

  InferenceAggregate& into_;
  const Merge kind_;
  std::string_view rest_;
  bool ok_ = true;
};

std::uint64_t Merger::number(std::uint64_t most) {
  std::uint64_t value = 0;
  const char* const at = read_varint(rest_.data(), rest_.data() + rest_.size(), value);
  if (at == nullptr || value > most) [[unlikely]] {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  rest_.remove_prefix(static_cast<std::size_t>(at - rest_.data()));
  return value;
}

std::uint64_t Merger::positive(std::uint64_t most) {
  const std::uint64_t value = number(most);
  ok_ &= value != 0;
  return value;
}

std::uint16_t Merger::mask(std::uint32_t allowed) {
  std::uint16_t value = 0;
  if (rest_.size() >= sizeof value) {
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
  }
  ok_ &= value != 0 && (value & ~allowed) == 0;
  return static_cast<std::uint16_t>(value & allowed);
}

void Merger::seconds(std::uint64_t requests) {
  Counters& counters = into_.counters;
  std::uint64_t total = 0;
  for (std::uint32_t left = mask(bit(kPaneSeconds) - 1); left != 0; left &= left - 1) {
    const std::uint64_t count = positive(kMaxCount);
    total += count;
    if (kind_ == Merge::same)
      counters.seconds[static_cast<std::size_t>(std::countr_zero(left))] += count;
    else
      counters.peak = std::max(counters.peak, count);
  }
  ok_ &= total <= requests;
}

void Merger::status(bool errors, std::uint64_t requests) {
  auto& status = into_.counters.status;
  std::uint64_t total = 0;
  if (errors) {
    for (std::uint32_t left = mask(bit(kStatuses) - 1 - bit(kStatusOk)); left != 0;
         left &= left - 1) {
      const std::uint64_t count = positive(kMaxCount);
      total += count;
      status[static_cast<std::size_t>(std::countr_zero(left))] += count;
    }
  }
  ok_ &= total <= requests;
  status[kStatusOk] += requests - total;
}

void Merger::sum(bool told, std::optional<std::uint64_t>& into) {
  if (told) into = std::min(into.value_or(0) + number(kMaxSum), kMaxSum);
}

void Merger::cold_start(std::uint8_t version) {
  auto& into = into_.counters.cold_start;
  if (!into) into.emplace();
  if (version == kNoColdStart) return;
  DurationStats stats;
  stats.count = positive(kMaxCount);
  stats.sum_us = number(kMaxSum);
  stats.max_us = number(stats.sum_us);
  into->merge(stats);
}

void Merger::flags() {
  std::uint64_t known = 0;
  for (FlagCount* flags : {&into_.counters.low_confidence, &into_.counters.abnormal_input}) {
    const std::uint64_t count = number(kMaxCount);
    known += count;
    flags->known += count;
    flags->yes += number(count);
  }
  ok_ &= known != 0;
}

Result<void> Merger::duration(DurationAggregate& into) {
  DurationStats stats;
  stats.sum_us = number(kMaxSum);
  stats.max_us = number(stats.sum_us);
  const bool unsketched = into.unsketched();
  WEIR_ASSIGN(stats.count, into.sketch.merge_encoded(rest_));
  const bool partial = unsketched || stats.count == 0;
  if (stats.count == 0) stats.count = positive(kMaxCount);
  into.stats.merge(stats);
  if (partial) into.sketch.clear();
  return {};
}

Result<void> Merger::merge(std::string_view bytes) {
  const auto corrupt = [&] {
    return fail(ErrorCode::corrupt, "aggregate of {} bytes is not what was written", bytes.size());
  };
  WEIR_TRY(InferenceAggregate::check_version(bytes));
  const auto version = static_cast<std::uint8_t>(bytes[0]);
  rest_ = bytes.substr(1);
  const auto parts = static_cast<std::uint32_t>(number(bit(kParts) - 1));
  const auto has = [&](std::size_t part) { return (parts & bit(part)) != 0; };
  ok_ &= version == kVersion || has(kColdStart);
  const std::uint64_t requests = number(kMaxCount);
  Counters& counters = into_.counters;
  if (kind_ == Merge::adjacent) counters.forget_seconds();
  if (has(kSeconds)) seconds(requests);
  if (has(kPeak)) counters.peak = std::max(counters.peak, positive(requests));
  status(has(kErrors), requests);
  sum(has(kInputTokens), counters.input_tokens);
  sum(has(kOutputTokens), counters.output_tokens);
  sum(has(kCachedTokens), counters.cached_tokens);
  if (has(kColdStart)) cold_start(version);
  sum(has(kRetries), counters.retries);
  if (has(kFlags)) flags();
  for (const std::size_t part : {kUsers, kTenants}) {
    if (!has(part)) continue;
    ok_ &= !rest_.empty() && rest_[0] != 0;
    WEIR_TRY((part == kUsers ? into_.users : into_.tenants).merge_encoded(rest_));
  }
  for (std::size_t i = 0; i < kDurations; ++i)
    if (has(kFirstDuration + i)) WEIR_TRY(duration(into_.durations[i]));
  if (!ok_ || !rest_.empty()) return corrupt();
  return {};
}

}  // namespace

void encode(const AggregateParts& parts, std::string& out) {
  std::array<char, kScalarBytes> buffer;
  const char* const end = write_scalars(buffer.data(), parts);
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  if (present(parts.users)) parts.users->encode(out);
  if (present(parts.tenants)) parts.tenants->encode(out);
  for (const DurationParts& duration : parts.durations)
    if (duration.stats.count != 0) encode_duration(duration, out);
}

void InferenceAggregate::encode(std::string& out) const {
  AggregateParts parts{.counters = counters, .users = &users, .tenants = &tenants};
  for (std::size_t i = 0; i < kDurations; ++i)
    parts.durations[i] = {.stats = durations[i].stats, .sketch = &durations[i].sketch, .bins = {}};
  aggregates::encode(parts, out);
}

Result<void> InferenceAggregate::check_version(std::string_view bytes) {
  if (bytes.empty())
    return fail(ErrorCode::corrupt, "aggregate of 0 bytes is not what was written");
  const auto version = static_cast<std::uint8_t>(bytes[0]);
  if (version == kVersion || version == kNoColdStart) return {};
  return fail(ErrorCode::version, "aggregate of version {}; this binary reads versions {} and {}",
              version, kVersion, kNoColdStart);
}

Result<void> InferenceAggregate::merge_same_encoded(std::string_view bytes) {
  return Merger(*this, Merge::same).merge(bytes);
}

Result<void> InferenceAggregate::merge_adjacent_encoded(std::string_view bytes) {
  return Merger(*this, Merge::adjacent).merge(bytes);
}

Result<InferenceAggregate> InferenceAggregate::decode(std::string_view bytes) {
  InferenceAggregate aggregate;
  WEIR_TRY(aggregate.merge_same_encoded(bytes));
  return aggregate;
}

}  // namespace weir::aggregates
