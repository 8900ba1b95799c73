// What a seed decides: partitions, rules, input, and how rough the world is. The same seed gives
// the same scenario, event for event.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "processors/core/id.h"
#include "processors/core/time.h"
#include "weir/v1/dead_letter.pb.h"
#include "weir/v1/inference.pb.h"
#include "weir/v1/partial.pb.h"

namespace weir::sim {

/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  /// In [0, n). n > 0.
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(n));
  }
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool chance(int percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

/// One logical event, as whoever made the record meant it.
struct Event {
  v1::InferenceEvent fields;
  /// Why it cannot count, whatever the time; unspecified: it can.
  v1::DeadLetterReason reason = v1::DEAD_LETTER_REASON_UNSPECIFIED;
};

/// A raw record: bytes for the pipeline, meaning for the oracle.
struct Input {
  std::int32_t partition = 0;
  std::string content_type;
  std::string value;
  std::optional<Id> id;
  std::vector<Event> events;  // empty and `broken`: the record as a whole
  v1::DeadLetterReason broken = v1::DEAD_LETTER_REASON_UNSPECIFIED;
  TimeUs at_us = 0;  // when it is sent

  /// The greatest time of the events that are not broken, which stamps a history. 0: there is none.
  TimeUs newest_us() const;
};

/// Where the log is. Histories are read, and records expire, on this machine only.
enum class Home : std::uint8_t { embedded, kafka };

struct Scenario {
  explicit Scenario(std::uint64_t seed, Home home = Home::embedded);

  std::uint64_t seed;
  Home home;
  bool history = false;
  std::int32_t raw_partitions = 1;
  std::int32_t keyed_partitions = 1;
  v1::Definitions definitions;
  std::int64_t max_series = 0;
  DurationUs stall_after_us = 0;
  bool stalls = false;  // a worker stands still for longer than that
  bool crashes = false;
  bool expires = false;          // what was read goes, by age, size and budget
  std::uint64_t disk_bytes = 0;  // the budget then; 0: none
  DurationUs max_age_us = 0;     // of every live topic then
  std::uint64_t max_bytes = 0;   // of what a processor reads
  std::uint64_t segment_bytes = 0;
  std::size_t step_bytes = 0;
  std::size_t open_bytes = 0;  // budget of fold
  DurationUs commit_interval_us = 0;
  DurationUs start_us = 0;
  DurationUs span_us = 0;
  std::vector<Input> inputs;  // ascending by at_us

  /// After how long a partition is stalled; longer than any run where nobody is to be.
  DurationUs stall_limit_us() const { return stalls ? stall_after_us : kDayUs; }
  /// The longest time after an event that a window still shows it.
  DurationUs longest_window_us() const;

 private:
  void choose_rules(Random& random);
  void choose_expiry(Random& random);
  void choose_inputs(Random& random);
  Input make_input(Random& random, TimeUs at);
  static void break_input(Random& random, Input& input);
  Event make_event(Random& random, TimeUs at) const;
  static v1::DeadLetterReason break_event(Random& random, v1::InferenceEvent& fields);

  std::set<std::int32_t> silent_;      // partitions that nobody sends to
  std::int32_t stuck_partition_ = -1;  // whose producer's clock stands still for a while
  TimeUs stuck_from_us_ = 0;
  TimeUs stuck_until_us_ = 0;
};

inline constexpr DurationUs kDedupHorizonUs = 2 * kMinuteUs;
inline constexpr DurationUs kFutureLimitUs = kMinuteUs;

}  // namespace weir::sim
