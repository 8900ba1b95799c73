#include "processors/slo/ledgers.h"

#include <algorithm>
#include <tuple>

#include "processors/aggregates/definitions.h"
#include "processors/core/id.h"
#include "processors/slo/conditions.h"

namespace weir::slo {
namespace {

std::string overflow_series(std::size_t dimensions) {
  const std::vector<std::string_view> values(dimensions, aggregates::kOverflowValue);
  return aggregates::encode_series(values);
}

/// An older weir did not keep with which severity it told that a condition fires: it was the
/// definition's.
void name_severities(const LedgerPlan& plan, LedgerRecord& record) {
  for (std::size_t i = 0; i < record.conditions.size(); ++i) {
    LedgerRecord::Condition& condition = record.conditions[i];
    if (condition.state == v1::CONDITION_STATE_FIRING && condition.severity.empty())
      condition.severity = plan.definition().condition(static_cast<int>(i)).severity();
  }
}

/// Whether the definition had that condition already, with whatever severity.
bool had(const v1::ObjectiveDefinition& before, const v1::ConditionDefinition& condition) {
  const auto burn_of = [](const v1::ConditionDefinition& each) {
    return std::tuple(each.long_us(), each.short_us(), each.factor_ppb(), each.or_equal());
  };
  return std::ranges::any_of(before.condition(), [&](const v1::ConditionDefinition& each) {
    return each.name() == condition.name() && burn_of(each) == burn_of(condition);
  });
}

}  // namespace

std::string Ledgers::name_of(std::uint64_t objective_id, std::string_view series) {
  std::string name;
  put_fixed(name, objective_id);
  name += series;
  return name;
}

Result<void> Ledgers::open() {
  WEIR_ASSIGN(const auto bytes, store_.get(kDefinitionsKey));
  if (!bytes) return {};
  v1::Objectives message;
  if (!message.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())))
    return fail(ErrorCode::corrupt, "state of slo: damaged objectives");
  WEIR_ASSIGN(auto objectives, objectives::Objectives::make(message));
  WEIR_TRY(take(std::move(objectives)));
  Result<void> result;
  WEIR_TRY(store_.scan(kLedgerPrefix, "", [&](std::string_view key, std::string_view value) {
    const auto id = parse_ledger_key(key);
    auto record = decode_ledger(value);
    const auto kept = record ? kept_.find(record->objective_id) : kept_.end();
    if (!id || !record || kept == kept_.end() ||
        record->sums.size() != kept->second.plan->windows().size() ||
        record->conditions.size() != kept->second.plan->conditions().size()) {
      result = fail(ErrorCode::corrupt, "state of slo: damaged ledger {}", to_hex(key));
      return false;
    }
    name_severities(*kept->second.plan, *record);
    while (end() < *id) free_.insert(end()), ledgers_.emplace_back();
    by_name_.emplace(name_of(record->objective_id, record->series), *id);
    if (!record->overflow) ++kept->second.series;
    ledgers_.push_back(
        std::make_unique<Ledger>(Ledger{.plan = kept->second.plan, .record = *std::move(record)}));
    return true;
  }));
  return result;
}

Result<void> Ledgers::define(std::shared_ptr<const objectives::Objectives> objectives) {
  store_.put(kDefinitionsKey, objectives->message().SerializeAsString());
  return take(std::move(objectives));
}

Result<void> Ledgers::take(std::shared_ptr<const objectives::Objectives> objectives) {
  objectives_ = std::move(objectives);
  std::map<std::uint64_t, Kept> before = std::exchange(kept_, {});
  for (const objectives::Objective& objective : objectives_->all()) {
    Kept& kept = kept_[objective.id];
    kept.plan = std::make_shared<const LedgerPlan>(objective);
    WEIR_ASSIGN(kept.version, version_of(objective));
    if (const auto old = before.find(objective.id); old != before.end())
      kept.series = old->second.series;
  }
  for (const auto& [id, old] : before) WEIR_TRY(forget_version(*old.plan));
  for (LedgerId id = 0; id < end(); ++id) {
    if (find(id) == nullptr) continue;
    const auto kept = kept_.find(find(id)->record.objective_id);
    if (kept != kept_.end()) WEIR_TRY(adopt(id, kept->second));
  }
  return {};
}

/// Conditions may have changed; what they said so far is kept by name.
Result<void> Ledgers::adopt(LedgerId id, const Kept& kept) {
  Ledger& ledger = *find(id);
  const auto old_plan = std::exchange(ledger.plan, kept.plan);
  const auto before = std::exchange(ledger.record.conditions, {});
  for (const v1::ConditionDefinition& condition : kept.plan->definition().condition()) {
    const auto old = std::ranges::find(before, condition.name(), &LedgerRecord::Condition::name);
    ledger.record.conditions.push_back(
        old != before.end() ? *old : LedgerRecord::Condition{.name = condition.name()});
  }
  ledger.record.tell = true;
  WEIR_TRY(books_.rebuild(id, ledger));
  for (std::size_t i = 0; i < ledger.record.conditions.size(); ++i) {
    const auto& definition = kept.plan->definition().condition(static_cast<int>(i));
    if (!had(old_plan->definition(), definition) && !may_burn(ledger, i))
      ledger.record.conditions[i].burnt = false;
  }
  return {};
}

Result<std::uint32_t> Ledgers::version_of(const objectives::Objective& objective) {
  const std::string key = version_key(objective.definition.name());
  WEIR_ASSIGN(const auto bytes, store_.get(key));
  ObjectiveVersion version;
  if (bytes) {
    WEIR_ASSIGN(version, decode_version(*bytes));
  }
  if (version.id == objective.id) return version.version;
  version = {.version = version.version + 1, .id = objective.id};
  store_.put(key, encode_version(version));
  return version.version;
}

/// Where the objective went altogether, the next one of its name begins a version.
Result<void> Ledgers::forget_version(const LedgerPlan& plan) {
  const std::string& name = plan.definition().name();
  for (const auto& [id, kept] : kept_)
    if (kept.plan->definition().name() == name) return {};
  const std::string key = version_key(name);
  WEIR_ASSIGN(const auto bytes, store_.get(key));
  if (!bytes) return {};
  WEIR_ASSIGN(ObjectiveVersion version, decode_version(*bytes));
  version.id = 0;
  store_.put(key, encode_version(version));
  return {};
}

Result<std::optional<LedgerId>> Ledgers::admit(std::uint64_t objective_id,
                                               std::string_view series) {
  const auto found = kept_.find(objective_id);
  if (found == kept_.end()) return std::nullopt;
  if (const auto known = by_name_.find(name_of(objective_id, series)); known != by_name_.end())
    return known->second;
  Kept& kept = found->second;
  const std::size_t dimensions = kept.plan->objective().per.size();
  WEIR_TRY(aggregates::decode_series(series, dimensions));
  if (dimensions == 0 || kept.series < max_series_) return place(kept, series);
  const std::string other = overflow_series(dimensions);
  const auto known = by_name_.find(name_of(objective_id, other));
  return known != by_name_.end() ? known->second : place(kept, other);
}

LedgerId Ledgers::place(Kept& kept, std::string_view series) {
  LedgerId id = end();
  if (free_.empty()) {
    ledgers_.emplace_back();
  } else {
    id = *free_.begin();
    free_.erase(free_.begin());
  }
  const std::uint64_t objective_id = kept.plan->objective().id;
  const std::size_t dimensions = kept.plan->objective().per.size();
  const bool overflow = dimensions != 0 && series == overflow_series(dimensions);
  by_name_.emplace(name_of(objective_id, series), id);
  if (!overflow) ++kept.series;
  ledgers_[id] = std::make_unique<Ledger>(make_ledger(kept.plan, {.objective_id = objective_id,
                                                                  .version = kept.version,
                                                                  .series = std::string(series),
                                                                  .overflow = overflow}));
  return id;
}

std::vector<LedgerId> Ledgers::superseded() const {
  std::vector<LedgerId> ids;
  for (LedgerId id = 0; id < end(); ++id)
    if (ledgers_[id] != nullptr && !kept_.contains(ledgers_[id]->record.objective_id))
      ids.push_back(id);
  return ids;
}

Result<void> Ledgers::erase(LedgerId id) {
  const LedgerRecord& record = ledgers_[id]->record;
  if (const auto kept = kept_.find(record.objective_id); kept != kept_.end() && !record.overflow)
    --kept->second.series;
  by_name_.erase(name_of(record.objective_id, record.series));
  WEIR_TRY(books_.erase_panes(id));
  store_.erase(ledger_key(id));
  ledgers_[id].reset();
  free_.insert(id);
  return {};
}

DurationUs Ledgers::longest_slice_us() const {
  DurationUs longest = objectives::kPaneUs;
  for (const auto& [id, kept] : kept_)
    longest = std::max<DurationUs>(longest, kept.plan->definition().slice_us());
  return longest;
}

void Ledgers::flush() {
  for (LedgerId id = 0; id < end(); ++id) {
    Ledger* ledger = find(id);
    if (ledger == nullptr || !ledger->changed) continue;
    ledger->changed = false;
    store_.put(ledger_key(id), encode_ledger(ledger->record));
  }
}

}  // namespace weir::slo
