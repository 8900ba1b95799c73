#include "tools/weir/replay.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include <spdlog/spdlog.h>

#include "processors/runtime/embedded_reader.h"
#include "tools/weir/fixed_reader.h"
#include "tools/weir/home.h"
#include "tools/weir/kept_records.h"
#include "tools/weir/log_setup.h"
#include "tools/weir/pipeline.h"
#include "tools/weir/progress_line.h"
#include "tools/weir/refused_rows.h"
#include "tools/weir/replay_claim.h"
#include "tools/weir/settings.h"
#include "tools/weir/stop_signal.h"

namespace weir::cli {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Records of the source.
struct Progress {
  std::uint64_t done = 0;  // folded for good
  std::uint64_t all = 0;
};

/// Absent: the log does not say just now.
std::optional<Progress> progress_of(const runtime::Reader& source, const runtime::Log& log) {
  Progress progress;
  const std::int32_t partitions = source.partitions(topics::kInference).value_or(0);
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    const auto bounds = source.bounds({std::string(topics::kInference), partition});
    const auto position = log.position({"fold", partition});
    if (!bounds || !position) return std::nullopt;
    progress.done += static_cast<std::uint64_t>(std::max(*position, bounds->start) - bounds->start);
    progress.all += static_cast<std::uint64_t>(bounds->end - bounds->start);
  }
  return progress;
}

/// Unless the configuration itself bounds a topic's size, every result must be there at the end.
Result<void> check_results(const ReplayOptions& options, const Settings& settings,
                           const runtime::Log& log) {
  WEIR_ASSIGN(Starts starts, starts_of(log, {topics::kKpi, topics::kDeadLetter}));
  std::erase_if(starts, [&](const auto& start) {
    const bool dead = start.first.topic == topics::kDeadLetter;
    return (dead ? settings.retention.dead_letter : settings.retention.result).max_bytes > 0;
  });
  return check_kept({}, starts, options.out);
}

/// Whether no processor had anything to read or to tell.
bool was_idle(const Probes& probes) {
  const std::array<const runtime::Counter*, 7> work = {
      &probes.fold.records, &probes.kpi.deltas,          &probes.kpi.results,    &probes.slo.deltas,
      &probes.slo.results,  &probes.alert.alert_changes, &probes.alert.decisions};
  return std::ranges::all_of(work, [](const auto* each) { return each->value() == 0; });
}

/// How much the source has now that is not in the stretch.
Result<std::int64_t> records_since(const runtime::Reader& source, const Stretch& stretch) {
  WEIR_ASSIGN(const Stretch now, stretch_of(source, {topics::kInference, topics::kDeadLetter}));
  std::int64_t records = 0;
  for (const auto& [where, bounds] : now) {
    const auto found = stretch.find(where);
    const std::int64_t end = found == stretch.end() ? 0 : found->second.end;
    records += std::max<std::int64_t>(bounds.end - std::max(bounds.start, end), 0);
  }
  return records;
}

/// Of this run, which found `before` read by earlier ones.
void summarize(const ReplayOptions& options, const Probes& probes, const Progress& before,
               double wall_seconds, double cpu_seconds_used) {
  if (before.done > 0)
    fmt::print(stderr, "went on: {} of {} records of {} had been read before; in this run:\n",
               before.done, before.all, options.source);
  std::uint64_t dead = 0;
  for (int reason = 0; reason < v1::DeadLetterReason_ARRAYSIZE; ++reason)
    dead += probes.fold.dead(static_cast<v1::DeadLetterReason>(reason)).value();
  const auto events = static_cast<double>(probes.fold.events.value());
  fmt::print(stderr,
             "{} events, {} results ({} told again), {} events refused\n"
             "{:.2f} s, {:.2f} s of CPU: {:.0f} events a second, {:.0f} a second of CPU\n"
             "next: weir query {} kpi --scope service --window 1m\n",
             probes.fold.events.value(), probes.kpi.results.value(),
             probes.kpi.restatements.value(), dead, wall_seconds, cpu_seconds_used,
             events / std::max(wall_seconds, 1e-9), events / std::max(cpu_seconds_used, 1e-9),
             options.out);
}

}  // namespace

Result<void> replay(const ReplayOptions& options) {
  const double cpu_before = cpu_seconds();
  const TimeUs begin = now_us();
  WEIR_ASSIGN(const Settings settings, load_settings(options.config));
  WEIR_ASSIGN(const std::uint64_t rules, rules_hash(settings));
  runtime::PosixFileSystem files;
  WEIR_ASSIGN(const auto source, runtime::EmbeddedReader::open(files, options.source));
  WEIR_TRY(source->partitions(topics::kInference));

  WEIR_TRY(start_log(settings.log));
  WEIR_ASSIGN(const auto home, open_home(options.out, settings));
  WEIR_ASSIGN(const Claim claimed, claim(options, rules, *source, *home));
  const FixedReader stretch(*source, claimed.stretch);
  WEIR_ASSIGN(const std::int32_t partitions, stretch.partitions(topics::kInference));
  runtime::Metrics metrics;
  Probes probes(metrics);
  WEIR_ASSIGN(const auto pipeline, Pipeline::make({.settings = &settings,
                                                   .log = home->log.get(),
                                                   .raw = &stretch,
                                                   .raw_partitions = partitions,
                                                   .history = true},
                                                  probes));
  WEIR_TRY(copy_refused_rows(stretch, *home->log));
  const Progress before = progress_of(stretch, *home->log).value_or(Progress());
  catch_stop_signals();
  bool complete = false;
  {
    ProgressLine line("replay", "records");
    WEIR_ASSIGN(complete, pipeline->run([&] {
      if (const auto now = progress_of(stretch, *home->log)) line.show(now->done, now->all);
      return !stop_asked();
    }));
  }
  if (!complete) return fail(ErrorCode::stopped, "stopped; run the same command again to continue");
  WEIR_TRY(check_results(options, settings, *home->log));
  WEIR_TRY(note_end(options.out, *home));
  WEIR_ASSIGN(const std::int64_t since, records_since(*source, claimed.stretch));
  const bool was_complete = claimed.begun_before && was_idle(probes);
  if (was_complete && since > 0)
    return fail(ErrorCode::already_exists,
                "{}: already complete, without the {} records that came to {} since it was begun; "
                "replay into a new directory to have them",
                options.out, since, options.source);
  spdlog::info("event=replay_complete source={} out={} events={} results={} restated={}",
               options.source, options.out, probes.fold.events.value(), probes.kpi.results.value(),
               probes.kpi.restatements.value());
  if (was_complete)
    fmt::print(stderr, "{}: already complete: nothing to do\n", options.out);
  else
    summarize(options, probes, before, static_cast<double>(now_us() - begin) / 1e6,
              cpu_seconds() - cpu_before);
  if (since > 0)
    fmt::print(stderr, "{} records came to {} since this replay was begun, and are not in it\n",
               since, options.source);
  if (options.stats) fmt::print("{}", metrics.expose());
  return {};
}

}  // namespace weir::cli
