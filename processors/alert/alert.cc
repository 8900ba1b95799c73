#include "processors/alert/alert.h"

#include <algorithm>
#include <utility>

#include "processors/alert/life.h"
#include "processors/alert/muting.h"
#include "processors/alert/routing.h"
#include "processors/alert/teller.h"
#include "processors/core/hash.h"
#include "weir/v1/config.pb.h"

namespace weir::alert {
namespace {

/// Outputs of one commit, about.
constexpr std::size_t kStepBytes = 4 << 20;

std::set<std::string> members_of_groups(const Book& book) {
  std::set<std::string> members;
  for (const auto& [key, group] : book.groups())
    for (const auto& [fingerprint, member] : group.members) members.insert(fingerprint);
  return members;
}

/// Whether it fires, and is for others than when it was told last: its policy or the configuration
/// changed.
bool is_for_others(const Config& config, const Entry& entry) {
  if (!entry.is_firing()) return false;
  std::set<std::string> receivers;
  for (const Target& target : targets_of(config, entry.alert))
    receivers.insert(target.key.receiver);
  return !std::ranges::equal(receivers, entry.alert.receiver());
}

/// Its numbers burn, but are too few, or may be chance: no alert comes of it now.
bool is_unsure(const v1::ConditionChange& change) {
  return change.state() == v1::CONDITION_STATE_TOO_FEW ||
         change.state() == v1::CONDITION_STATE_PLAUSIBLE;
}

/// An alert that is not kept, for decisions about it.
v1::Alert passing_alert(const v1::Signal& signal) {
  const v1::ConditionChange& change = signal.condition();
  const labels::Labels labels = labels_of(change);
  v1::Alert alert;
  alert.set_fingerprint(labels::fingerprint(labels));
  alert.set_severity(change.severity());
  alert.set_time_us(signal.time_us());
  labels::put(labels, *alert.mutable_label());
  *alert.mutable_condition() = change;
  return alert;
}

std::string who_says(const v1::Acknowledgement& acknowledgement) {
  return acknowledgement.by().empty() ? "somebody" : acknowledgement.by();
}

/// Of those that fire: one that is named, whoever but its sender has it; or those that nobody has
/// and that all match. Matchers may be wrong.
std::vector<std::string> named_by(const v1::Acknowledgement& acknowledgement, const Book& book) {
  std::vector<std::string> named;
  const auto matchers = labels::make_matchers(acknowledgement.matcher());
  if (!matchers) return named;
  for (const auto& [fingerprint, entry] : book.entries()) {
    if (!entry.is_firing()) continue;
    const bool is_named = matchers->empty()
                              ? fingerprint == acknowledgement.fingerprint() &&
                                    entry.alert.acknowledged_by() != who_says(acknowledgement)
                              : !entry.is_acknowledged() &&
                                    labels::match_all(*matchers, labels::read(entry.alert.label()));
    if (is_named) named.push_back(fingerprint);
  }
  return named;
}

std::string with_note(const std::string& text, const std::string& note) {
  return note.empty() ? text : text + ": " + note;
}

}  // namespace

AlertProcessor::AlertProcessor(const Config& config, Probe& probe)
    : config_(config), rules_(to_text(config)), rules_hash_(hash64(rules_)), probe_(probe) {}

Result<void> AlertProcessor::open(runtime::TaskContext& context) {
  WEIR_TRY(book_.open(context.store()));
  std::vector<GroupKey> gone;
  for (const auto& [key, group] : book_.groups())
    if (std::ranges::find(config_.receivers, key.receiver) == config_.receivers.end())
      gone.push_back(key);
  for (const GroupKey& key : gone) book_.erase_group(key);
  std::vector<std::string> for_others;
  for (const auto& [fingerprint, entry] : book_.entries())
    if (is_for_others(config_, entry)) for_others.push_back(fingerprint);
  for (const std::string& fingerprint : for_others)
    book_.entry(fingerprint).changed = true;  // so that it joins its groups
  count_firing();
  return {};
}

Result<std::size_t> AlertProcessor::process(std::span<const runtime::Record> records,
                                            runtime::TaskContext& context) {
  std::size_t taken = 0;
  while (taken < records.size() && !output_full_) {
    auto result = take(records[taken], context);
    if (!result)
      return within(fmt::format("signal at offset {}", records[taken].offset), result.error());
    ++taken;
    output_full_ = context.emitted_bytes() >= kStepBytes;
  }
  return taken;
}

Result<void> AlertProcessor::prepare_commit(runtime::TaskContext& context) {
  book_.flush(context.store());
  told_ = output_full_ = false;
  return {};
}

Result<void> AlertProcessor::take(const runtime::Record& record, runtime::TaskContext& context) {
  v1::Signal signal;
  if (!signal.ParseFromArray(record.value.data(), static_cast<int>(record.value.size())))
    return fail(ErrorCode::corrupt, "not a Signal");
  if (signal.version() != 1)
    return fail(ErrorCode::version, "version {}, this binary reads 1", signal.version());
  Head& head = book_.head();
  head.append_time_us = std::max(head.append_time_us, record.append_time_us);
  if (head.rules_hash != rules_hash_) tell_rules(record, context);
  Outbox outbox(context, probe_,
                {.append_time_us = head.append_time_us,
                 .offset = record.offset,
                 .rules_hash = rules_hash_,
                 .history = config_.history});
  switch (signal.body_case()) {
    case v1::Signal::kCondition:
      take_condition(signal, outbox);
      break;
    case v1::Signal::kTime:
      take_time(signal, outbox);
      break;
    case v1::Signal::kAcknowledgement:
      take_acknowledgement(signal.acknowledgement(), outbox);
      break;
    case v1::Signal::kMark:
      take_mark(signal.mark(), outbox);
      break;
    case v1::Signal::kSilence:
      take_silence(signal.silence(), outbox);
      break;
    case v1::Signal::kSilenceExpiry:
      take_expiry(signal.silence_expiry(), outbox);
      break;
    default:
      probe_.unknown_signals.add();
  }
  if (floor_div(head.told_again_us, kDayUs) != floor_div(head.append_time_us, kDayUs))
    tell_again(outbox);
  // What one tick changes is looked at as a whole, when its time is told.
  if (!signal.has_condition()) settle(signal, outbox);
  told_ = told_ || outbox.told();
  return {};
}

/// From this record on they are others.
void AlertProcessor::tell_rules(const runtime::Record& record, runtime::TaskContext& context) {
  v1::ConfigRecord config;
  config.set_version(1);
  config.set_processor("alert");
  config.set_partition(context.partition());
  config.set_input_offset(record.offset);
  config.set_rules_hash(rules_hash_);
  config.set_rules(rules_);
  runtime::NewRecord told{.key = fmt::format("alert/{}", context.partition()),
                          .value = config.SerializeAsString()};
  if (config_.history) told.append_time_us = book_.head().append_time_us;
  context.emit(kConfigOutput, 0, std::move(told));
  book_.head().rules_hash = rules_hash_;
}

void AlertProcessor::take_condition(const v1::Signal& signal, Outbox& outbox) {
  const v1::ConditionChange& change = signal.condition();
  const labels::Labels labels = labels_of(change);
  const std::string fingerprint = labels::fingerprint(labels);
  const bool holds = change.state() == v1::CONDITION_STATE_FIRING;
  Entry* entry = nullptr;
  if (holds) {
    entry = admit(fingerprint);
  } else if (book_.find(fingerprint) != nullptr) {
    entry = &book_.entry(fingerprint);
  }
  // Of what never was an alert there may be any number.
  if (is_unsure(change) && entry != nullptr)
    outbox.decide(passing_alert(signal), {v1::DECISION_KIND_HELD, change.reason()});
  if (entry == nullptr) {
    if (!holds) return;
    outbox.decide(passing_alert(signal),
                  {v1::DECISION_KIND_REFUSED,
                   fmt::format("{} alerts are kept (alert.max_alerts), and none of them has "
                               "resolved",
                               config_.max_alerts)});
    probe_.refused_alerts.add();
    return;
  }
  entry->source = {signal.processor(), signal.partition()};
  entry->alert.set_fingerprint(fingerprint);
  entry->alert.set_severity(change.severity());
  labels::put(labels, *entry->alert.mutable_label());
  const auto turn = holds ? begin(config_, change, signal.time_us(), *entry)
                          : quieten(config_, change, signal.time_us(), *entry);
  if (turn && turn->kind == v1::DECISION_KIND_LAPSED)
    entry->resolved_append_us = book_.head().append_time_us;
  entry->changed = entry->changed || is_for_others(config_, *entry);
  describe(*entry);
  if (turn) outbox.decide(entry->alert, *turn);
}

void AlertProcessor::take_time(const v1::Signal& signal, Outbox& outbox) {
  const SourceName name{signal.processor(), signal.partition()};
  Source& source = book_.head().sources[name];
  source.time_us = std::max(source.time_us, signal.time_us());
  source.append_time_us = book_.head().append_time_us;
  source.complete = signal.time().complete();
  std::vector<std::string> due;
  for (const auto& [fingerprint, entry] : book_.entries())
    if (entry.source == name && (entry.fires_at_us <= source.time_us ||
                                 (entry.is_firing() && entry.quiet_since_us != kMaxTime)))
      due.push_back(fingerprint);
  for (const std::string& fingerprint : due) {
    Entry& entry = book_.entry(fingerprint);
    const auto turn = pass(config_, source.time_us, source.complete, entry);
    if (!turn) continue;
    if (turn->kind == v1::DECISION_KIND_RESOLVED)
      entry.resolved_append_us = book_.head().append_time_us;
    describe(entry);
    outbox.decide(entry.alert, *turn);
  }
}

void AlertProcessor::take_acknowledgement(const v1::Acknowledgement& acknowledgement,
                                          Outbox& outbox) {
  const std::vector<std::string> named = named_by(acknowledgement, book_);
  if (named.empty()) return probe_.unknown_signals.add();
  const std::string by = who_says(acknowledgement);
  for (const std::string& fingerprint : named) {
    Entry& entry = book_.entry(fingerprint);
    const std::string from = entry.alert.acknowledged_by();
    const std::string what =
        from.empty() ? by + " took it on" : fmt::format("{} took it over from {}", by, from);
    entry.alert.set_acknowledged_by(by);
    entry.alert.set_acknowledged_at_us(book_.head().append_time_us);
    entry.alert.set_acknowledged_note(acknowledgement.note());
    entry.changed = true;
    outbox.decide(entry.alert,
                  {v1::DECISION_KIND_ACKNOWLEDGED, with_note(what, acknowledgement.note())},
                  {.by = by, .reference = from});
  }
}

void AlertProcessor::take_mark(const v1::AlertMark& mark, Outbox& outbox) {
  const Entry* found = book_.find(mark.fingerprint());
  if (found == nullptr) return probe_.unknown_signals.add();
  const auto kind = mark.useful() ? v1::DECISION_KIND_USEFUL : v1::DECISION_KIND_NOT_USEFUL;
  outbox.decide(found->alert,
                {kind, with_note(fmt::format("{} says that it was {}worth being told", mark.by(),
                                             mark.useful() ? "" : "not "),
                                 mark.note())},
                {.by = mark.by()});
}

void AlertProcessor::take_silence(const v1::Silence& silence, Outbox& outbox) {
  forget_ended_silences();
  const bool room =
      book_.silences().size() < labels::kMaxSilences || book_.silences().contains(silence.id());
  if (silence.id().empty() || (room && !book_.put_silence(silence)))
    return probe_.unknown_signals.add();
  if (room) return outbox.tell(silence);
  probe_.unknown_signals.add();
  tell_ended(silence, outbox);  // who said it must not believe that it holds
}

void AlertProcessor::take_expiry(const v1::SilenceExpiry& expiry, Outbox& outbox) {
  const auto found = book_.silences().find(expiry.id());
  if (found == book_.silences().end()) return probe_.unknown_signals.add();
  tell_ended(found->second.silence, outbox);
  book_.erase_silence(expiry.id());
}

void AlertProcessor::tell_ended(v1::Silence silence, Outbox& outbox) {
  silence.set_ends_at_us(std::min(silence.ends_at_us(), book_.head().append_time_us));
  outbox.tell(silence);
}

void AlertProcessor::tell_again(Outbox& outbox) {
  book_.head().told_again_us = book_.head().append_time_us;
  std::vector<std::string> standing;
  for (const auto& [fingerprint, entry] : book_.entries())
    if (entry.alert.state() != v1::ALERT_STATE_RESOLVED) standing.push_back(fingerprint);
  for (const std::string& fingerprint : standing) book_.entry(fingerprint).changed = true;
  for (const auto& [id, silence] : book_.silences()) outbox.tell(silence.silence);
}

void AlertProcessor::settle(const v1::Signal& signal, Outbox& outbox) {
  const auto* expiry = signal.has_silence_expiry() ? &signal.silence_expiry() : nullptr;
  judge_muting(config_, {.now_us = book_.head().append_time_us, .expiry = expiry}, book_, outbox);
  Teller(config_, book_, outbox).settle();
  forget_old();
  count_firing();
}

Entry* AlertProcessor::admit(const std::string& fingerprint) {
  if (book_.find(fingerprint) != nullptr) return &book_.entry(fingerprint);
  const auto most = static_cast<std::size_t>(config_.max_alerts);
  if (book_.entries().size() >= most && !make_room()) return nullptr;
  return &book_.entry(fingerprint);
}

/// The alert that resolved first goes, where everybody knows it.
bool AlertProcessor::make_room() {
  const std::set<std::string> members = members_of_groups(book_);
  const std::string* oldest = nullptr;
  TimeUs resolved_us = kMaxTime;
  for (const auto& [fingerprint, entry] : book_.entries()) {
    const bool over = entry.alert.state() == v1::ALERT_STATE_RESOLVED && !entry.changed &&
                      !members.contains(fingerprint);
    if (!over || (oldest != nullptr && entry.resolved_append_us >= resolved_us)) continue;
    oldest = &fingerprint;
    resolved_us = entry.resolved_append_us;
  }
  if (oldest == nullptr) return false;
  book_.erase_entry(std::string(*oldest));
  return true;
}

void AlertProcessor::forget_old() {
  const TimeUs now = book_.head().append_time_us;
  std::vector<std::string> old;
  for (const auto& [fingerprint, entry] : book_.entries())
    if (entry.resolved_append_us != kMaxTime && now - entry.resolved_append_us >= kKeepResolvedUs)
      old.push_back(fingerprint);
  if (!old.empty()) {
    const std::set<std::string> members = members_of_groups(book_);
    std::erase_if(old, [&](const std::string& each) { return members.contains(each); });
  }
  for (const std::string& fingerprint : old) book_.erase_entry(fingerprint);
  forget_ended_silences();
}

void AlertProcessor::forget_ended_silences() {
  const TimeUs now = book_.head().append_time_us;
  std::vector<std::string> ended;
  for (const auto& [id, silence] : book_.silences())
    if (silence.silence.ends_at_us() <= now) ended.push_back(id);
  for (const std::string& id : ended) book_.erase_silence(id);
}

void AlertProcessor::count_firing() {
  probe_.firing.set(std::ranges::count_if(
      book_.entries(), [](const auto& each) { return each.second.is_firing(); }));
}

/// Its text for people, with the numbers as they are now.
void AlertProcessor::describe(Entry& entry) const {
  v1::Alert& alert = entry.alert;
  if (!config_.page_url.empty())
    alert.set_page_url(fmt::format("{}/#/alerts?alert={}", config_.page_url, alert.fingerprint()));
  labels::Labels texts;
  for (const Annotation& each : config_.annotations) {
    std::string text = each.text.fill(alert);
    if (!text.empty()) texts.emplace(each.name, std::move(text));
  }
  labels::put(texts, *alert.mutable_annotation());
}

}  // namespace weir::alert
