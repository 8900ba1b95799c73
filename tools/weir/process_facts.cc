#include "tools/weir/process_facts.h"

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

Result<void> ProcessFacts::gather(TimeUs now) {
  dashboard::PipelineFacts facts;
  WEIR_TRY(add_tasks(facts));
  if (sources_.receivers) facts.receivers = sources_.receivers();
  if (sources_.add_sizes) WEIR_TRY(sources_.add_sizes(facts));
  facts.memory_bytes = resident_bytes();
  facts.memory_budget_bytes = sources_.settings->memory_bytes;
  add_rates(now, facts);
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

Result<void> ProcessFacts::add_tasks(dashboard::PipelineFacts& facts) const {
  for (const RunningTask& task : sources_.tasks()) {
    dashboard::PartitionFacts each{.topic = task.spec->input,
                                   .partition = task.partition,
                                   .processor = task.spec->name,
                                   .position = task.facts->position,
                                   .watermark_us = task.facts->watermark_us,
                                   .append_time_us = task.facts->append_time_us};
    WEIR_ASSIGN(const runtime::Bounds bounds, sources_.log->bounds({each.topic, each.partition}));
    each.end = std::max(bounds.end, each.position);
    const DurationUs stall_after_us = sources_.settings->kpi.stall_after_us;
    each.stalled = each.watermark_us != kMinTime && each.append_time_us != kMinTime &&
                   each.append_time_us - each.watermark_us > stall_after_us;
    if (each.stalled) each.stalled_since_us = each.watermark_us + stall_after_us;
    facts.partitions.push_back(std::move(each));
  }
  return {};
}

void ProcessFacts::add_rates(TimeUs now, dashboard::PipelineFacts& facts) {
  counts_.push_back(
      {now, sources_.probes->fold.events.value(), sources_.probes->kpi.results.value()});
  if (counts_.size() > kRateSeconds + 1) counts_.pop_front();
  const Counts& first = counts_.front();
  const Counts& last = counts_.back();
  const double seconds = std::max(static_cast<double>(last.time_us - first.time_us) / 1e6, 1e-3);
  facts.events_per_second = static_cast<double>(last.events - first.events) / seconds;
  facts.results_per_second = static_cast<double>(last.results - first.results) / seconds;
}

dashboard::PipelineFacts ProcessFacts::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

std::string ProcessFacts::why_not_ready(TimeUs now) const {
  const std::lock_guard lock(mutex_);
  return who_is_behind(now, kReadyLagUs);
}

std::optional<std::string> ProcessFacts::why_not_take_more(TimeUs now) const {
  const std::lock_guard lock(mutex_);
  std::string who = who_is_behind(now, kTooFarBehindUs);
  if (who.empty()) return std::nullopt;
  return who;
}

std::string ProcessFacts::who_is_behind(TimeUs now, DurationUs lag_us) const {
  for (const dashboard::PartitionFacts& each : facts_.partitions) {
    if (each.position >= each.end) continue;
    const TimeUs since = std::max(each.append_time_us, started_us_);
    if (now - since > lag_us)
      return fmt::format("{} of partition {} is {} s behind", each.processor, each.partition,
                         (now - since) / kSecondUs);
  }
  return "";
}

}  // namespace weir::cli
