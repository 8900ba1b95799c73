// kind: SLO.
#include <charconv>

#include "processors/objectives/calendar.h"
#include "processors/objectives/objective.h"
#include "processors/objectives/open_slo_document.h"
#include "processors/objectives/parts.h"

namespace weir::objectives {
namespace {

struct OpenSloDuration {
  std::int64_t count = 0;
  char unit = 'd';
};

/// "30d", "4w", "1M": OpenSLO's shorthand, where M is a month, Q a quarter, Y a year.
Result<OpenSloDuration> parse_open_slo_duration(std::string_view text) {
  OpenSloDuration duration;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, duration.count);
  if (error == std::errc{} && end - stop == 1 && duration.count > 0 && duration.count <= 100'000 &&
      std::string_view("mhdwMQY").find(*stop) != std::string_view::npos) {
    duration.unit = *stop;
    return duration;
  }
  return fail(ErrorCode::invalid_argument,
              "'{}' is not a duration; write a number and one of m, h, d, w, M (month), Q, Y",
              text);
}

/// 0: a month is no fixed time.
DurationUs fixed_us(const OpenSloDuration& duration) {
  switch (duration.unit) {
    case 'm':
      return duration.count * kMinuteUs;
    case 'h':
      return duration.count * kHourUs;
    case 'd':
      return duration.count * kDayUs;
    case 'w':
      return duration.count * 7 * kDayUs;
    default:
      return 0;
  }
}

/// Empty: a calendar has no such unit.
std::string_view calendar_unit(char unit) {
  switch (unit) {
    case 'd':
      return "day";
    case 'w':
      return "week";
    case 'M':
      return "month";
    case 'Q':
      return "quarter";
    case 'Y':
      return "year";
    default:
      return "";
  }
}

void read_calendar(const config::Section& window, const OpenSloDuration& duration, Slo& slo) {
  window.require("calendar", "calendar: {startTime: 2022-01-01 00:00:00, timeZone: UTC}");
  const auto calendar = window.section("calendar");
  if (!calendar) return;
  v1::CalendarWindow made;
  std::string zone = "UTC";
  calendar->string("timeZone", zone);
  TimeUs start = 0;
  calendar->require("startTime", "startTime: 2022-01-01 00:00:00");
  calendar->parsed("startTime", start,
                   [&zone](std::string_view text) { return parse_civil(text, zone); });
  made.set_start_us(start);
  made.set_time_zone(zone);
  made.set_count(duration.count);
  made.set_unit(std::string(calendar_unit(duration.unit)));
  if (made.unit().empty())
    slo.refused.push_back(fmt::format(
        "{}: a calendar window counts days, weeks, months (M), quarters (Q) or years (Y); for a "
        "month write duration: 1M",
        window.where("duration")));
  slo.calendar = made;
}

void read_window(const config::Section& window, Slo& slo) {
  OpenSloDuration duration;
  window.require("duration", "duration: 30d");
  window.parsed("duration", duration, parse_open_slo_duration);
  bool rolling = !window.has("calendar");
  window.boolean("isRolling", rolling);
  if (!rolling) {
    read_calendar(window, duration, slo);
    return;
  }
  if (window.has("calendar"))
    window.refuse("calendar", "a rolling window has none; write isRolling: false");
  slo.window_us = fixed_us(duration);
  if (slo.window_us == 0)
    slo.refused.push_back(
        fmt::format("{}: a rolling window has a fixed length; write for example duration: 30d",
                    window.where("duration")));
}

bool read_op(const config::Section& goal, bool& above) {
  std::string op;
  if (!goal.string("op", op)) return false;
  if (op != "lt" && op != "lte" && op != "gt" && op != "gte")
    goal.refuse("op", "must be one of lt, lte, gt, gte");
  above = op == "gt";
  return true;
}

/// Where the value of a key is not what Weir runs.
void note(const config::Section& section, std::string_view key, const Result<void>& checked,
          Refusals& refused) {
  if (!checked)
    refused.push_back(fmt::format("{}: {}: {}", section.where(key), key, checked.error().message));
}

Result<void> only_for(std::string_view methods) {
  return fail(ErrorCode::invalid_argument,
              "is only for budgetingMethod {}; write that, or leave this out", methods);
}

/// Of an unknown method nothing is asked: that is wrong already.
void read_slices(const config::Section& section, v1::BudgetingMethod method, Goal& goal) {
  const bool judged = method == v1::BUDGETING_METHOD_TIMESLICES;
  const bool sliced = judged || method == v1::BUDGETING_METHOD_RATIO_TIMESLICES;
  if (judged) section.require("timeSliceTarget", "timeSliceTarget: 0.95");
  if (sliced) section.require("timeSliceWindow", "timeSliceWindow: 1m");
  if (section.parsed("timeSliceTarget", goal.slice_target_ppb, parse_ppb))
    note(section, "timeSliceTarget",
         judged ? check_slice_target(goal.slice_target_ppb) : only_for("Timeslices"), goal.refused);
  if (section.duration("timeSliceWindow", goal.slice_us))
    note(section, "timeSliceWindow",
         sliced ? check_slice_window(goal.slice_us) : only_for("Timeslices or RatioTimeslices"),
         goal.refused);
}

Goal read_goal(const config::Section& section, v1::BudgetingMethod method) {
  Goal goal{.where = section.where()};
  std::string text;
  section.string("displayName", text);
  read_op(section, goal.slice_above);
  std::int64_t number = 0;
  section.parsed("value", number, parse_ppb);
  if (!section.has("target") && !section.has("targetPercent"))
    section.require("target", "target: 0.999");
  if (section.parsed("target", goal.target_ppb, parse_ppb))
    note(section, "target", check_target(goal.target_ppb), goal.refused);
  if (section.parsed("targetPercent", number, parse_ppb)) {
    if (section.has("target")) section.refuse("targetPercent", "give it or target, not both");
    goal.target_ppb = number / 100;
    if (!check_target(goal.target_ppb))
      goal.refused.push_back(fmt::format("{}: targetPercent: must be above 0 and below 100",
                                         section.where("targetPercent")));
  }
  read_slices(section, method, goal);
  if (section.parsed("compositeWeight", number, parse_ppb))
    goal.refused.push_back(
        fmt::format("{}: composite objectives are not run; write an SLO for each indicator",
                    section.where("compositeWeight")));
  goal.indicator = read_indicator_ref(section);
  return goal;
}

void read_policies(const config::Section& spec, Slo& slo) {
  if (!spec.has("alertPolicies") || spec.is_empty("alertPolicies")) return;
  if (spec.lists_scalars("alertPolicies")) {
    std::vector<std::string> names;
    spec.strings("alertPolicies", names);
    for (const std::string& name : names)
      slo.policies.push_back({.where = spec.where("alertPolicies"), .name = name, .value = {}});
    return;
  }
  for (const config::Section& each : spec.sections("alertPolicies")) {
    Ref<AlertPolicy>& policy = slo.policies.emplace_back();
    policy.where = each.where();
    if (each.string("alertPolicyRef", policy.name)) continue;
    std::string kind;
    each.string("kind", kind);
    policy.value = read_policy(each, read_name(each));
  }
}

Result<v1::BudgetingMethod> parse_method(std::string_view text) {
  if (text == "Occurrences") return v1::BUDGETING_METHOD_OCCURRENCES;
  if (text == "Timeslices") return v1::BUDGETING_METHOD_TIMESLICES;
  if (text == "RatioTimeslices") return v1::BUDGETING_METHOD_RATIO_TIMESLICES;
  return fail(ErrorCode::invalid_argument,
              "'{}' is none; one of Occurrences, Timeslices, RatioTimeslices", text);
}

}  // namespace

Slo read_slo(const config::Section& root, const std::string& name) {
  Slo slo{.name = name, .where = root.where()};
  const auto spec = root.section("spec");
  if (!spec) {
    root.require("spec", "spec: {service: chat, ...}");
    return slo;
  }
  std::string text;
  spec->string("description", text);
  spec->require("service", "service: chat");
  spec->string("service", slo.service);
  slo.indicator = read_indicator_ref(*spec);
  spec->require("timeWindow", "timeWindow: [{duration: 30d, isRolling: true}]");
  const auto windows = spec->sections("timeWindow");
  for (const config::Section& window : windows) read_window(window, slo);
  if (windows.size() > 1) spec->refuse("timeWindow", "an SLO has one");
  spec->require("budgetingMethod", "budgetingMethod: Occurrences");
  spec->parsed("budgetingMethod", slo.method, parse_method);
  spec->require("objectives", "objectives: [{target: 0.999}]");
  for (const config::Section& goal : spec->sections("objectives"))
    slo.goals.push_back(read_goal(goal, slo.method));
  read_policies(*spec, slo);
  return slo;
}

}  // namespace weir::objectives
