#include "tests/fold/fold_task.h"

#include <utility>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "processors/events/dead_letter.h"
#include "weir/v1/config.pb.h"

namespace weir::fold {

namespace {

std::string lost_text(const auto& batch) {
  if (!batch.has_lost_until_us()) return "";
  if (batch.lost_until_us() == kMaxTime) return " lost until the end";
  return fmt::format(" lost until {}s", (batch.lost_until_us() - kStart) / kSecondUs);
}

}  // namespace

v1::Definitions small_definitions() {
  v1::Definitions definitions;
  v1::ScopeDefinition& scope = *definitions.add_scope();
  scope.add_dimension("service");
  for (const auto& [length_us, hop_us] :
       {windows::Window{30 * kSecondUs, 10 * kSecondUs}, windows::Window{kMinuteUs, kMinuteUs}}) {
    v1::WindowDefinition& window = *scope.add_window();
    window.set_length_us(length_us);
    window.set_hop_us(hop_us);
  }
  for (const auto& [span_us, lateness_us] :
       {windows::Tier{10 * kSecondUs, kMinuteUs}, windows::Tier{kMinuteUs, 10 * kMinuteUs}}) {
    v1::TierDefinition& tier = *definitions.add_tier();
    tier.set_span_us(span_us);
    tier.set_lateness_us(lateness_us);
  }
  definitions.set_out_of_orderness_us(5 * kSecondUs);
  return definitions;
}

v1::InferenceEvent request(std::int64_t second) {
  v1::InferenceEvent event;
  event.set_event_time_us(at(second));
  event.set_service("a");
  event.set_status(v1::INFERENCE_STATUS_OK);
  return event;
}

v1::InferenceBatch batch(const std::vector<std::int64_t>& seconds) {
  v1::InferenceBatch events;
  events.set_count(static_cast<std::uint32_t>(seconds.size()));
  events.set_base_time_us(at(-1'000));
  for (const std::int64_t second : seconds)
    events.add_time_offset_us(static_cast<std::uint32_t>(at(second) - at(-1'000)));
  events.mutable_service()->add_value("a");
  events.set_status(std::string(seconds.size(), static_cast<char>(v1::INFERENCE_STATUS_OK)));
  return events;
}

FoldTask::FoldTask(Config config, std::int32_t keyed_partitions)
    : config_(std::move(config)), keyed_partitions_(keyed_partitions) {
  if (config_.definitions.scope().empty()) config_.definitions = small_definitions();
  definitions_ = aggregates::Definitions::make(config_.definitions).value();
  restart();
}

void FoldTask::restart() {
  store_ = std::make_unique<state::WriteBack>(base_, 1 << 20);
  context_ = std::make_unique<runtime::TaskContext>(
      0, 1, std::vector<std::int32_t>{keyed_partitions_, 1, 1, keyed_partitions_}, *store_);
  context_->set_position(next_offset_);
  context_->set_lost_offsets(std::exchange(lost_offsets_, 0));
  processor_ = std::make_unique<FoldProcessor>(config_, definitions_, "weir.inference", probe);
  const auto opened = processor_->open(*context_);
  ASSERT_TRUE(opened) << opened.error().message;
}

void FoldTask::take(const Raw& raw) {
  const runtime::Record record{.offset = next_offset_,
                               .append_time_us = at(raw.append),
                               .content_type = raw.content_type,
                               .value = raw.value,
                               .id = raw.id};
  const auto taken = processor_->process({&record, 1}, *context_);
  ASSERT_TRUE(taken) << taken.error().message;
  ASSERT_EQ(*taken, 1U);
  context_->set_position(++next_offset_);
}

void FoldTask::take(std::int64_t append, const v1::InferenceEvent& event) {
  take({.append = append, .value = event.SerializeAsString()});
}

void FoldTask::take(std::int64_t append, const v1::InferenceBatch& events) {
  take({.append = append,
        .value = events.SerializeAsString(),
        .content_type = std::string(runtime::kInferenceBatchType)});
}

void FoldTask::tick(std::int64_t append, std::int64_t last_offset) {
  v1::TickRecord record;
  record.set_last_offset(last_offset);
  take({.append = append,
        .value = record.SerializeAsString(),
        .content_type = std::string(runtime::kTickType)});
}

std::string FoldTask::commit() {
  EXPECT_TRUE(processor_->prepare_commit(*context_));
  std::string text;
  for (const auto& emitted : context_->take_emitted()) text += render(emitted) + "\n";
  EXPECT_TRUE(base_.write(store_->take_changes(), state::Durability::synced));
  return text;
}

std::string FoldTask::render(const runtime::TaskContext::Emitted& emitted) {
  const auto& [output, partition, record] = emitted;
  output_time_ = record.append_time_us;
  if (output == kPartialOutput) {
    EXPECT_TRUE(partial_.ParseFromString(record.value));
    return render_partial(partition);
  }
  if (output == kSliOutput) {
    EXPECT_TRUE(sli_.ParseFromString(record.value));
    return render_sli(partition);
  }
  if (output == kConfigOutput) {
    v1::ConfigRecord config;
    EXPECT_TRUE(config.ParseFromString(record.value));
    EXPECT_EQ(config.definitions_hash(), definitions_->hash());
    return fmt::format("config from {}", config.input_offset());
  }
  EXPECT_TRUE(dead_letter_.ParseFromString(record.value));
  std::vector<std::string> entries;
  for (const v1::DeadLetterEntry& entry : dead_letter_.entry())
    entries.push_back(
        fmt::format("{} {}", entry.event_index(), events::reason_name(entry.reason())));
  return fmt::format("dead {}@{}: {}", dead_letter_.offset(),
                     format_duration(dead_letter_.append_time_us() - kStart),
                     fmt::join(entries, ", "));
}

std::string FoldTask::render_sli(std::int32_t partition) {
  std::string text =
      fmt::format("sli/{} [{},{}):", partition, sli_.begin_offset(), sli_.end_offset());
  for (const v1::SliDelta& delta : sli_.delta()) {
    const auto* objective = config_.objectives->find(delta.objective_id());
    const auto series = aggregates::decode_series(delta.series(), objective->per.size()).value();
    text += fmt::format(" {}{}@{}s={}/{}", objective->definition.name(),
                        series.empty() ? "" : fmt::format("{{{}}}", fmt::join(series, ",")),
                        (delta.pane() * objectives::kPaneUs - kStart) / kSecondUs, delta.good(),
                        delta.total());
    EXPECT_EQ(delta.good() + delta.bad(), delta.total());
  }
  if (sli_.has_definitions()) text += " defined";
  return text + lost_text(sli_);
}

std::string FoldTask::render_partial(std::int32_t partition) {
  const TimeUs watermark = partial_.watermark_us();
  std::string text = fmt::format(
      "partial/{} [{},{}) w={}:", partition, partial_.begin_offset(), partial_.end_offset(),
      watermark == kMinTime ? "-" : fmt::format("{}s", (watermark - kStart) / kSecondUs));
  for (const v1::PaneDelta& delta : partial_.delta()) {
    const auto& scope = definitions_->scopes()[delta.scope()];
    const DurationUs span = scope.plan.tiers()[delta.tier()].span_us;
    text += fmt::format(
        " {}@{}s{}={}",
        aggregates::decode_series(delta.series(), scope.dimensions.size()).value().front(),
        (delta.pane() * span - kStart) / kSecondUs,
        delta.tier() == 0 ? "" : "/" + format_duration(span),
        aggregates::InferenceAggregate::decode(delta.aggregate()).value().requests());
  }
  if (partial_.has_definitions()) text += " defined";
  if (partial_.end_of_history()) text += " end";
  return text + lost_text(partial_);
}

}  // namespace weir::fold
