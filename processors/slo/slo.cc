#include "processors/slo/slo.h"

#include <algorithm>

#include "processors/core/id.h"
#include "processors/slo/result.h"

namespace weir::slo {
namespace {

using objectives::kPaneUs;

bool has_condition(const objectives::Objective& objective, const std::string& name) {
  return std::ranges::any_of(objective.definition.condition(),
                             [&](const auto& condition) { return condition.name() == name; });
}

}  // namespace

SloProcessor::SloProcessor(const Config& config, Probe& probe)
    : config_(config),
      probe_(probe),
      sources_({.stall_after_us = config.stall_after_us,
                .history = config.history,
                .accept_loss = config.on_loss != nullptr}) {}

Result<void> SloProcessor::open(runtime::TaskContext& context) {
  state::WriteBack& store = context.store();
  store_ = &store;
  ledgers_ = std::make_unique<Ledgers>(config_.max_series, store);
  WEIR_ASSIGN(const auto head, store.get(kHeadKey));
  if (head) WEIR_TRY(decode_head(std::string(*head), head_, sources_));
  WEIR_TRY(ledgers_->open());
  Result<void> result;
  WEIR_TRY(store.scan(kOpenPrefix, "", [&](std::string_view key, std::string_view value) {
    const auto open = parse_open_key(key);
    ByteReader reader(value);
    const Counts counts = read_counts(reader);
    const bool known = open && open->ledger < ledgers_->end() && reader.ok() && reader.at_end() &&
                       ledgers_->find(open->ledger) != nullptr;
    if (!known) {
      result = fail(ErrorCode::corrupt, "state of slo: damaged open pane {}", to_hex(key));
      return false;
    }
    open_.emplace(*open, counts);
    ++ledgers_->find(open->ledger)->open_panes;
    schedule_.add(open->ledger, open->end_us);
    return true;
  }));
  WEIR_TRY(result);
  for (LedgerId id = 0; id < ledgers_->end(); ++id) {
    if (ledgers_->find(id) == nullptr) continue;
    adopt_silence(*ledgers_->find(id));
    schedule(id);
  }
  if (head_.in_tick) schedule_.begin(head_.step_end_us);
  return {};
}

Result<std::size_t> SloProcessor::process(std::span<const runtime::Record> records,
                                          runtime::TaskContext& context) {
  std::size_t taken = 0;
  while (taken < records.size() && !in_step()) {
    auto result = take(records[taken], context);
    if (!result)
      return within(fmt::format("batch of objectives at offset {}", records[taken].offset),
                    result.error());
    ++taken;
  }
  return taken;
}

Result<void> SloProcessor::take(const runtime::Record& record, runtime::TaskContext& context) {
  v1::SliBatch batch;
  if (!batch.ParseFromArray(record.value.data(), static_cast<int>(record.value.size())))
    return fail(ErrorCode::corrupt, "not a SliBatch");
  if (batch.version() != 1)
    return fail(ErrorCode::version, "version {}, this binary reads 1", batch.version());
  if (batch.has_definitions()) WEIR_TRY(define(batch.definitions(), context));
  WEIR_TRY(merge(batch));
  WEIR_TRY(sources_.advance(windows::source_update(batch, record.append_time_us)));
  if (const auto loss = sources_.take_loss()) {
    probe_.lost_offsets.add(static_cast<std::uint64_t>(loss->offsets()));
    config_.on_loss(context.partition(), *loss);
  }
  if (!batch.last_part()) return {};
  head_.as_of_offset = record.offset;
  head_.append_time_us = record.append_time_us;
  (void)sources_.take_caught_up();  // what a stalled partition brings is told as a correction
  begin_time();
  if (next_tick_due()) begin_tick(context);
  return {};
}

Result<void> SloProcessor::define(const v1::Objectives& message, runtime::TaskContext& context) {
  WEIR_ASSIGN(auto objectives, objectives::Objectives::make(message));
  if (ledgers_->holds(*objectives)) return {};
  for (LedgerId id = 0; id < ledgers_->end(); ++id) {
    if (ledgers_->find(id) == nullptr) continue;
    const auto* kept = objectives->find(ledgers_->find(id)->record.objective_id);
    if (kept != nullptr) WEIR_TRY(end_dropped(id, *kept, context));
  }
  WEIR_TRY(ledgers_->define(std::move(objectives)));
  for (const LedgerId id : ledgers_->superseded())
    WEIR_TRY(close(id, "the objective's definition changed, or went", context));
  for (LedgerId id = 0; id < ledgers_->end(); ++id)
    if (ledgers_->find(id) != nullptr) schedule(id);
  return {};
}

/// A condition that is gone, or has another name, is not judged again: what it said ends here.
Result<void> SloProcessor::end_dropped(LedgerId id, const objectives::Objective& objective,
                                       runtime::TaskContext& context) {
  Ledger& ledger = *ledgers_->find(id);
  for (std::size_t i = 0; i < ledger.record.conditions.size(); ++i) {
    const LedgerRecord::Condition& condition = ledger.record.conditions[i];
    if (condition.state == v1::CONDITION_STATE_QUIET || has_condition(objective, condition.name))
      continue;
    WEIR_TRY(ledgers_->books().advance(id, ledger, head_.closed_until_us, {}));
    emit(ledger, change_of(ledger, i, {}, "the alert policy has no such condition any more"),
         context);
  }
  return {};
}

Result<void> SloProcessor::merge(const v1::SliBatch& batch) {
  if (batch.delta().empty()) return {};
  if (!config_.on_loss && !ledgers_->defined())
    return fail(ErrorCode::protocol,
                "raw partition {}: counts under objectives {:016x}, whose text never came",
                batch.raw_partition(), batch.definitions_hash());
  // A loss may have taken the text of newer objectives, too; it comes again within the hour.
  const bool may_lack_text = batch.definitions_hash() != ledgers_->definitions_hash() &&
                             sources_.lost_until() > batch.greatest_event_time_us() - kHourUs;
  for (const v1::SliDelta& delta : batch.delta()) {
    WEIR_ASSIGN(const bool counted, merge(delta));
    if (!counted && may_lack_text) sources_.lose_until(batch.greatest_event_time_us() + 1);
  }
  return {};
}

/// False: there is no such objective here.
Result<bool> SloProcessor::merge(const v1::SliDelta& delta) {
  const std::size_t before = ledgers_->size();
  WEIR_ASSIGN(const auto admitted, ledgers_->admit(delta.objective_id(), delta.series()));
  probe_.deltas.add();
  if (!admitted) {
    probe_.superseded_events.add(static_cast<std::uint64_t>(delta.total()));
    return false;
  }
  probe_.opened_ledgers.add(ledgers_->size() - before);
  Ledger& ledger = *ledgers_->find(*admitted);
  if (ledger.record.overflow) probe_.overflow_deltas.add();
  const Counts events{delta.good(), delta.total()};
  const TimeUs pane_us = delta.pane() * kPaneUs;
  const OpenKey key{.end_us = pane_us + kPaneUs, .ledger = *admitted};
  if (key.end_us <= head_.closed_until_us) {
    WEIR_TRY(correct(*admitted, ledger, pane_us, events));
    return true;
  }
  const auto [open, added] = open_.try_emplace(key);
  open->second += events;
  std::string value;
  put_counts(value, open->second);
  store_->put(open_key(key), std::move(value));
  if (!added) return true;
  ++ledger.open_panes;
  schedule_.add(*admitted, key.end_us);
  return true;
}

Result<void> SloProcessor::correct(LedgerId id, Ledger& ledger, TimeUs pane_us,
                                   const Counts& events) {
  probe_.late_deltas.add();
  WEIR_TRY(ledgers_->books().advance(id, ledger, head_.closed_until_us, {}));
  ledger.changed = true;
  const TimeUs heard_us = std::max(ledger.record.last_event_us, pane_us + kPaneUs);
  if (!maintenance_of(ledger, pane_us).empty()) {
    ledger.record.excluded += events;
    ledger.record.last_event_us = heard_us;
    ledger.record.tell = true;
  } else {
    const auto reason = sources_.complete_at(head_.closed_until_us) ? v1::CORRECTION_REASON_LATE
                                                                    : v1::CORRECTION_REASON_STALLED;
    WEIR_ASSIGN(const bool counted,
                ledgers_->books().correct(id, ledger, {pane_us, events, reason}));
    if (counted) ledger.record.last_event_us = heard_us;
    if (!counted) probe_.lost_events.add(static_cast<std::uint64_t>(events.total));
  }
  schedule(id);
  return {};
}

Result<void> SloProcessor::close(LedgerId id, std::string_view reason,
                                 runtime::TaskContext& context) {
  Ledger& ledger = *ledgers_->find(id);
  for (std::size_t i = 0; i < ledger.record.conditions.size(); ++i)
    if (ledger.record.conditions[i].state != v1::CONDITION_STATE_QUIET)
      emit(ledger, change_of(ledger, i, {}, std::string(reason)), context);
  if (ledger.record.silent) end_silence(ledger, std::string(reason), context);
  if (ledger.record.advanced_to_us != kMinTime) {
    v1::BurnResult result = result_of(ledger, {});
    result.set_complete(is_complete(ledger, result.end_time_us()));
    result.set_closed(true);
    emit(ledger, result, context);
  }
  std::erase_if(open_, [&](const auto& open) {
    if (open.first.ledger != id) return false;
    probe_.superseded_events.add(static_cast<std::uint64_t>(open.second.total));
    store_->erase(open_key(open.first));
    return true;
  });
  probe_.closed_ledgers.add();
  return ledgers_->erase(id);
}

void SloProcessor::schedule(LedgerId id) {
  Ledger& ledger = *ledgers_->find(id);
  if (ledger.record.advanced_to_us == kMinTime) return;  // an open pane is its first look
  TimeUs next = std::min(next_change(ledger), next_silence_look(ledger, config_.silence.after_us,
                                                                config_.low_traffic.min_events));
  if (ledger.record.tell) next = std::min(next, ledger.record.advanced_to_us + kPaneUs);
  if (fires(ledger)) next = std::min({next, next_maintenance(ledger), next_retirement(ledger)});
  // What is idle is looked at once more, to be closed.
  if (next == kMaxTime && ledger.open_panes == 0) next = ledger.record.advanced_to_us + kPaneUs;
  if (next == kMaxTime || ledger.next_look_us == next) return;
  ledger.next_look_us = next;
  schedule_.add(id, next);
}

void SloProcessor::emit(Ledger& ledger, v1::BurnResult& result, runtime::TaskContext& context) {
  result.set_as_of_partition(context.partition());
  result.set_as_of_offset(head_.as_of_offset);
  result.set_definitions_hash(ledgers_->definitions_hash());
  runtime::NewRecord record{
      .key = fmt::format("{}@{}", ledger_name(ledger), format_rfc3339(result.end_time_us())),
      .value = result.SerializeAsString()};
  if (config_.history) record.append_time_us = head_.append_time_us;
  context.emit(kBurnOutput, context.partition(), std::move(record));
  probe_.results.add();
  told_ = true;
  ledger.record.tell = false;
  ledger.changed = true;
  ledger.record.correction_reason = v1::CORRECTION_REASON_UNSPECIFIED;
  ledger.record.correction = {};
}

void SloProcessor::emit(const Ledger& ledger, v1::ConditionChange change,
                        runtime::TaskContext& context) {
  if (head_.in_tick) emit_time_before_tick(context);
  for (std::string& value : series_of(ledger)) change.add_series(std::move(value));
  v1::Signal signal;
  signal.set_time_us(ledger.record.advanced_to_us);
  std::string key = fmt::format("{}/{}", ledger_name(ledger), change.condition());
  *signal.mutable_condition() = std::move(change);
  probe_.condition_changes.add();
  emit(signal, std::move(key), context);
}

/// In a catch-up, ticks that show nothing are left out: an alert that has waited long enough
/// meanwhile, to fire or to end, has to do so before it hears of this change.
void SloProcessor::emit_time_before_tick(runtime::TaskContext& context) {
  const TimeUs before = head_.step_end_us - kPaneUs;
  if (head_.told_until_us < before) emit_time(before, context);
}

void SloProcessor::emit_time(TimeUs time, runtime::TaskContext& context) {
  v1::Signal signal;
  signal.set_time_us(time);
  signal.mutable_time()->set_complete(is_pane_complete(time));
  emit(signal, fmt::format("slo/{}", context.partition()), context);
  head_.told_until_us = time;
}

void SloProcessor::emit(v1::Signal& signal, std::string key, runtime::TaskContext& context) {
  signal.set_version(1);
  signal.set_processor("slo");
  signal.set_partition(context.partition());
  signal.set_as_of_offset(head_.as_of_offset);
  runtime::NewRecord record{.key = std::move(key), .value = signal.SerializeAsString()};
  if (config_.history) record.append_time_us = head_.append_time_us;
  context.emit(kSignalOutput, 0, std::move(record));
  told_ = true;
}

Result<void> SloProcessor::prepare_commit(runtime::TaskContext& context) {
  ledgers_->flush();
  context.store().put(kHeadKey, encode_head(head_, sources_));
  told_ = false;
  step_output_full_ = false;
  return {};
}

}  // namespace weir::slo
