#include "processors/objectives/open_slo.h"

#include <map>

#include <fmt/ranges.h>

#include "processors/config/document.h"
#include "processors/objectives/objective.h"
#include "processors/objectives/open_slo_document.h"

namespace weir::objectives {
namespace {

void append(Refusals& refused, const Refusals& more) {
  refused.insert(refused.end(), more.begin(), more.end());
}

/// Follows references among the documents of one set.
class Resolver {
 public:
  Resolver(const OpenSloDocuments& documents, const LowTraffic& low_traffic)
      : documents_(documents), low_traffic_(low_traffic) {}

  OpenSloObjective resolve(const Slo& slo, const Goal& goal, const std::string& name) const {
    OpenSloObjective made{.where = goal.where, .refused = slo.refused};
    append(made.refused, goal.refused);
    v1::ObjectiveDefinition& definition = made.definition;
    definition.set_name(name);
    definition.set_service(slo.service);
    definition.set_method(slo.method);
    definition.set_target_ppb(goal.target_ppb);
    if (slo.method != v1::BUDGETING_METHOD_OCCURRENCES) definition.set_slice_us(goal.slice_us);
    if (slo.method == v1::BUDGETING_METHOD_TIMESLICES) {
      definition.set_slice_target_ppb(goal.slice_target_ppb);
      definition.set_slice_above(goal.slice_above);
    }
    if (slo.calendar) *definition.mutable_calendar() = *slo.calendar;
    definition.set_window_us(slo.window_us);
    add_indicator(goal.indicator ? goal.indicator : slo.indicator, made);
    add_conditions(slo, made);
    if (!made.refused.empty()) return made;
    if (const auto checked = make_objective(definition); !checked)
      made.refused.push_back(fmt::format("{}: {}", goal.where, checked.error().message));
    return made;
  }

 private:
  template <class T>
  static const T* find(const Ref<T>& ref, const std::map<std::string, T>& named,
                       std::string_view kind, Refusals& refused) {
    if (ref.name.empty()) return ref.value ? &*ref.value : nullptr;
    const auto found = named.find(ref.name);
    if (found != named.end()) return &found->second;
    refused.push_back(fmt::format("{}: there is no {} named '{}' among these documents", ref.where,
                                  kind, ref.name));
    return nullptr;
  }

  void add_indicator(const std::optional<Ref<Indicator>>& ref, OpenSloObjective& made) const {
    if (!ref) {
      made.refused.push_back(
          fmt::format("{}: no indicator; write indicator or indicatorRef", made.where));
      return;
    }
    const Indicator* indicator = find(*ref, documents_.indicators, "SLI", made.refused);
    if (indicator == nullptr) return;
    append(made.refused, indicator->refused);
    v1::ObjectiveDefinition& definition = made.definition;
    const auto add = [&](const std::optional<Query>& query, std::string* text) {
      if (!query) return;
      *text = query->text;
      if (query->per.empty()) return;
      const std::vector<std::string> per(definition.per().begin(), definition.per().end());
      if (!per.empty() && per != query->per)
        made.refused.push_back(
            fmt::format("{}: `per` is [{}], and [{}] in the indicator's other query; write the "
                        "same in both, in the same order, or leave it out of one",
                        query->where, fmt::join(query->per, ", "), fmt::join(per, ", ")));
      definition.clear_per();
      for (const std::string& name : query->per) definition.add_per(name);
    };
    add(indicator->good, definition.mutable_good());
    add(indicator->bad, definition.mutable_bad());
    add(indicator->total, definition.mutable_total());
  }

  void add_conditions(const Slo& slo, OpenSloObjective& made) const {
    if (slo.policies.empty()) add_default(slo, made.definition);
    for (const Ref<AlertPolicy>& ref : slo.policies) {
      if (ref.name == "default" && !documents_.policies.contains(ref.name)) {
        add_default(slo, made.definition);
        continue;
      }
      const AlertPolicy* policy = find(ref, documents_.policies, "AlertPolicy", made.refused);
      if (policy != nullptr) add_policy(*policy, made);
    }
  }

  void add_policy(const AlertPolicy& policy, OpenSloObjective& made) const {
    append(made.refused, policy.refused);
    for (const Ref<AlertCondition>& ref : policy.conditions) {
      const AlertCondition* condition =
          find(ref, documents_.conditions, "AlertCondition", made.refused);
      if (condition == nullptr) continue;
      append(made.refused, condition->refused);
      v1::ConditionDefinition& definition = *made.definition.add_condition();
      definition = condition->definition;
      definition.set_level_ppb(low_traffic_.level_ppb);
      definition.set_min_events(low_traffic_.min_events);
      for (const std::string& target : policy.targets) definition.add_notify(target);
    }
  }

  void add_default(const Slo& slo, v1::ObjectiveDefinition& definition) const {
    DurationUs window = slo.window_us;
    if (slo.calendar) {
      const auto calendar = Calendar::make(*slo.calendar);
      if (!calendar) return;  // refused already
      const Period period = calendar->period_of(slo.calendar->start_us());
      window = period.end_us - period.start_us;
    }
    if (window <= 0) return;
    for (const auto& condition : default_conditions(window, low_traffic_, definition.slice_us()))
      *definition.add_condition() = condition;
  }

  const OpenSloDocuments& documents_;
  const LowTraffic low_traffic_;
};

void add_line(std::string& lines, std::string_view line) {
  if (!lines.empty()) lines += '\n';
  lines += line;
}

Result<std::vector<OpenSloObjective>> read_all(std::vector<config::Document> documents,
                                               const LowTraffic& low_traffic) {
  OpenSloDocuments read;
  std::string problems;
  for (config::Document& document : documents) {
    read_document(document.root(), read);
    if (const auto finished = document.finish(); !finished)
      add_line(problems, finished.error().message);
  }
  if (!problems.empty()) return std::unexpected(Error{ErrorCode::invalid_argument, problems});
  const Resolver resolver(read, low_traffic);
  std::vector<OpenSloObjective> objectives;
  for (const Slo& slo : read.slos)
    for (std::size_t i = 0; i < slo.goals.size(); ++i)
      objectives.push_back(resolver.resolve(
          slo, slo.goals[i],
          slo.goals.size() == 1 ? slo.name : fmt::format("{}-{}", slo.name, i + 1)));
  return objectives;
}

template <class Items, class Read>
Result<std::vector<OpenSloObjective>> gather(const Items& items, const LowTraffic& low_traffic,
                                             const Read& read) {
  std::vector<config::Document> all;
  for (const auto& item : items) {
    WEIR_ASSIGN(std::vector<config::Document> documents, read(item));
    for (config::Document& document : documents) all.push_back(std::move(document));
  }
  return read_all(std::move(all), low_traffic);
}

/// All of them, as they can be run together.
Result<void> check_together(const v1::Objectives& run) {
  WEIR_TRY(Objectives::make(run));
  const std::size_t bytes = run.ByteSizeLong();
  if (bytes <= kMaxObjectivesBytes) return {};
  return fail(ErrorCode::invalid_argument,
              "the definitions of {} objectives are {} bytes together, where at most {} are "
              "allowed; let one apply `per` dimension, shorten their queries, or give them fewer "
              "alert conditions",
              run.objective_size(), bytes, kMaxObjectivesBytes);
}

}  // namespace

Result<std::vector<OpenSloObjective>> read_open_slo(const std::vector<OpenSloFile>& files,
                                                    const LowTraffic& low_traffic) {
  return gather(files, low_traffic, [](const OpenSloFile& file) {
    return config::Document::parse_all(file.name, file.text);
  });
}

Result<std::vector<OpenSloObjective>> load_open_slo(const std::vector<std::string>& files,
                                                    const LowTraffic& low_traffic) {
  return gather(files, low_traffic, config::Document::load_all);
}

Result<void> refuse_open_slo(const std::string& file) {
  auto documents = config::Document::load_all(file);
  if (!documents) return {};
  for (config::Document& document : *documents) {
    const config::Section root = document.root();
    std::string version;
    root.string("apiVersion", version);
    if (version.starts_with("openslo"))
      return fail(ErrorCode::invalid_argument,
                  "{}: this is an OpenSLO document: name it in slo.objectives of a configuration, "
                  "and check that",
                  root.where());
  }
  return {};
}

Result<v1::Objectives> to_run(const std::vector<OpenSloObjective>& objectives) {
  v1::Objectives run;
  std::string problems;
  std::map<std::string, std::string> places;  // by name
  for (const OpenSloObjective& objective : objectives) {
    for (const std::string& refusal : objective.refused) add_line(problems, refusal);
    const auto [first, is_new] = places.emplace(objective.definition.name(), objective.where);
    if (!is_new)
      add_line(problems, fmt::format("{}: objective {} is named a second time, after {}; give it "
                                     "another name, or leave it out",
                                     objective.where, first->first, first->second));
    *run.add_objective() = objective.definition;
  }
  if (problems.empty()) {
    if (const auto checked = check_together(run); !checked) problems = checked.error().message;
  }
  if (!problems.empty()) return std::unexpected(Error{ErrorCode::invalid_argument, problems});
  return run;
}

}  // namespace weir::objectives
