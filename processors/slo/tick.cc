// What a tick tells of each ledger.
#include <algorithm>

#include "processors/slo/result.h"
#include "processors/slo/slo.h"

namespace weir::slo {
namespace {

using objectives::kPaneUs;

/// The longest a `resume` looks at ledgers that say nothing.
constexpr LedgerId kLedgersPerResume = 100'000;

std::string severity_changed(std::string_view was, std::string_view now) {
  return fmt::format("its severity was {} and is {} from now on", was, now);
}

bool concerns(const Maintenance& maintenance, const Ledger& ledger) {
  return maintenance.objectives.empty() ||
         std::ranges::count(maintenance.objectives, ledger.plan->definition().name()) != 0;
}

}  // namespace

/// Ticks begin where data does.
void SloProcessor::begin_time() {
  if (head_.closed_until_us != kMinTime || sources_.watermark() == kMinTime) return;
  TimeUs start = sources_.ended() ? sources_.greatest_event_time() : sources_.watermark();
  if (!open_.empty()) start = std::min(start, open_.begin()->first.end_us - kPaneUs);
  if (start != kMinTime) head_.closed_until_us = head_.told_until_us = align_down(start, kPaneUs);
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
  const Counts before = ledger.record.lifetime;
  const bool retires = next_retirement(ledger) <= head_.step_end_us;
  WEIR_TRY(ledgers_->books().advance(id, ledger, head_.step_end_us, events));
  judge_silence(ledger, context);
  const bool planned = !maintenance_of(ledger, head_.step_end_us - kPaneUs).empty();
  if (fires(ledger) && (retires || planned))
    ledger.record.tell = true;  // it may end by that, though nothing enters or leaves
  const bool late = ledger.record.correction_reason != v1::CORRECTION_REASON_UNSPECIFIED;
  TimeUs came_to_us = late ? ledger.record.correction_to_us : kMinTime;
  if (ledger.record.lifetime != before) came_to_us = head_.step_end_us;
  if (ledger.record.tell) tell(ledger, came_to_us, context);
  if (is_idle(ledger) && !fires(ledger))
    return close(id, "nothing is in any window of it", context);
  schedule(id);
  return {};
}

/// What an older weir said of it was said with the severity of now. Where another is wanted, or no
/// silence is to be told at all, or later, that has to be said though nothing comes.
void SloProcessor::adopt_silence(Ledger& ledger) const {
  LedgerRecord& record = ledger.record;
  if (!record.silent) return;
  if (record.silent_severity.empty()) {
    record.silent_severity = config_.silence.severity;
    ledger.changed = true;
  }
  if (config_.silence.after_us == 0 || record.silent_severity != config_.silence.severity ||
      record.advanced_to_us - record.silent_since_us < config_.silence.after_us)
    record.tell = true;
}

void SloProcessor::judge_silence(Ledger& ledger, runtime::TaskContext& context) {
  const LedgerRecord& record = ledger.record;
  const Config::Silence& terms = config_.silence;
  if (record.silent) {
    if (terms.after_us == 0)
      return end_silence(ledger, "silences are told no more (slo.silence.after)", context);
    if (head_.step_end_us - record.last_event_us < terms.after_us)
      return end_silence(ledger,
                         record.last_event_us > record.silent_since_us
                             ? "events come again"
                             : "slo.silence.after is longer now",
                         context);
    if (record.silent_severity == terms.severity) return;
    end_silence(ledger, severity_changed(record.silent_severity, terms.severity), context);
    return begin_silence(ledger, {}, context);
  }
  if (terms.after_us == 0 || record.last_event_us == kMinTime ||
      !is_pane_complete(head_.step_end_us))
    return;
  const auto probability = silence_of(ledger, {.after_us = terms.after_us,
                                               .since_us = expected_since(ledger),
                                               .low_traffic = config_.low_traffic});
  if (probability) begin_silence(ledger, probability, context);
}

void SloProcessor::begin_silence(Ledger& ledger, std::optional<double> probability,
                                 runtime::TaskContext& context) {
  LedgerRecord& record = ledger.record;
  record.silent = record.tell = true;
  record.silent_severity = config_.silence.severity;
  record.silent_since_us = record.last_event_us;
  emit(ledger, silence_begins(ledger, probability), context);
}

void SloProcessor::end_silence(Ledger& ledger, std::string reason, runtime::TaskContext& context) {
  emit(ledger, silence_ends(ledger, std::move(reason)), context);
  ledger.record.silent = false;
  ledger.record.silent_severity.clear();
  ledger.record.silent_since_us = kMinTime;
  ledger.record.tell = true;
}

TimeUs SloProcessor::expected_since(const Ledger& ledger) const {
  TimeUs since = std::max(ledger.record.last_event_us, sources_.lost_until());
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

bool SloProcessor::is_complete(const Ledger& ledger, TimeUs end) const {
  TimeUs start = end - kPaneUs;
  for (std::size_t w = 0; w < ledger.plan->windows().size(); ++w)
    start = std::min(start, window_start(ledger, w, end));
  return sources_.complete(start, end);
}

void SloProcessor::tell(Ledger& ledger, TimeUs came_to_us, runtime::TaskContext& context) {
  const std::string_view maintenance = maintenance_of(ledger, head_.step_end_us - kPaneUs);
  const Sight sight{.complete = is_pane_complete(head_.step_end_us),
                    .planned = !maintenance.empty(),
                    .came_to_us = came_to_us};
  std::vector<Evaluation> evaluations;
  for (std::size_t i = 0; i < ledger.record.conditions.size(); ++i) {
    evaluations.push_back(evaluate(ledger, i, sight));
    tell_condition(ledger, i, evaluations[i], context);
    ledger.record.conditions[i].burnt = evaluations[i].burnt;
  }
  v1::BurnResult result = result_of(ledger, evaluations);
  result.set_complete(is_complete(ledger, head_.step_end_us));
  result.set_maintenance(std::string(maintenance));
  emit(ledger, result, context);
  // Where nothing comes any more, nothing else would end what fires.
  ledger.record.tell = std::ranges::any_of(evaluations, &Evaluation::held);
}

void SloProcessor::tell_condition(Ledger& ledger, std::size_t index, const Evaluation& evaluation,
                                  runtime::TaskContext& context) {
  LedgerRecord::Condition& told = ledger.record.conditions[index];
  const std::string& severity =
      ledger.plan->definition().condition(static_cast<int>(index)).severity();
  const bool fires_now = evaluation.state == v1::CONDITION_STATE_FIRING;
  // An alert of another severity is another alert: the one that there is ends.
  if (fires_now && told.state == v1::CONDITION_STATE_FIRING && told.severity != severity) {
    emit(ledger, change_of(ledger, index, {}, severity_changed(told.severity, severity)), context);
    told.state = v1::CONDITION_STATE_QUIET;
  }
  if (told.state == evaluation.state) return;
  emit(ledger, change_of(ledger, index, evaluation), context);
  told.state = evaluation.state;
  told.severity = fires_now ? severity : std::string();
}

/// The end of the pane in which the next planned time begins; kMaxTime: none is to come.
TimeUs SloProcessor::next_maintenance(const Ledger& ledger) const {
  TimeUs next = kMaxTime;
  for (const Maintenance& each : config_.maintenance)
    if (concerns(each, ledger) && each.from_us >= ledger.record.advanced_to_us)
      next = std::min(next, align_up(each.from_us + 1, kPaneUs));
  return next;
}

}  // namespace weir::slo
