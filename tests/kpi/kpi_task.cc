#include "tests/kpi/kpi_task.h"

#include <gtest/gtest.h>

#include <fmt/ranges.h>

#include "processors/core/id.h"

namespace weir::kpi {
namespace {

std::int64_t seconds(TimeUs time) { return (time - kStart) / kSecondUs; }

std::string render(const v1::WindowResult& window, bool restates) {
  std::string text = fmt::format("{}/{} n={}", format_duration(window.length_us()),
                                 format_duration(window.hop_us()), window.value().requests());
  if (window.value().peak_requests_per_second() > 1)
    text += fmt::format(" peak={}", window.value().peak_requests_per_second());
  if (restates)
    text +=
        fmt::format(" was {} {:+}", window.restated().requests(), window.difference().requests());
  if (!window.complete()) text += " incomplete";
  return text;
}

std::string render(const v1::KpiResult& result) {
  std::string text;
  for (const v1::WindowResult& window : result.window())
    text += fmt::format("{}{} @{} {}\n", fmt::join(result.series(), ","),
                        result.overflow() ? " (overflow)" : "", seconds(result.end_time_us()),
                        render(window, result.restates()));
  return text;
}

}  // namespace

v1::Definitions rules(const std::vector<std::string>& windows) {
  v1::Definitions definitions;
  v1::ScopeDefinition& scope = *definitions.add_scope();
  scope.add_dimension("service");
  for (const std::string& text : windows) {
    const windows::Window window = windows::parse_window(text).value();
    scope.add_window()->set_length_us(window.length_us);
    scope.mutable_window()->rbegin()->set_hop_us(window.hop_us);
  }
  const auto add_tier = [&definitions](DurationUs span, DurationUs lateness) {
    definitions.add_tier()->set_span_us(span);
    definitions.mutable_tier()->rbegin()->set_lateness_us(lateness);
  };
  add_tier(10 * kSecondUs, 30 * kSecondUs);
  add_tier(kMinuteUs, 2 * kMinuteUs);
  add_tier(kHourUs, kHourUs);
  return definitions;
}

KpiTask::KpiTask(v1::Definitions definitions, Config config, std::int32_t raw_partitions)
    : definitions_(std::move(definitions)), config_(config), raw_partitions_(raw_partitions) {
  open();
}

void KpiTask::open() {
  cache_ = std::make_unique<state::WriteBack>(store_, 1 << 20);
  context_ = std::make_unique<runtime::TaskContext>(0, 1, std::vector<std::int32_t>{1}, *cache_);
  processor_ = std::make_unique<KpiProcessor>(config_, probe);
  const auto opened = processor_->open(*context_);
  if (!opened) ADD_FAILURE() << opened.error().message;
}

void KpiTask::gather() {
  for (const auto& emitted : context_->take_emitted()) {
    v1::KpiResult result;
    EXPECT_TRUE(result.ParseFromString(emitted.record.value));
    uncommitted_ += render(result);
  }
  if (!restart_always_) return;
  commit();
  restart();
}

void KpiTask::commit() {
  ASSERT_TRUE(processor_->prepare_commit(*context_));
  ASSERT_TRUE(store_.write(cache_->take_changes(), state::Durability::synced));
  committed_ += std::exchange(uncommitted_, "");
}

void KpiTask::restart() {
  uncommitted_.clear();
  open();
}

v1::PartialBatch KpiTask::batch(const Said& said) {
  v1::PartialBatch batch;
  batch.set_version(1);
  batch.set_raw_topic("weir.inference");
  batch.set_raw_partition(said.partition);
  batch.set_raw_partitions(raw_partitions_);
  const auto definitions = aggregates::Definitions::make(definitions_).value();
  batch.set_definitions_hash(definitions->hash());
  *batch.mutable_definitions() = definitions_;
  std::int64_t newest = said.newest;
  for (const Event& event : said.events) {
    aggregates::InferenceAggregate one;
    one.counters.status[aggregates::kStatusOk] = 1;
    if (event.tier == 0) one.counters.seconds[static_cast<std::size_t>(event.at % 10)] = 1;
    const std::vector<std::string_view> values(definitions->scopes()[event.scope].dimensions.size(),
                                               event.service);
    v1::PaneDelta& delta = *batch.add_delta();
    delta.set_scope(event.scope);
    delta.set_series(aggregates::encode_series(values));
    delta.set_tier(event.tier);
    delta.set_pane((kStart + event.at * kSecondUs) / definitions->tiers()[event.tier].span_us);
    one.encode(*delta.mutable_aggregate());
    newest = std::max(newest, event.at);
  }
  ends_[said.partition] += said.lost;
  batch.set_begin_offset(ends_[said.partition]);
  if (said.watermark) ends_[said.partition] += 10;
  batch.set_end_offset(ends_[said.partition]);
  std::uint32_t& part = parts_[said.partition];
  batch.set_part(part += said.lost_parts);
  part = said.watermark ? 0 : part + 1;
  batch.set_last_part(said.watermark.has_value());
  batch.set_watermark_us(kStart + said.watermark.value_or(0) * kSecondUs);
  batch.set_append_time_us(batch.watermark_us());
  batch.set_greatest_event_time_us(kStart + newest * kSecondUs);
  batch.set_end_of_history(said.end);
  return batch;
}

Result<std::size_t> KpiTask::take(const Said& said) {
  const std::string bytes = batch(said).SerializeAsString();
  const runtime::Record record{
      .offset = next_offset_++,
      .append_time_us = kStart + said.at.value_or(said.watermark.value_or(0)) * kSecondUs,
      .value = bytes};
  return processor_->process({&record, 1}, *context_);
}

Result<std::size_t> KpiTask::take(std::string_view bytes) {
  const runtime::Record record{.offset = next_offset_++, .value = bytes};
  return processor_->process({&record, 1}, *context_);
}

Result<void> KpiTask::resume() {
  auto result = processor_->resume(*context_);
  gather();
  return result;
}

std::string KpiTask::say(const Said& said) {
  const auto taken = take(said);
  if (!taken) return taken.error().message;
  EXPECT_EQ(*taken, 1U);
  gather();
  while (processor_->in_step())
    if (const auto result = resume(); !result) return result.error().message;
  return told();
}

std::string KpiTask::told() {
  return std::exchange(committed_, "") + std::exchange(uncommitted_, "");
}

std::vector<std::string> KpiTask::keys(std::string_view prefix) const {
  std::vector<std::string> keys;
  EXPECT_TRUE(store_.scan(prefix, "", [&keys](std::string_view key, std::string_view) {
    keys.push_back(to_hex(key));
    return true;
  }));
  return keys;
}

std::size_t KpiTask::stored_bytes(std::string_view prefix) const {
  std::size_t bytes = 0;
  EXPECT_TRUE(store_.scan(prefix, "", [&bytes](std::string_view, std::string_view value) {
    bytes += value.size();
    return true;
  }));
  return bytes;
}

}  // namespace weir::kpi
