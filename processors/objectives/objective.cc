#include "processors/objectives/objective.h"

#include <algorithm>
#include <set>

#include "processors/core/hash.h"
#include "processors/objectives/parts.h"

namespace weir::objectives {
namespace {

template <class... Args>
std::unexpected<Error> wrong(fmt::format_string<Args...> text, Args&&... args) {
  return fail(ErrorCode::invalid_argument, text, std::forward<Args>(args)...);
}

bool is_length(DurationUs length) {
  return length >= kPaneUs && length <= kMaxWindowUs && length % kPaneUs == 0;
}

Result<void> check_condition(const v1::ConditionDefinition& condition) {
  if (condition.name().empty()) return wrong("a condition has no name");
  const bool good = is_length(condition.long_us()) && condition.long_us() <= kMaxConditionUs &&
                    (condition.short_us() == 0 || is_length(condition.short_us()));
  if (!good)
    return wrong("condition {}: windows are multiples of 10s, up to {}", condition.name(),
                 format_duration(kMaxConditionUs));
  if (condition.short_us() >= condition.long_us())
    return wrong("condition {}: the short window must be shorter than the long one",
                 condition.name());
  if (condition.factor_ppb() <= 0 || condition.factor_ppb() > 1'000'000 * kPpb)
    return wrong("condition {}: the burn rate must be above 0 and at most 1000000",
                 condition.name());
  if (condition.level_ppb() < 0 || condition.level_ppb() >= kPpb / 2 ||
      condition.min_events() < 0 || condition.for_us() < 0)
    return wrong("condition {}: level, min_events or alertAfter is out of its range",
                 condition.name());
  return {};
}

Result<void> check_method(const v1::ObjectiveDefinition& definition) {
  const bool sliced = definition.method() != v1::BUDGETING_METHOD_OCCURRENCES;
  if (definition.method() == v1::BUDGETING_METHOD_UNSPECIFIED ||
      !v1::BudgetingMethod_IsValid(definition.method()))
    return wrong("budgetingMethod: must be Occurrences, Timeslices or RatioTimeslices");
  if (!sliced) return {};
  if (const auto good = check_slice_window(definition.slice_us()); !good)
    return within("timeSliceWindow", good.error());
  if (definition.method() == v1::BUDGETING_METHOD_RATIO_TIMESLICES) return {};
  if (const auto good = check_slice_target(definition.slice_target_ppb()); !good)
    return within("timeSliceTarget", good.error());
  return {};
}

Result<void> check_window(const v1::ObjectiveDefinition& definition) {
  const bool rolling = definition.window_us() != 0;
  if (rolling == definition.has_calendar())
    return wrong("timeWindow: exactly one, rolling or of a calendar");
  if (rolling && (!is_length(definition.window_us()) || definition.window_us() < kMinWindowUs))
    return wrong("timeWindow: from 1h to {}", format_duration(kMaxWindowUs));
  return {};
}

Result<void> check_conditions(const v1::ObjectiveDefinition& definition) {
  if (definition.condition_size() > kMaxConditions)
    return wrong("more than {} conditions", kMaxConditions);
  std::set<std::string_view> names;
  for (const v1::ConditionDefinition& condition : definition.condition()) {
    WEIR_TRY(check_condition(condition));
    if (!names.insert(condition.name()).second)
      return wrong("condition {}: named twice", condition.name());
  }
  return {};
}

std::uint64_t id_of(v1::ObjectiveDefinition definition) {
  definition.clear_condition();
  return hash64(definition.SerializeAsString());
}

Result<Objective> check(const v1::ObjectiveDefinition& definition) {
  if (const auto good = check_target(definition.target_ppb()); !good)
    return within("target", good.error());
  WEIR_TRY(check_method(definition));
  WEIR_TRY(check_window(definition));
  WEIR_TRY(check_conditions(definition));
  if (definition.good().empty() == definition.bad().empty())
    return wrong("exactly one of good and bad must be given");
  const bool judges_bad = definition.good().empty();
  WEIR_ASSIGN(auto judge,
              predicates::Predicate::parse(judges_bad ? definition.bad() : definition.good()));
  std::optional<predicates::Predicate> total;
  if (!definition.total().empty()) {
    WEIR_ASSIGN(total, predicates::Predicate::parse(definition.total()));
  }
  std::optional<Calendar> calendar;
  if (definition.has_calendar()) {
    WEIR_ASSIGN(calendar, Calendar::make(definition.calendar()));
  }
  std::vector<aggregates::Dimension> per;
  for (const std::string& name : definition.per()) {
    WEIR_ASSIGN(const aggregates::Dimension dimension, aggregates::parse_dimension(name));
    if (std::ranges::count(per, dimension) != 0) return wrong("per: {} is named twice", name);
    per.push_back(dimension);
  }
  return Objective{.id = id_of(definition),
                   .definition = definition,
                   .per = std::move(per),
                   .total = std::move(total),
                   .judge = std::move(judge),
                   .judges_bad = judges_bad,
                   .calendar = calendar};
}

}  // namespace

std::int64_t Objective::budget_ppb() const { return kPpb - definition.target_ppb(); }

Period Objective::window_at(TimeUs end) const {
  if (calendar) return calendar->period_of(end - 1);
  return {end - definition.window_us(), end};
}

Result<void> check_target(std::int64_t target_ppb) {
  if (target_ppb > 0 && target_ppb < kPpb) return {};
  return wrong("must be above 0 and below 1");
}

Result<void> check_slice_target(std::int64_t target_ppb) {
  if (target_ppb > 0 && target_ppb <= kPpb) return {};
  return wrong("must be above 0 and at most 1");
}

Result<void> check_slice_window(DurationUs slice_us) {
  if (is_length(slice_us) && slice_us <= kDayUs) return {};
  return wrong("must be a multiple of 10s, up to 1d");
}

Result<Objective> make_objective(const v1::ObjectiveDefinition& definition) {
  if (definition.name().empty()) return wrong("an objective has no name");
  auto made = check(definition);
  if (!made) return within(fmt::format("objective {}", definition.name()), made.error());
  return made;
}

Result<std::shared_ptr<const Objectives>> Objectives::make(const v1::Objectives& message) {
  auto made = std::shared_ptr<Objectives>(new Objectives);
  if (static_cast<std::size_t>(message.objective_size()) > kMaxObjectives)
    return wrong("{} objectives; at most {} can be run; let one apply `per` dimension",
                 message.objective_size(), kMaxObjectives);
  std::set<std::string_view> names;
  for (const v1::ObjectiveDefinition& definition : message.objective()) {
    if (!names.insert(definition.name()).second)
      return wrong("objective {}: named twice", definition.name());
    WEIR_ASSIGN(Objective objective, make_objective(definition));
    made->all_.push_back(std::move(objective));
  }
  made->message_ = message;
  made->hash_ = hash64(message.SerializeAsString());
  return made;
}

const Objective* Objectives::find(std::uint64_t id) const {
  const auto found = std::ranges::find(all_, id, &Objective::id);
  return found == all_.end() ? nullptr : &*found;
}

std::int32_t owner_of(const Objective& objective, std::string_view series,
                      std::int32_t partitions) {
  return aggregates::series_partition(objective.definition.name(), series, partitions);
}

}  // namespace weir::objectives
