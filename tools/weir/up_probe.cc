#include "tools/weir/up_probe.h"

namespace weir::cli {

UpProbe::UpProbe(runtime::Metrics& metrics, const std::string& version, TimeUs started_us)
    : metrics_(metrics),
      disk_bytes_(metrics.gauge("weir_disk_bytes", "Segments and state on disk.")),
      disk_budget_bytes_(metrics.gauge("weir_disk_budget_bytes", "What they may take.")),
      state_bytes_(metrics.gauge("weir_state_bytes", "State on disk.")),
      memory_bytes_(metrics.gauge("weir_memory_bytes", "Resident memory.")),
      memory_budget_bytes_(
          metrics.gauge("weir_memory_budget_bytes", "What the configuration plans for.")) {
  metrics.gauge("weir_build_info", "1, labelled with the version.", {{"version", version}}).set(1);
  metrics.gauge("weir_start_timestamp_seconds", "When the process started.")
      .set(started_us / kSecondUs);
}

void UpProbe::report(const dashboard::PipelineFacts& facts) {
  disk_bytes_.set(static_cast<std::int64_t>(facts.disk_bytes));
  disk_budget_bytes_.set(static_cast<std::int64_t>(facts.disk_budget_bytes));
  state_bytes_.set(static_cast<std::int64_t>(facts.state_bytes));
  memory_bytes_.set(static_cast<std::int64_t>(facts.memory_bytes));
  memory_budget_bytes_.set(static_cast<std::int64_t>(facts.memory_budget_bytes));
  for (const dashboard::PartitionFacts& task : facts.partitions) report(task);
}

void UpProbe::report(const dashboard::PartitionFacts& task) {
  const runtime::Metrics::Labels labels = {{"processor", task.processor},
                                           {"partition", std::to_string(task.partition)}};
  metrics_
      .gauge("weir_task_lag_records", "Records of its input that a task has not read yet.", labels)
      .set(task.end - task.position);
  metrics_.gauge("weir_task_stalled", "Whether it is left out of the watermark downstream.", labels)
      .set(task.stalled ? 1 : 0);
  if (task.watermark_us == kMinTime) return;
  metrics_
      .gauge("weir_task_watermark_timestamp_seconds", "The time that a task has reached.", labels)
      .set(task.watermark_us / kSecondUs);
}

}  // namespace weir::cli
