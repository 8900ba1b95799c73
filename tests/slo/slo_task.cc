#include "tests/slo/slo_task.h"

#include <gtest/gtest.h>

#include <fmt/ranges.h>

#include "processors/aggregates/definitions.h"
#include "processors/core/hash.h"

namespace weir::slo {
namespace {

std::int64_t seconds(TimeUs time) { return (time - kStart) / kSecondUs; }

std::string name_of(const auto& message) {
  std::string text = message.objective();
  if (message.series_size() > 0) text += fmt::format("{{{}}}", fmt::join(message.series(), ","));
  if (message.ledger_version() > 1) text += fmt::format(" v{}", message.ledger_version());
  return text;
}

std::string state_name(v1::ConditionState state) {
  return v1::ConditionState_Name(state).substr(sizeof "CONDITION_STATE_" - 1);
}

}  // namespace

v1::ObjectiveDefinition objective(const std::string& name) {
  v1::ObjectiveDefinition definition;
  definition.set_name(name);
  definition.set_service("chat");
  definition.set_good("status == ok");
  definition.set_target_ppb(990'000'000);
  definition.set_method(v1::BUDGETING_METHOD_OCCURRENCES);
  definition.set_window_us(kHourUs);
  return definition;
}

v1::ConditionDefinition condition(std::int64_t factor, DurationUs long_us, DurationUs short_us) {
  v1::ConditionDefinition definition;
  definition.set_name("page");
  definition.set_severity("page");
  definition.set_factor_ppb(factor * 1'000'000'000);
  definition.set_long_us(long_us);
  definition.set_short_us(short_us);
  return definition;
}

v1::Objectives objectives(std::vector<v1::ObjectiveDefinition> definitions) {
  v1::Objectives all;
  for (v1::ObjectiveDefinition& definition : definitions)
    *all.add_objective() = std::move(definition);
  return all;
}

SloTask::SloTask(v1::Objectives definitions, Config config, std::int32_t raw_partitions)
    : definitions_(std::move(definitions)),
      config_(std::move(config)),
      raw_partitions_(raw_partitions) {
  open();
}

void SloTask::open() {
  cache_ = std::make_unique<state::WriteBack>(store_, 1 << 20);
  context_ = std::make_unique<runtime::TaskContext>(0, 1, std::vector<std::int32_t>{1, 1}, *cache_);
  processor_ = std::make_unique<SloProcessor>(config_, probe);
  const auto opened = processor_->open(*context_);
  if (!opened) ADD_FAILURE() << opened.error().message;
}

void SloTask::gather() {
  for (const auto& emitted : context_->take_emitted()) {
    bytes_ += emitted.record.key + emitted.record.value;
    if (emitted.output == kBurnOutput) {
      EXPECT_TRUE(last_.ParseFromString(emitted.record.value));
      told_ += render(last_);
    } else {
      v1::Signal signal;
      EXPECT_TRUE(signal.ParseFromString(emitted.record.value));
      told_ += render(signal);
    }
  }
  if (!restart_always_) return;
  commit();
  restart();
}

void SloTask::commit() {
  ASSERT_TRUE(processor_->prepare_commit(*context_));
  ASSERT_TRUE(store_.write(cache_->take_changes(), state::Durability::synced));
}

void SloTask::restart() { open(); }

void SloTask::restart_with(Config config) {
  commit();
  config_ = std::move(config);
  open();
}

std::string SloTask::render(const v1::BurnResult& result) const {
  std::string text = fmt::format("{} @{} {}/{}", name_of(result), seconds(result.end_time_us()),
                                 result.budget().good(), result.budget().total());
  if (result.good() != result.budget().good() || result.total() != result.budget().total())
    text += fmt::format(" ever {}/{}", result.good(), result.total());
  if (show_windows)
    for (const v1::BurnWindow& window : result.window())
      text += fmt::format(" {}={}/{}", format_duration(window.length_us()), window.good(),
                          window.total());
  if (result.has_correction())
    text +=
        fmt::format(" {} {:+}/{:+} [{},{})",
                    result.correction().reason() == v1::CORRECTION_REASON_LATE ? "late" : "stalled",
                    result.correction().good(), result.correction().total(),
                    seconds(result.correction().from_us()), seconds(result.correction().to_us()));
  if (result.excluded_total() != 0)
    text += fmt::format(" excluded {}/{}", result.excluded_good(), result.excluded_total());
  if (!result.maintenance().empty()) text += fmt::format(" ({})", result.maintenance());
  if (!result.complete()) text += " incomplete";
  if (result.closed()) text += " closed";
  return text + '\n';
}

std::string SloTask::render(const v1::Signal& signal) const {
  if (signal.has_time())
    return show_time ? fmt::format("time {}{}\n", seconds(signal.time_us()),
                                   signal.time().complete() ? "" : " incomplete")
                     : "";
  const v1::ConditionChange& change = signal.condition();
  return fmt::format("! {} {}{} @{} {} -> {}: {}\n", name_of(change), change.condition(),
                     show_severity ? fmt::format(" ({})", change.severity()) : "",
                     seconds(signal.time_us()), state_name(change.was()),
                     state_name(change.state()), change.reason());
}

std::string SloTask::say(const Said& said) {
  const auto checked = objectives::Objectives::make(definitions_).value();
  v1::SliBatch batch;
  batch.set_version(1);
  batch.set_raw_topic("weir.inference");
  batch.set_raw_partition(said.partition);
  batch.set_raw_partitions(raw_partitions_);
  batch.set_definitions_hash(checked->hash());
  *batch.mutable_definitions() = definitions_;
  std::int64_t newest = -1'000;
  for (const Events& events : said.events) {
    v1::SliDelta& delta = *batch.add_delta();
    delta.set_objective_id(checked->all()[events.objective].id);
    const std::vector<std::string_view> values(events.series.begin(), events.series.end());
    delta.set_series(aggregates::encode_series(values));
    delta.set_pane(floor_div(kStart + events.at * kSecondUs, objectives::kPaneUs));
    delta.set_good(events.good);
    delta.set_bad(events.bad);
    delta.set_total(events.good + events.bad);
    newest = std::max(newest, events.at);
  }
  ends_[said.partition] += said.lost;
  batch.set_begin_offset(ends_[said.partition]);
  batch.set_end_offset(ends_[said.partition] += 10);
  batch.set_part(said.lost_parts);
  batch.set_last_part(true);
  batch.set_watermark_us(kStart + said.watermark * kSecondUs);
  batch.set_append_time_us(kStart + said.at.value_or(said.watermark) * kSecondUs);
  batch.set_greatest_event_time_us(kStart + newest * kSecondUs);
  batch.set_end_of_history(said.end);
  const std::string bytes = batch.SerializeAsString();
  const runtime::Record record{
      .offset = next_offset_++, .append_time_us = batch.append_time_us(), .value = bytes};
  const auto taken = processor_->process({&record, 1}, *context_);
  if (!taken) return taken.error().message;
  gather();
  while (processor_->in_step()) {
    if (const auto result = processor_->resume(*context_); !result) return result.error().message;
    gather();
  }
  return std::exchange(told_, "");
}

std::size_t SloTask::stored_keys() const {
  std::size_t keys = 0;
  EXPECT_TRUE(store_.scan("", "", [&keys](std::string_view, std::string_view) {
    ++keys;
    return true;
  }));
  return keys;
}

}  // namespace weir::slo
