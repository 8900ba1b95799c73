// kind: AlertPolicy, AlertCondition, AlertNotificationTarget.
#include <array>

#include "processors/core/severity.h"
#include "processors/objectives/open_slo_document.h"
#include "processors/objectives/parts.h"
#include "processors/objectives/policy.h"

namespace weir::objectives {
namespace {

constexpr std::string_view kShortWindow = "weir/short-window";

/// A choice of OpenSLO's that Weir has made.
struct FixedChoice {
  std::string_view key;
  bool value = true;
  std::string_view why;
};

constexpr std::array kFixedChoices = {
    FixedChoice{"alertWhenBreaching", true,
                "an alert policy is for what burns; write true, or leave the policy out"},
    FixedChoice{"alertWhenResolved", true,
                "whoever is told that an alert fires is told of its end; write true, or leave it "
                "out"},
    FixedChoice{"alertWhenNoData", false,
                "where events cease, the condition `silent` fires (slo.silence in the "
                "configuration); write false, or leave it out"}};

void read_choices(const config::Section& spec, Refusals& refused) {
  for (const FixedChoice& choice : kFixedChoices) {
    bool value = choice.value;
    if (spec.boolean(choice.key, value) && value != choice.value)
      refused.push_back(fmt::format("{}: {}: {} is not run: {}", spec.where(choice.key), choice.key,
                                    value, choice.why));
  }
}

void read_severity(const config::Section& spec, AlertCondition& condition) {
  std::string severity = "page";
  if (spec.string("severity", severity) && !is_severity(severity))
    condition.refused.push_back(
        fmt::format("{}: the severity '{}' is none that Weir knows; write page, ticket or info",
                    spec.where("severity"), severity));
  condition.definition.set_severity(severity);
}

void read_burn(const config::Section& burn, AlertCondition& condition) {
  std::string kind;
  burn.require("kind", "kind: burnrate");
  if (burn.string("kind", kind) && kind != "burnrate")
    burn.refuse("kind", "the only kind that there is: burnrate");
  std::string op = "gt";
  if (burn.string("op", op) && op != "gt" && op != "gte") {
    if (op == "lt" || op == "lte")
      condition.refused.push_back(
          fmt::format("{}: a burn rate that is too low alerts nobody; write op: gt or op: gte",
                      burn.where("op")));
    else
      burn.refuse("op", "must be one of lt, lte, gt, gte");
  }
  condition.definition.set_or_equal(op == "gte");
  burn.require("threshold", "threshold: 14.4");
  std::int64_t factor = 0;
  burn.parsed("threshold", factor, parse_ppb);
  condition.definition.set_factor_ppb(factor);
  burn.require("lookbackWindow", "lookbackWindow: 1h");
  DurationUs length = 0;
  burn.duration("lookbackWindow", length);
  condition.definition.set_long_us(length);
  DurationUs after = 0;
  burn.duration("alertAfter", after);
  condition.definition.set_for_us(after);
}

}  // namespace

AlertCondition read_condition(const config::Section& root, const std::string& name) {
  AlertCondition condition{.name = name};
  condition.definition.set_name(name);
  if (const auto metadata = root.section("metadata")) {
    // Other annotations are other people's.
    const auto annotations = metadata->has("annotations") && !metadata->is_empty("annotations")
                                 ? metadata->section("annotations")
                                 : std::nullopt;
    DurationUs length = 0;
    if (annotations) {
      for (const std::string& key : annotations->keys()) annotations->has(key);
      annotations->duration(kShortWindow, length);
    }
    condition.definition.set_short_us(length);
  }
  const auto spec = root.section("spec");
  if (!spec) {
    root.require("spec", "spec: {severity: page, condition: {kind: burnrate, ...}}");
    return condition;
  }
  std::string text;
  spec->string("description", text);
  read_severity(*spec, condition);
  spec->require("condition", "condition: {kind: burnrate, threshold: 14.4, lookbackWindow: 1h}");
  if (const auto burn = spec->section("condition")) read_burn(*burn, condition);
  return condition;
}

AlertPolicy read_policy(const config::Section& root, const std::string& name) {
  AlertPolicy policy{.name = name};
  const auto spec = root.section("spec");
  if (!spec) {
    root.require("spec", "spec: {conditions: [...], notificationTargets: [...]}");
    return policy;
  }
  std::string text;
  spec->string("description", text);
  read_choices(*spec, policy.refused);
  spec->require("conditions", "conditions: [{conditionRef: fast-burn}]");
  for (const config::Section& each : spec->sections("conditions")) {
    Ref<AlertCondition>& condition = policy.conditions.emplace_back();
    condition.where = each.where();
    if (each.string("conditionRef", condition.name)) continue;
    each.string("kind", text);
    condition.value = read_condition(each, read_name(each));
  }
  if (spec->is_empty("notificationTargets")) return policy;
  for (const config::Section& each : spec->sections("notificationTargets")) {
    std::string target;
    if (each.string("targetRef", target)) {
      policy.targets.push_back(target);
      continue;
    }
    each.string("kind", text);
    policy.targets.push_back(read_name(each));
    read_target(each);
  }
  return policy;
}

void read_target(const config::Section& root) {
  const auto spec = root.section("spec");
  if (!spec) {
    root.require("spec", "spec: {target: slack}");
    return;
  }
  std::string text;
  spec->string("description", text);
  spec->require("target", "target: slack");
  spec->string("target", text);
}

}  // namespace weir::objectives
