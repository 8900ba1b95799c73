// Objectives that were checked: what fold judges events by and slo keeps ledgers for. Immutable
// once made; thread-safe.
//
// An event is of an objective where `total` matches; it is good where `good` matches too, or where
// `bad` does not: one of the two is given.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "processors/aggregates/definitions.h"
#include "processors/core/result.h"
#include "processors/objectives/calendar.h"
#include "processors/predicates/predicate.h"
#include "weir/v1/objective.pb.h"

namespace weir::objectives {

/// What fold counts in, and the step of every ledger.
inline constexpr DurationUs kPaneUs = 10 * kSecondUs;
inline constexpr DurationUs kMinWindowUs = kHourUs;
inline constexpr DurationUs kMaxWindowUs = 400 * kDayUs;
/// Windows of conditions.
inline constexpr DurationUs kMaxConditionUs = 30 * kDayUs;
inline constexpr std::size_t kMaxObjectives = 1'000;
/// Of all definitions that are to be run, as v1.Objectives: they travel in one record, beside other
/// things. What came in a record is never refused for it.
inline constexpr std::size_t kMaxObjectivesBytes = 768 << 10;
inline constexpr int kMaxConditions = 16;

struct Objective {
  std::uint64_t id = 0;  // see objective.proto
  v1::ObjectiveDefinition definition;
  std::vector<aggregates::Dimension> per;
  std::optional<predicates::Predicate> total;  // none: every event
  predicates::Predicate judge;                 // of good events, or of bad ones:
  bool judges_bad = false;
  std::optional<Calendar> calendar;  // none: a rolling window

  std::int64_t budget_ppb() const;
  /// The window is [start, end of it) at a tick that ends at `end`; rolling ones begin on a pane.
  Period window_at(TimeUs end) const;
};

class Objectives {
 public:
  /// Checks and takes them. Error: invalid_argument, naming the objective and what is wrong. How
  /// long their text is was asked by to_run, before it went into any record or state.
  static Result<std::shared_ptr<const Objectives>> make(const v1::Objectives& message);

  const std::vector<Objective>& all() const { return all_; }
  bool empty() const { return all_.empty(); }
  /// null: no such one.
  const Objective* find(std::uint64_t id) const;
  /// Of the serialised message.
  std::uint64_t hash() const { return hash_; }
  const v1::Objectives& message() const { return message_; }

 private:
  Objectives() = default;

  v1::Objectives message_;
  std::vector<Objective> all_;
  std::uint64_t hash_ = 0;
};

/// What an objective promises. Errors: invalid_argument, "must be above 0 and below 1": of what is
/// for who asks to say.
Result<void> check_target(std::int64_t target_ppb);
Result<void> check_slice_target(std::int64_t target_ppb);
Result<void> check_slice_window(DurationUs slice_us);

/// Checks one, as Objectives::make does.
Result<Objective> make_objective(const v1::ObjectiveDefinition& definition);

/// The owner of an objective's series among `partitions`: all versions of an objective have the
/// same.
std::int32_t owner_of(const Objective& objective, std::string_view series, std::int32_t partitions);

}  // namespace weir::objectives
