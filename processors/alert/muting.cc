#include "processors/alert/muting.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/ranges.h>

namespace weir::alert {
namespace {

/// The values of what source and target must have alike.
std::string values_of(const Inhibition& rule, const labels::Labels& labels) {
  labels::Labels alike;
  if (rule.equal) {
    for (const std::string& name : *rule.equal)
      alike.emplace(name, std::string(labels::value_of(labels, name)));
  } else {
    alike = labels;
    for (const char* name : {"alertname", "condition", "severity"}) alike.erase(name);
  }
  return labels::to_text(alike);
}

/// Firing alerts that are sources of each rule, by what a target must have alike.
using Sources = std::vector<std::map<std::string, std::set<std::string>>>;

Sources sources_of(const Config& config, const Book& book) {
  Sources sources(config.inhibit.size());
  for (const auto& [fingerprint, entry] : book.entries()) {
    if (!entry.is_firing()) continue;
    const labels::Labels labels = labels::read(entry.alert.label());
    for (std::size_t i = 0; i < sources.size(); ++i)
      if (labels::match_all(config.inhibit[i].source, labels))
        sources[i][values_of(config.inhibit[i], labels)].insert(fingerprint);
  }
  return sources;
}

struct Hidden {
  std::set<std::string> silenced_by;
  std::set<std::string> inhibited_by;
};

bool is_same(const std::set<std::string>& now, const auto& was) {
  return std::ranges::equal(now, was);
}

void put(const std::set<std::string>& now, auto& field) {
  field.Clear();
  for (const std::string& each : now) *field.Add() = each;
}

Hidden hidden_of(const Config& config, const Sources& sources, TimeUs now, const Book& book,
                 const Entry& entry) {
  Hidden hidden;
  const labels::Labels labels = labels::read(entry.alert.label());
  for (const auto& [id, each] : book.silences())
    if (each.silence.starts_at_us() <= now && now < each.silence.ends_at_us() &&
        labels::match_all(each.matchers, labels))
      hidden.silenced_by.insert(id);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Inhibition& rule = config.inhibit[i];
    if (!labels::match_all(rule.target, labels) || labels::match_all(rule.source, labels)) continue;
    const auto found = sources[i].find(values_of(rule, labels));
    if (found == sources[i].end()) continue;
    hidden.inhibited_by.insert(found->second.begin(), found->second.end());
  }
  hidden.inhibited_by.erase(entry.alert.fingerprint());
  return hidden;
}

bool any_common(const std::set<std::string>& now, const auto& was) {
  return std::ranges::any_of(was, [&](const std::string& each) { return now.contains(each); });
}

/// Whether what is hidden is so for another reason than before. What merely joins or leaves others
/// that still hide it is not worth a decision.
bool is_new(const Hidden& hidden, const v1::Alert& alert) {
  if (!hidden.silenced_by.empty()) return !any_common(hidden.silenced_by, alert.silenced_by());
  return !alert.silenced_by().empty() || !any_common(hidden.inhibited_by, alert.inhibited_by());
}

void say_released(const v1::Alert& alert, const v1::SilenceExpiry* expiry, Outbox& outbox) {
  Turn released{v1::DECISION_KIND_RELEASED,
                "neither a silence nor another alert hides it any more"};
  if (expiry == nullptr || std::ranges::count(alert.silenced_by(), expiry->id()) == 0)
    return outbox.decide(alert, released);
  const std::string by = expiry->by().empty() ? "somebody" : expiry->by();
  released.because = fmt::format("{} ended silence {}; {}", by, expiry->id(), released.because);
  outbox.decide(alert, released, {.by = by, .reference = expiry->id()});
}

void say(const Hidden& hidden, const Entry& entry, const Book& book, Outbox& outbox) {
  const v1::Alert& alert = entry.alert;
  if (!hidden.silenced_by.empty()) {
    const v1::Silence& silence = book.silences().find(*hidden.silenced_by.begin())->second.silence;
    outbox.decide(alert,
                  {v1::DECISION_KIND_SILENCED,
                   fmt::format("silence {} of {} until {}: {}", silence.id(), silence.by(),
                               format_rfc3339(silence.ends_at_us()), silence.reason())},
                  {.by = silence.by(), .reference = silence.id()});
  } else if (!hidden.inhibited_by.empty()) {
    const std::string& by = *hidden.inhibited_by.begin();
    outbox.decide(alert,
                  {v1::DECISION_KIND_INHIBITED,
                   fmt::format("{} fires ({})", title_of(book.find(by)->alert), by)},
                  {.reference = by});
  }
}

}  // namespace

void judge_muting(const Config& config, const MutingMoment& moment, Book& book, Outbox& outbox) {
  const Sources sources = sources_of(config, book);
  std::vector<std::pair<std::string, Hidden>> changed;
  for (const auto& [fingerprint, entry] : book.entries()) {
    if (!entry.is_firing()) continue;
    Hidden hidden = hidden_of(config, sources, moment.now_us, book, entry);
    if (!is_same(hidden.silenced_by, entry.alert.silenced_by()) ||
        !is_same(hidden.inhibited_by, entry.alert.inhibited_by()))
      changed.emplace_back(fingerprint, std::move(hidden));
  }
  for (const auto& [fingerprint, hidden] : changed) {
    Entry& entry = book.entry(fingerprint);
    if (hidden.silenced_by.empty() && hidden.inhibited_by.empty()) {
      say_released(entry.alert, moment.expiry, outbox);
    } else if (is_new(hidden, entry.alert)) {
      say(hidden, entry, book, outbox);
    }
    put(hidden.silenced_by, *entry.alert.mutable_silenced_by());
    put(hidden.inhibited_by, *entry.alert.mutable_inhibited_by());
    entry.changed = true;
  }
}

}  // namespace weir::alert
