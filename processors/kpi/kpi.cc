#include "processors/kpi/kpi.h"

#include <algorithm>

namespace weir::kpi {
namespace {

/// Every tick is a multiple of the finest hop there can be.
constexpr DurationUs kTickUs = 10 * kSecondUs;
/// How often series are looked at for being forgotten.
constexpr DurationUs kRetireUs = kHourUs;
/// The longest a `resume` looks at series that say nothing.
constexpr SeriesId kSeriesPerResume = 100'000;

}  // namespace

KpiProcessor::KpiProcessor(const Config& config, Probe& probe)
    : config_(config),
      probe_(probe),
      sources_({.stall_after_us = config.stall_after_us,
                .history = config.history,
                .accept_loss = config.on_loss != nullptr}) {}

Result<void> KpiProcessor::open(runtime::TaskContext& context) {
  state::WriteBack& store = context.store();
  table_ = std::make_unique<SeriesTable>(config_.max_series, store);
  panes_ = std::make_unique<Panes>(*table_, schedule_, store);
  evaluator_ = std::make_unique<Evaluator>(*table_, *panes_);
  WEIR_ASSIGN(const auto head, store.get(kHeadKey));
  if (head) WEIR_TRY(decode_head(std::string(*head), head_, sources_));
  WEIR_TRY(table_->open());
  WEIR_TRY(panes_->open());
  const bool in_tick = head_.phase == Head::Phase::tick;
  for (SeriesId id = 0; id < table_->end(); ++id) {
    const bool told = in_tick && id < head_.step_series;
    if (table_->find(id) != nullptr) schedule(id, told ? head_.step_end_us : head_.closed_until_us);
  }
  if (in_tick) schedule_.begin(head_.step_end_us);
  return {};
}

Result<std::size_t> KpiProcessor::process(std::span<const runtime::Record> records,
                                          runtime::TaskContext& context) {
  std::size_t taken = 0;
  while (taken < records.size() && !in_step()) {
    auto result = take(records[taken], context.partition());
    if (!result)
      return within(fmt::format("partial batch at offset {}", records[taken].offset),
                    result.error());
    ++taken;
  }
  return taken;
}

Result<void> KpiProcessor::take(const runtime::Record& record, std::int32_t partition) {
  const v1::PartialBatch& batch = batch_;
  if (!batch_.ParseFromArray(record.value.data(), static_cast<int>(record.value.size())))
    return fail(ErrorCode::corrupt, "not a PartialBatch");
  if (batch.version() != 1)
    return fail(ErrorCode::version, "version {}, this binary reads 1", batch.version());
  if (batch.has_definitions()) WEIR_TRY(table_->define(batch.definitions()));
  WEIR_TRY(merge(batch));
  WEIR_TRY(sources_.advance(windows::source_update(batch, record.append_time_us)));
  if (const auto loss = sources_.take_loss()) {
    probe_.lost_offsets.add(static_cast<std::uint64_t>(loss->offsets()));
    config_.on_loss(partition, *loss);
  }
  if (!batch.last_part()) return {};
  head_.as_of_offset = record.offset;
  head_.append_time_us = record.append_time_us;
  if (const auto range = sources_.take_caught_up()) {
    const bool merged = head_.restate_from_us < head_.restate_to_us;
    head_.restate_from_us =
        merged ? std::min(head_.restate_from_us, range->from_us) : range->from_us;
    head_.restate_to_us = range->to_us;
  }
  begin_time();
  if (next_tick_due()) begin_step();
  return {};
}

Result<void> KpiProcessor::merge(const v1::PartialBatch& batch) {
  if (batch.delta().empty()) return {};
  if (!table_->knows(batch.definitions_hash())) {
    if (config_.on_loss) {  // a loss took them; they come again within the hour
      probe_.undefined_deltas.add(static_cast<std::uint64_t>(batch.delta_size()));
      sources_.lose_until(batch.greatest_event_time_us() + 1);
      return {};
    }
    return fail(ErrorCode::protocol,
                "raw partition {}: deltas under definitions {:016x}, whose text never came",
                batch.raw_partition(), batch.definitions_hash());
  }
  for (const v1::PaneDelta& delta : batch.delta()) WEIR_TRY(merge(batch.definitions_hash(), delta));
  return {};
}

Result<void> KpiProcessor::merge(std::uint64_t definitions_hash, const v1::PaneDelta& delta) {
  const std::size_t admitted = table_->size();
  WEIR_ASSIGN(const SeriesId id, table_->admit(definitions_hash, delta.scope(), delta.series()));
  probe_.admitted_series.add(table_->size() - admitted);
  const Series& series = *table_->find(id);
  const windows::WindowPlan& plan = table_->scope_of(series).scope().plan;
  if (delta.tier() >= plan.tiers().size())
    return fail(ErrorCode::corrupt, "a delta of tier {}, of {}", delta.tier(), plan.tiers().size());
  probe_.deltas.add();
  if (series.overflow) probe_.overflow_deltas.add();
  const PaneKey pane{
      .series = id, .tier = static_cast<std::uint8_t>(delta.tier()), .pane = delta.pane()};
  if (panes_->end_of(pane) > head_.closed_until_us)
    return panes_->add_open(pane, delta.aggregate());
  probe_.late_deltas.add();
  return panes_->add_late(pane, delta.aggregate());
}

/// Ticks begin where data does.
void KpiProcessor::begin_time() {
  if (head_.closed_until_us != kMinTime || sources_.watermark() == kMinTime) return;
  const auto first = schedule_.next();  // nothing has closed yet: an open pane's end
  TimeUs start = sources_.ended() ? sources_.greatest_event_time() : sources_.watermark();
  if (first) start = std::min(start, *first - kTickUs);
  if (start != kMinTime) head_.closed_until_us = align_down(start, kTickUs);
}

/// The last tick that the watermark allows.
TimeUs KpiProcessor::last_tick() const {
  if (!sources_.ended()) return align_down(sources_.watermark(), kTickUs);
  const TimeUs last_event = sources_.greatest_event_time();
  return last_event == kMinTime ? kMinTime : align_up(last_event + 1, table_->longest_hop_us());
}

bool KpiProcessor::next_tick_due() const {
  if (head_.closed_until_us == kMinTime || head_.finished) return false;
  return sources_.ended() || last_tick() > head_.closed_until_us;
}

bool KpiProcessor::in_step() const { return head_.phase != Head::Phase::none; }

void KpiProcessor::begin_step() {
  head_.phase = Head::Phase::restate;
  head_.step_series = 0;
}

Result<void> KpiProcessor::resume(runtime::TaskContext& context) {
  WEIR_TRY(go_on(context));
  step_output_full_ = context.emitted_bytes() >= config_.step_bytes;
  return {};
}

Result<void> KpiProcessor::go_on(runtime::TaskContext& context) {
  const SeriesId stop = kSeriesPerResume + head_.step_series;
  while (in_step() && context.emitted_bytes() < config_.step_bytes) {
    if (head_.step_series < table_->end()) {
      if (head_.step_series >= stop) return {};
      WEIR_TRY(head_.phase == Head::Phase::restate ? restate_next(context) : tick_next(context));
      if (head_.step_series < table_->end()) ++head_.step_series;
    } else if (head_.phase == Head::Phase::restate) {
      head_.restate_from_us = head_.restate_to_us = 0;
      begin_tick();
    } else {
      head_.closed_until_us = head_.step_end_us;
      probe_.ticks.add();
      begin_tick();
      return {};
    }
  }
  return {};
}

/// The next tick that can show something; none is left where all has been told.
void KpiProcessor::begin_tick() {
  head_.step_series = 0;
  const TimeUs last = last_tick();
  if (const auto next = schedule_.next(); next && *next <= last) {
    head_.phase = Head::Phase::tick;
    head_.step_end_us = align_up(*next, kTickUs);
    schedule_.begin(head_.step_end_us);
    return;
  }
  head_.phase = Head::Phase::none;
  if (last != kMinTime) head_.closed_until_us = std::max(head_.closed_until_us, last);
  head_.finished = sources_.ended();
}

Result<void> KpiProcessor::restate_next(runtime::TaskContext& context) {
  const bool ranged = head_.restate_from_us < head_.restate_to_us;
  if (!ranged) head_.step_series = panes_->next_late(head_.step_series).value_or(table_->end());
  const SeriesId id = head_.step_series;
  if (id == table_->end() || table_->find(id) == nullptr) return {};
  std::optional<Evaluator::Range> range;
  if (ranged) range = {head_.restate_from_us, head_.restate_to_us};
  WEIR_TRY(evaluator_->restate(
      id, range, moment(),
      [&](const Series& series, v1::KpiResult& result) { emit(series, result, context); },
      [this](std::uint64_t events) { probe_.lost_events.add(events); }));
  schedule(id, head_.closed_until_us);
  return {};
}

Result<void> KpiProcessor::tick_next(runtime::TaskContext& context) {
  const SeriesId id = schedule_.next_due(head_.step_series).value_or(table_->end());
  head_.step_series = id;
  if (id == table_->end() || table_->find(id) == nullptr) return {};
  WEIR_TRY(evaluator_->tick(
      id, head_.step_end_us, moment(),
      [&](const Series& told, v1::KpiResult& result) { emit(told, result, context); }));
  if (floor_mod(head_.step_end_us, kRetireUs) == 0)
    WEIR_TRY(retire_if_forgotten(id, *table_->find(id)));
  if (table_->find(id) != nullptr) schedule(id, head_.step_end_us);
  return {};
}

void KpiProcessor::schedule(SeriesId id, TimeUs now) {
  Series& series = *table_->find(id);
  if (series.last_end_us == kMinTime) return;  // nothing has closed yet
  const windows::WindowPlan& plan = table_->scope_of(series).scope().plan;
  const TimeUs forgotten = std::max(series.last_end_us + plan.retention_us(), now) + 1;
  const TimeUs next =
      std::min(series.occupancy.next_change(plan, now), align_up(forgotten, kRetireUs));
  if (series.next_look_us == next) return;
  series.next_look_us = next;
  schedule_.add(id, next);
}

Result<void> KpiProcessor::retire_if_forgotten(SeriesId id, const Series& series) {
  const DurationUs retention = table_->scope_of(series).scope().plan.retention_us();
  const bool forgotten = series.last_end_us != kMinTime && series.open_panes == 0 &&
                         head_.step_end_us > series.last_end_us + retention;
  if (!forgotten || panes_->next_late(id) == id) return {};
  probe_.retired_series.add();
  return table_->retire(id);
}

Moment KpiProcessor::moment() const {
  return {.closed_until_us = head_.closed_until_us,
          .history_end_us = sources_.ended() ? sources_.greatest_event_time() : kMinTime,
          .sources = &sources_};
}

void KpiProcessor::emit(const Series& series, v1::KpiResult& result,
                        runtime::TaskContext& context) {
  result.set_as_of_partition(context.partition());
  result.set_as_of_offset(head_.as_of_offset);
  const std::vector<std::string> values(result.series().begin(), result.series().end());
  runtime::NewRecord record;
  record.key = fmt::format(
      "{}@{}", aggregates::series_text(table_->scope_of(series).scope().dimensions, values),
      format_rfc3339(result.end_time_us()));
  record.value = result.SerializeAsString();
  if (config_.history) record.append_time_us = head_.append_time_us;
  context.emit(kResultOutput, context.partition(), std::move(record));
  probe_.results.add();
  if (result.restates()) probe_.restatements.add();
  told_ = true;
}

Result<void> KpiProcessor::prepare_commit(runtime::TaskContext& context) {
  table_->flush();
  context.store().put(kHeadKey, encode_head(head_, sources_));
  probe_.commits.add();
  told_ = false;
  step_output_full_ = false;
  return {};
}

}  // namespace weir::kpi
