#include "tools/weir/kafka_facts.h"

#include <unistd.h>

#include <fstream>

#include "processors/events/dead_letter.h"

namespace weir::cli {
namespace {

/// Rates are means over this long.
constexpr std::size_t kRateSeconds = 10;

/// 0 where the system does not say.
std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

Result<void> KafkaFacts::gather(TimeUs now) {
  dashboard::PipelineFacts facts;
  WEIR_TRY(add_tasks(facts));
  add_rates(now, facts);
  facts.memory_bytes = resident_bytes();
  facts.memory_budget_bytes = sources_.settings->memory_bytes;
  facts.uptime_s = static_cast<double>(now - started_us_) / 1e6;
  for (int reason = 1; reason < v1::DeadLetterReason_ARRAYSIZE; ++reason) {
    const auto of = static_cast<v1::DeadLetterReason>(reason);
    const std::uint64_t count = sources_.probes->fold.dead(of).value();
    if (count > 0) facts.dead_letters[events::reason_name(of)] = count;
  }
  const std::lock_guard lock(mutex_);
  facts_ = std::move(facts);
  return {};
}

/// Of the partitions that this process owns: what others own they tell themselves.
Result<void> KafkaFacts::add_tasks(dashboard::PipelineFacts& facts) const {
  for (const runtime::KafkaRunner::Facts& worker : sources_.pipeline->workers()) {
    if (worker.worker.phase != runtime::KafkaWorkerFacts::Phase::running) continue;
    const Graph::Node& node = *sources_.pipeline->graph().find(worker.processor);
    const auto tasks = sources_.pipeline->facts(worker.processor);
    for (const std::int32_t partition : worker.worker.partitions) {
      const runtime::TaskFacts& task = tasks[static_cast<std::size_t>(partition)];
      dashboard::PartitionFacts each{.topic = node.spec.input,
                                     .partition = partition,
                                     .processor = worker.processor,
                                     .position = task.position,
                                     .watermark_us = task.watermark_us,
                                     .append_time_us = task.append_time_us};
      WEIR_ASSIGN(const runtime::Bounds bounds,
                  sources_.home->cluster->committed_bounds({each.topic, each.partition}));
      each.end = std::max(bounds.end, each.position);
      each.stalled =
          each.watermark_us != kMinTime && each.append_time_us != kMinTime &&
          each.append_time_us - each.watermark_us > sources_.settings->kpi.stall_after_us;
      facts.partitions.push_back(std::move(each));
    }
  }
  return {};
}

void KafkaFacts::add_rates(TimeUs now, dashboard::PipelineFacts& facts) {
  counts_.push_back(
      {now, sources_.probes->fold.events.value(), sources_.probes->kpi.results.value()});
  if (counts_.size() > kRateSeconds + 1) counts_.pop_front();
  const Counts& first = counts_.front();
  const Counts& last = counts_.back();
  const double seconds = std::max(static_cast<double>(last.time_us - first.time_us) / 1e6, 1e-3);
  facts.events_per_second = static_cast<double>(last.events - first.events) / seconds;
  facts.results_per_second = static_cast<double>(last.results - first.results) / seconds;
}

dashboard::PipelineFacts KafkaFacts::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

std::string KafkaFacts::why_not_ready(TimeUs now) const {
  for (const runtime::KafkaRunner::Facts& worker : sources_.pipeline->workers()) {
    const runtime::KafkaWorkerFacts& facts = worker.worker;
    for (const auto& [partition, why] : facts.stopped)
      return fmt::format("{}/{} has stopped: {}", worker.processor, partition, why);
    if (!facts.trouble.empty())
      return fmt::format("{} starts again: {}", worker.instance, facts.trouble);
    if (facts.phase == runtime::KafkaWorkerFacts::Phase::restoring)
      return fmt::format("{} restores its state: {} of {} records", worker.instance, facts.restored,
                         facts.to_restore);
    if (facts.phase != runtime::KafkaWorkerFacts::Phase::running)
      return fmt::format("{} is {}", worker.instance, to_string(facts.phase));
  }
  const std::lock_guard lock(mutex_);
  for (const dashboard::PartitionFacts& each : facts_.partitions) {
    if (each.position >= each.end) continue;
    const TimeUs since = std::max(each.append_time_us, started_us_);
    if (now - since > kReadyLagUs)
      return fmt::format("{} of partition {} is {} s behind", each.processor, each.partition,
                         (now - since) / kSecondUs);
  }
  return "";
}

}  // namespace weir::cli
