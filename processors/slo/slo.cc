#include "processors/slo/slo.h"

#include <algorithm>

#include "processors/core/id.h"
#include "processors/slo/result.h"

namespace weir::slo {
namespace {

using objectives::kPaneUs;

/// The longest a `resume` looks at ledgers that say nothing.
constexpr LedgerId kLedgersPerResume = 100'000;

bool fires(const Ledger& ledger) {
  return std::ranges::any_of(ledger.record.conditions, [](const auto& condition) {
    return condition.state == v1::CONDITION_STATE_FIRING;
  });
}

bool concerns(const Maintenance& maintenance, const Ledger& ledger) {
  return maintenance.objectives.empty() ||
         std::ranges::count(maintenance.objectives, ledger.plan->definition().name()) != 0;
}

}  // namespace

SloProcessor::SloProcessor(const Config& config, Probe& probe)
    : config_(config),
      probe_(probe),
      sources_({.stall_after_us = config.stall_after_us, .history = config.history}) {}

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
  for (LedgerId id = 0; id < ledgers_->end(); ++id)
    if (ledgers_->find(id) != nullptr) schedule(id);
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
  if (!batch.delta().empty() && !ledgers_->defined())
    return fail(ErrorCode::protocol,
                "raw partition {}: counts under objectives {:016x}, whose text never came",
                batch.raw_partition(), batch.definitions_hash());
  for (const v1::SliDelta& delta : batch.delta()) WEIR_TRY(merge(delta));
  if (!batch.last_part()) return {};
  head_.as_of_offset = record.offset;
  head_.append_time_us = record.append_time_us;
  WEIR_TRY(sources_.advance(windows::source_update(batch, record.append_time_us)));
  (void)sources_.take_caught_up();  // what a stalled partition brings is told as a correction
  begin_time();
  if (next_tick_due()) begin_tick(context);
  return {};
}

Result<void> SloProcessor::define(const v1::Objectives& objectives, runtime::TaskContext& context) {
  WEIR_TRY(ledgers_->define(objectives));
  for (const LedgerId id : ledgers_->superseded())
    WEIR_TRY(close(id, "the objective's definition changed, or went", context));
  for (LedgerId id = 0; id < ledgers_->end(); ++id)
    if (ledgers_->find(id) != nullptr) schedule(id);
  return {};
}

Result<void> SloProcessor::merge(const v1::SliDelta& delta) {
  const std::size_t before = ledgers_->size();
  WEIR_ASSIGN(const auto admitted, ledgers_->admit(delta.objective_id(), delta.series()));
  probe_.deltas.add();
  if (!admitted) {
    probe_.superseded_events.add(static_cast<std::uint64_t>(delta.total()));
    return {};
  }
  probe_.opened_ledgers.add(ledgers_->size() - before);
  Ledger& ledger = *ledgers_->find(*admitted);
  if (ledger.record.overflow) probe_.overflow_deltas.add();
  const Counts events{delta.good(), delta.total()};
  const TimeUs pane_us = delta.pane() * kPaneUs;
  const OpenKey key{.end_us = pane_us + kPaneUs, .ledger = *admitted};
  if (key.end_us <= head_.closed_until_us) return correct(*admitted, ledger, pane_us, events);
  const auto [open, added] = open_.try_emplace(key);
  open->second += events;
  std::string value;
  put_counts(value, open->second);
  store_->put(open_key(key), std::move(value));
  if (!added) return {};
  ++ledger.open_panes;
  schedule_.add(*admitted, key.end_us);
  return {};
}

Result<void> SloProcessor::correct(LedgerId id, Ledger& ledger, TimeUs pane_us,
                                   const Counts& events) {
  probe_.late_deltas.add();
  WEIR_TRY(ledgers_->books().advance(id, ledger, head_.closed_until_us, {}));
  ledger.changed = true;
  if (!maintenance_of(ledger, pane_us).empty()) {
    ledger.record.excluded += events;
    ledger.record.tell = true;
  } else {
    const auto reason = sources_.complete_at(head_.closed_until_us) ? v1::CORRECTION_REASON_LATE
                                                                    : v1::CORRECTION_REASON_STALLED;
    WEIR_ASSIGN(const bool counted,
                ledgers_->books().correct(id, ledger, {pane_us, events, reason}));
    if (counted)
      ledger.record.last_event_us = std::max(ledger.record.last_event_us, pane_us + kPaneUs);
    if (!counted) probe_.lost_events.add(static_cast<std::uint64_t>(events.total));
  }
  schedule(id);
  return {};
}

/// Ticks begin where data does.
void SloProcessor::begin_time() {
  if (head_.closed_until_us != kMinTime || sources_.watermark() == kMinTime) return;
  TimeUs start = sources_.ended() ? sources_.greatest_event_time() : sources_.watermark();
  if (!open_.empty()) start = std::min(start, open_.begin()->first.end_us - kPaneUs);
  if (start != kMinTime) head_.closed_until_us = align_down(start, kPaneUs);
}

TimeUs SloProcessor::last_tick() const {
  if (!sources_.ended()) return align_down(sources_.watermark(), kPaneUs);
  const TimeUs last_event = sources_.greatest_event_time();
  return last_event == kMinTime ? kMinTime : align_up(last_event + 1, ledgers_->longest_slice_us());
}

bool SloProcessor::next_tick_due() const {
  if (head_.closed_until_us == kMinTime || head_.finished) return false;
  return sources_.ended() || last_tick() > head_.closed_until_us;
}

/// The next tick that can show something; none is left where all has been told.
void SloProcessor::begin_tick(runtime::TaskContext& context) {
  head_.step_ledger = 0;
  const TimeUs last = last_tick();
  if (const auto next = schedule_.next(); next && *next <= last) {
    head_.in_tick = true;
    head_.step_end_us = std::max(align_up(*next, kPaneUs), head_.closed_until_us + kPaneUs);
    schedule_.begin(head_.step_end_us);
    return;
  }
  head_.in_tick = false;
  head_.finished = sources_.ended();
  if (last == kMinTime) return;
  head_.closed_until_us = std::max(head_.closed_until_us, last);
  emit_time(head_.closed_until_us, context);
}

Result<void> SloProcessor::resume(runtime::TaskContext& context) {
  const LedgerId stop = kLedgersPerResume + head_.step_ledger;
  while (in_step() && head_.step_ledger < stop && context.emitted_bytes() < config_.step_bytes) {
    head_.step_ledger = schedule_.next_due(head_.step_ledger).value_or(ledgers_->end());
    if (head_.step_ledger < ledgers_->end()) {
      WEIR_TRY(tick_next(context));
      ++head_.step_ledger;
    } else {
      head_.closed_until_us = head_.step_end_us;
      begin_tick(context);
      break;
    }
  }
  step_output_full_ = context.emitted_bytes() >= config_.step_bytes;
  return {};
}

Result<void> SloProcessor::tick_next(runtime::TaskContext& context) {
  const LedgerId id = head_.step_ledger;
  if (ledgers_->find(id) == nullptr) return {};
  Ledger& ledger = *ledgers_->find(id);
  WEIR_ASSIGN(Counts events, take_open(id, ledger));
  if (events.total != 0) ledger.record.last_event_us = head_.step_end_us;
  if (events.total != 0 && !maintenance_of(ledger, head_.step_end_us - kPaneUs).empty()) {
    ledger.record.excluded += events;
    ledger.changed = ledger.record.tell = true;
    events = {};
  }
  WEIR_TRY(ledgers_->books().advance(id, ledger, head_.step_end_us, events));
  judge_silence(ledger, context);
  if (fires(ledger) && !maintenance_of(ledger, head_.step_end_us - kPaneUs).empty())
    ledger.record.tell = true;  // it may end by that, though nothing enters or leaves
  if (ledger.record.tell) tell(ledger, context);
  if (is_idle(ledger)) return close(id, "nothing is in any window of it", context);
  schedule(id);
  return {};
}

void SloProcessor::judge_silence(Ledger& ledger, runtime::TaskContext& context) {
  LedgerRecord& record = ledger.record;
  const TimeUs now = head_.step_end_us;
  if (config_.silence.after_us == 0 || record.last_event_us == kMinTime) return;
  std::optional<double> probability;
  if (record.silent) {
    if (now - record.last_event_us >= config_.silence.after_us) return;
  } else {
    if (!sources_.complete_at(now)) return;
    probability = silence_of(ledger, {.after_us = config_.silence.after_us,
                                      .since_us = expected_since(ledger),
                                      .low_traffic = config_.low_traffic});
    if (!probability) return;
  }
  emit(ledger, silence_change(ledger, config_.silence.severity, probability), context);
  record.silent = probability.has_value();
  record.tell = true;
}

TimeUs SloProcessor::expected_since(const Ledger& ledger) const {
  TimeUs since = ledger.record.last_event_us;
  for (const Maintenance& each : config_.maintenance)
    if (concerns(each, ledger) && each.from_us < head_.step_end_us)
      since = std::max(since, each.to_us);
  return since;
}

Result<Counts> SloProcessor::take_open(LedgerId id, Ledger& ledger) {
  const auto open = open_.find({.end_us = head_.step_end_us, .ledger = id});
  if (open == open_.end()) return Counts{};
  const Counts events = open->second;
  store_->erase(open_key(open->first));
  open_.erase(open);
  --ledger.open_panes;
  return events;
}

std::string_view SloProcessor::maintenance_of(const Ledger& ledger, TimeUs pane_us) const {
  for (const Maintenance& each : config_.maintenance) {
    if (concerns(each, ledger) && pane_us < each.to_us && pane_us + kPaneUs > each.from_us)
      return each.reason;
  }
  return {};
}

void SloProcessor::tell(Ledger& ledger, runtime::TaskContext& context) {
  const std::string_view maintenance = maintenance_of(ledger, head_.step_end_us - kPaneUs);
  const Sight sight{.complete = sources_.complete_at(head_.step_end_us),
                    .planned = !maintenance.empty()};
  std::vector<Evaluation> evaluations;
  for (std::size_t i = 0; i < ledger.record.conditions.size(); ++i) {
    evaluations.push_back(evaluate(ledger, i, sight));
    LedgerRecord::Condition& condition = ledger.record.conditions[i];
    if (condition.state == evaluations[i].state) continue;
    emit(ledger, change_of(ledger, i, evaluations[i]), context);
    condition.state = evaluations[i].state;
  }
  v1::BurnResult result = result_of(ledger, evaluations);
  result.set_complete(sight.complete);
  result.set_maintenance(std::string(maintenance));
  emit(ledger, result, context);
  // Where nothing comes any more, nothing else would end what fires.
  ledger.record.tell = std::ranges::any_of(evaluations, &Evaluation::held);
}

Result<void> SloProcessor::close(LedgerId id, std::string_view reason,
                                 runtime::TaskContext& context) {
  Ledger& ledger = *ledgers_->find(id);
  for (std::size_t i = 0; i < ledger.record.conditions.size(); ++i)
    if (ledger.record.conditions[i].state != v1::CONDITION_STATE_QUIET)
      emit(ledger, change_of(ledger, i, {}, std::string(reason)), context);
  if (std::exchange(ledger.record.silent, false))
    emit(ledger, silence_change(ledger, config_.silence.severity, {}, std::string(reason)),
         context);
  if (ledger.record.advanced_to_us != kMinTime) {
    v1::BurnResult result = result_of(ledger, {});
    result.set_complete(sources_.complete_at(result.end_time_us()));
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

/// The end of the pane in which the next planned time begins; kMaxTime: none is to come.
TimeUs SloProcessor::next_maintenance(const Ledger& ledger) const {
  TimeUs next = kMaxTime;
  for (const Maintenance& each : config_.maintenance)
    if (concerns(each, ledger) && each.from_us >= ledger.record.advanced_to_us)
      next = std::min(next, align_up(each.from_us + 1, kPaneUs));
  return next;
}

void SloProcessor::schedule(LedgerId id) {
  Ledger& ledger = *ledgers_->find(id);
  if (ledger.record.advanced_to_us == kMinTime) return;  // an open pane is its first look
  TimeUs next = std::min(next_change(ledger), next_silence_look(ledger, config_.silence.after_us,
                                                                config_.low_traffic.min_events));
  if (ledger.record.tell) next = std::min(next, ledger.record.advanced_to_us + kPaneUs);
  if (fires(ledger)) next = std::min(next, next_maintenance(ledger));
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
  for (std::string& value : series_of(ledger)) change.add_series(std::move(value));
  v1::Signal signal;
  signal.set_time_us(ledger.record.advanced_to_us);
  std::string key = fmt::format("{}/{}", ledger_name(ledger), change.condition());
  *signal.mutable_condition() = std::move(change);
  probe_.condition_changes.add();
  emit(signal, std::move(key), context);
}

void SloProcessor::emit_time(TimeUs time, runtime::TaskContext& context) {
  v1::Signal signal;
  signal.set_time_us(time);
  signal.mutable_time()->set_complete(sources_.complete_at(time));
  emit(signal, fmt::format("slo/{}", context.partition()), context);
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
