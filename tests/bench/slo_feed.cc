#include "tests/bench/slo_feed.h"

#include <cstdlib>

#include "processors/objectives/objective.h"

namespace weir::slo {

Feed::Feed(v1::Objectives objectives, Config config)
    : objectives_(std::move(objectives)), processor_(config, probe_) {
  id_ = objectives::Objectives::make(objectives_).value()->all()[0].id;
  if (!processor_.open(context_)) std::abort();
}

void Feed::say(std::int64_t pane, const std::vector<PaneCounts>& counts) {
  v1::SliBatch batch;
  batch.set_version(1);
  batch.set_raw_partitions(1);
  batch.set_begin_offset(told_panes_);
  batch.set_end_offset(told_panes_ + 1);
  batch.set_last_part(true);
  batch.set_watermark_us(kStart + (pane + 1) * objectives::kPaneUs);
  if (told_panes_ == 0) *batch.mutable_definitions() = objectives_;
  for (const PaneCounts& each : counts) {
    v1::SliDelta& delta = *batch.add_delta();
    delta.set_objective_id(id_);
    delta.set_series(each.series);
    delta.set_pane(kStart / objectives::kPaneUs + pane);
    delta.set_good(each.good);
    delta.set_bad(each.bad);
    delta.set_total(each.good + each.bad);
  }
  bytes_ = batch.SerializeAsString();
  const runtime::Record record{
      .offset = told_panes_++, .append_time_us = batch.watermark_us(), .value = bytes_};
  if (!processor_.process({&record, 1}, context_)) std::abort();
}

void Feed::step() {
  while (processor_.in_step())
    if (!processor_.resume(context_)) std::abort();
  if (!processor_.prepare_commit(context_)) std::abort();
  told_bytes_ = context_.emitted_bytes();
  changes_.clear();
  for (const auto& emitted : context_.take_emitted()) {
    v1::Signal signal;
    if (emitted.output == kSignalOutput && signal.ParseFromString(emitted.record.value) &&
        signal.has_condition())
      changes_.push_back(std::move(*signal.mutable_condition()));
  }
}

void Feed::commit() {
  if (!store_.write(cache_.take_changes(), state::Durability::buffered)) std::abort();
}

}  // namespace weir::slo
