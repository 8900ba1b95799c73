#include "processors/alert/life.h"

#include <algorithm>

namespace weir::alert {
namespace {

constexpr std::string_view kSilent = "silent";

void put_label(labels::Labels& labels, std::string_view name, std::string_view value) {
  if (!value.empty()) labels.insert_or_assign(std::string(name), std::string(value));
}

bool is_active(const Entry& entry) {
  return entry.alert.state() == v1::ALERT_STATE_PENDING || entry.is_firing();
}

void note_onset(const Flapping& flapping, TimeUs time, Entry& entry) {
  if (flapping.changes == 0) return;
  entry.onsets.push_back(time);
  std::erase_if(entry.onsets, [&](TimeUs each) { return each <= time - flapping.within_us; });
  const auto kept = static_cast<std::size_t>(flapping.changes);
  if (entry.onsets.size() > kept)
    entry.onsets.erase(entry.onsets.begin(), entry.onsets.end() - flapping.changes);
  entry.alert.set_flapping(entry.onsets.size() == kept);
}

DurationUs hold_of(const Config& config, const Entry& entry) {
  return entry.alert.flapping() ? std::max(config.keep_firing_us, config.flapping.hold_us)
                                : config.keep_firing_us;
}

void change(TimeUs time, Entry& entry) {
  entry.alert.set_time_us(time);
  entry.changed = true;
}

Turn fire(TimeUs time, Entry& entry) {
  v1::Alert& alert = entry.alert;
  alert.set_state(v1::ALERT_STATE_FIRING);
  alert.set_fired_at_us(time);
  entry.fires_at_us = kMaxTime;
  change(time, entry);
  std::string because = alert.condition().reason();
  if (time > alert.starts_at_us())
    because += fmt::format("; it has held for {}", describe_duration(time - alert.starts_at_us()));
  return {v1::DECISION_KIND_FIRED, std::move(because)};
}

/// `quiet`: what ended it.
void end(v1::ConditionChange quiet, TimeUs ends_at, TimeUs time, Entry& entry) {
  *entry.alert.mutable_condition() = std::move(quiet);
  entry.alert.clear_quiet();
  entry.alert.set_state(v1::ALERT_STATE_RESOLVED);
  entry.alert.set_ends_at_us(ends_at);
  entry.fires_at_us = entry.quiet_since_us = kMaxTime;
  change(time, entry);
}

void begin_life(const v1::ConditionChange& condition, TimeUs time, Entry& entry) {
  v1::Alert& alert = entry.alert;
  alert.set_state(v1::ALERT_STATE_PENDING);
  alert.set_life(alert.life() + 1);
  alert.set_starts_at_us(time);
  alert.set_fired_at_us(0);
  alert.set_ends_at_us(0);
  alert.clear_acknowledged_by();
  alert.clear_acknowledged_at_us();
  alert.clear_acknowledged_note();
  alert.clear_silenced_by();
  alert.clear_inhibited_by();
  entry.fires_at_us = time + std::max<DurationUs>(condition.for_us(), 0);
  entry.quiet_since_us = entry.resolved_append_us = kMaxTime;
}

}  // namespace

labels::Labels labels_of(const v1::ConditionChange& change) {
  labels::Labels labels;
  put_label(labels, "alertname",
            change.condition() == kSilent ? "ServiceSilent" : "ErrorBudgetBurn");
  put_label(labels, "service", change.service());
  for (int i = 0; i < std::min(change.scope_size(), change.series_size()); ++i)
    put_label(labels, change.scope(i), change.series(i));
  put_label(labels, "objective", change.objective());
  put_label(labels, "condition", change.condition());
  put_label(labels, "severity", change.severity());
  return labels;
}

std::string title_of(const v1::Alert& alert) {
  const v1::ConditionChange& condition = alert.condition();
  std::string title = condition.objective() + " " + condition.condition();
  for (int i = 0; i < std::min(condition.scope_size(), condition.series_size()); ++i)
    title += fmt::format(" {}={}", condition.scope(i), condition.series(i));
  return title;
}

std::optional<Turn> begin(const Config& config, const v1::ConditionChange& condition, TimeUs time,
                          Entry& entry) {
  *entry.alert.mutable_condition() = condition;
  if (!is_active(entry)) {
    begin_life(condition, time, entry);
    note_onset(config.flapping, time, entry);
    if (entry.fires_at_us <= time) return fire(time, entry);
    change(time, entry);
    return Turn{v1::DECISION_KIND_HELD,
                fmt::format("{}; it fires where it still holds at {}", condition.reason(),
                            format_rfc3339(entry.fires_at_us))};
  }
  if (entry.quiet_since_us == kMaxTime) return std::nullopt;
  entry.quiet_since_us = kMaxTime;
  entry.alert.clear_quiet();
  note_onset(config.flapping, time, entry);
  change(time, entry);
  return Turn{v1::DECISION_KIND_HELD,
              fmt::format("{}; it began again before its end, {}", condition.reason(),
                          entry.alert.flapping() ? "and comes and goes" : "and goes on firing")};
}

std::optional<Turn> quieten(const Config& config, const v1::ConditionChange& condition, TimeUs time,
                            Entry& entry) {
  if (!is_active(entry) || entry.quiet_since_us != kMaxTime) return std::nullopt;
  if (!entry.is_firing()) {
    end(condition, time, time, entry);
    return Turn{v1::DECISION_KIND_LAPSED,
                fmt::format("{}; it held for {} of {}", condition.reason(),
                            describe_duration(time - entry.alert.starts_at_us()),
                            describe_duration(condition.for_us()))};
  }
  entry.quiet_since_us = time;
  // Who is told meanwhile is told why it fired.
  *entry.alert.mutable_quiet() = condition;
  change(time, entry);
  const DurationUs hold = hold_of(config, entry);
  if (hold == 0) return std::nullopt;
  return Turn{v1::DECISION_KIND_HELD,
              fmt::format("{}; it resolves where that is so for {}{}", condition.reason(),
                          describe_duration(hold),
                          entry.alert.flapping() ? ", longer because it comes and goes" : "")};
}

std::optional<Turn> pass(const Config& config, TimeUs time, bool complete, Entry& entry) {
  if (entry.fires_at_us <= time) return fire(time, entry);
  if (!entry.is_firing() || entry.quiet_since_us == kMaxTime || !complete) return std::nullopt;
  const DurationUs hold = hold_of(config, entry);
  if (time - entry.quiet_since_us < hold) return std::nullopt;
  const TimeUs ended = entry.quiet_since_us;
  // An older weir put it into the condition at once.
  end(entry.alert.has_quiet() ? entry.alert.quiet() : entry.alert.condition(), ended, time, entry);
  std::string because = entry.alert.condition().reason();
  // As long as it had to be: a replay may see it much later.
  if (hold > 0) because += fmt::format("; so for at least {}", describe_duration(hold));
  return Turn{v1::DECISION_KIND_RESOLVED, std::move(because)};
}

}  // namespace weir::alert
