#include "tools/weir/state_forecast.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/core/bytes.h"
#include "processors/fold/fold.h"
#include "processors/ingest/simulator.h"
#include "processors/kpi/state.h"
#include "processors/runtime/probe.h"
#include "processors/state/memory_store.h"
#include "processors/windows/occupancy.h"

namespace weir::cli {
namespace {

using aggregates::InferenceAggregate;

/// Enough traffic to fill coarse panes, and soon made.
constexpr double kMaxEvents = 300'000;
constexpr double kMinCountedEvents = 50'000;
constexpr double kCountedEventsASeries = 20;
constexpr double kWantedCoarsestPanes = 2;
constexpr double kMinWantedSeconds = 600;
/// The more series there are, the larger is the share of those that are quiet: so as many as can be
/// afforded are simulated, and no more than there will be.
constexpr double kMinSeries = 4;
constexpr double kMaxSeries = 5'000;
/// When the simulator's load is what it is in the mean of a day, and rises as it fell.
constexpr DurationUs kMeanLoadUs = 8 * kHourUs;

/// Encoded panes of the finest tier, by series.
using Panes = std::map<std::string, std::map<std::int64_t, std::string>>;

Result<void> merge_delta(const std::string& delta, std::string& pane) {
  if (pane.empty()) {
    pane = delta;
    return {};
  }
  WEIR_ASSIGN(InferenceAggregate both, InferenceAggregate::decode(pane));
  WEIR_TRY(both.merge_same_encoded(delta));
  pane.clear();
  both.encode(pane);
  return {};
}

/// A fold task over a store in memory, with one scope.
class Fold {
 public:
  Fold(const fold::Config& config,
       const std::shared_ptr<const aggregates::Definitions>& definitions)
      : probe_(metrics_),
        cache_(store_, 1 << 20),
        context_(0, 1, {1, 1, 1, 1}, cache_),
        fold_(config, definitions, "weir.inference", probe_) {}

  Result<void> open() { return fold_.open(context_); }

  Result<void> take(const runtime::NewRecord& made) {
    const runtime::Record record{.offset = context_.position(),
                                 .append_time_us = made.append_time_us.value_or(0),
                                 .key = made.key,
                                 .content_type = made.content_type,
                                 .value = made.value};
    if (fold_.commit_required()) WEIR_TRY(commit());
    WEIR_TRY(fold_.process({&record, 1}, context_));
    context_.set_position(record.offset + 1);
    return {};
  }

  Result<void> commit() {
    WEIR_TRY(fold_.prepare_commit(context_));
    WEIR_TRY(store_.write(cache_.take_changes(), state::Durability::buffered));
    for (const auto& emitted : context_.take_emitted()) {
      if (emitted.output != fold::kPartialOutput) continue;
      v1::PartialBatch batch;
      batch.ParseFromString(emitted.record.value);
      for (const v1::PaneDelta& delta : batch.delta())
        if (delta.tier() == 0)
          WEIR_TRY(merge_delta(delta.aggregate(), panes_[delta.series()][delta.pane()]));
    }
    return {};
  }

  const Panes& panes() const { return panes_; }

 private:
  runtime::Metrics metrics_;
  fold::Probe probe_;
  state::MemoryStore store_;
  state::WriteBack cache_;
  runtime::TaskContext context_;
  fold::FoldProcessor fold_;
  Panes panes_;
};

/// A fleet with about as many series in the scope.
ingest::WorldSizes world_of(const aggregates::Scope& scope, double series) {
  const auto has = [&](aggregates::Dimension dimension) {
    return std::ranges::count(scope.dimensions, dimension) > 0;
  };
  ingest::WorldSizes world{.services = 4, .models = 2, .tenants = 20};
  const auto rest = static_cast<std::int32_t>(series);
  if (has(aggregates::Dimension::tenant)) {
    world.tenants = rest;
  } else if (has(aggregates::Dimension::service)) {
    world.services = has(aggregates::Dimension::model) ? (rest + 1) / 2 : rest;
  }
  return world;
}

/// What fold makes of traffic at this rate.
Result<Panes> fold_traffic(const fold::Config& config, ingest::SimulatorOptions traffic) {
  WEIR_ASSIGN(const auto definitions, aggregates::Definitions::make(config.definitions));
  traffic.batch_events = 64;
  traffic.incidents.emplace();  // none
  WEIR_ASSIGN(const auto simulator, ingest::Simulator::make(traffic));
  Fold fold(config, definitions);
  WEIR_TRY(fold.open());
  ingest::PartitionStream stream = simulator.partition(0);
  for (runtime::NewRecord record; stream.next(record);) WEIR_TRY(fold.take(record));
  WEIR_TRY(fold.commit());
  return fold.panes();
}

/// What kpi stores of one closed pane: see its state.h.
double stored_bytes(const InferenceAggregate& pane, std::size_t tier) {
  std::string bytes;
  pane.encode(bytes);
  std::string part(1, '\0');  // entered at tier 0
  put_bytes(part, bytes);
  return static_cast<double>(kpi::closed_key(0, tier, 0).size() + sizeof(std::int64_t) +
                             part.size());
}

/// Measures one tier, whose panes each consist of `ratio` of the finest.
Result<TierForecast> measure(const Panes& panes, std::size_t tier, std::int64_t ratio,
                             double finest_panes) {
  const double all = std::max(1.0, finest_panes / static_cast<double>(ratio));
  TierForecast result;
  double all_bytes = 0;
  double all_filled = 0;
  for (const auto& [series, finest] : panes) {
    std::map<std::int64_t, InferenceAggregate> merged;
    for (const auto& [pane, encoded] : finest) {
      InferenceAggregate& into = merged[floor_div(pane, ratio)];
      WEIR_TRY(tier == 0 ? into.merge_same_encoded(encoded) : into.merge_adjacent_encoded(encoded));
    }
    double bytes = 0;
    for (const auto& [pane, aggregate] : merged) bytes += stored_bytes(aggregate, tier);
    const auto filled = static_cast<double>(merged.size());
    result.series.push_back(
        {.filled = std::min(1.0, filled / all), .pane_bytes = bytes / std::max(filled, 1.0)});
    all_bytes += bytes;
    all_filled += filled;
  }
  result.pane_bytes = all_bytes / std::max(all_filled, 1.0);
  return result;
}

double fixed_bytes(const aggregates::Scope& scope, const Panes& panes) {
  const double values = panes.empty() ? 0 : static_cast<double>(panes.begin()->first.size());
  return static_cast<double>(kpi::series_key(0).size()) + 1 + 1 + values + sizeof(TimeUs) +
         static_cast<double>(windows::Occupancy(scope.plan).encoded_size());
}

/// How many series to simulate.
double simulated_series(const windows::WindowPlan& plan, const SeriesLoad& load) {
  double seconds = kMinWantedSeconds;
  for (std::size_t tier = 0; tier < plan.tiers().size() && plan.keeps(tier); ++tier)
    seconds = std::max(seconds, kWantedCoarsestPanes *
                                    static_cast<double>(plan.tiers()[tier].span_us / kSecondUs));
  const double series =
      std::clamp(kMaxEvents / (load.rate_per_s * seconds), kMinSeries, kMaxSeries);
  return std::min(series, static_cast<double>(load.series));
}

/// Of the only scope of `config`.
Result<ScopeForecast> forecast_scope(const fold::Config& config, const SeriesLoad& load) {
  WEIR_ASSIGN(const auto definitions, aggregates::Definitions::make(config.definitions));
  const aggregates::Scope& scope = definitions->scopes().front();
  const double series = simulated_series(scope.plan, load);
  ingest::SimulatorOptions traffic{.world = world_of(scope, series)};
  traffic.world.tenant_skew = load.tenant_skew;
  traffic.events =
      static_cast<std::int64_t>(std::max(kMinCountedEvents, kCountedEventsASeries * series));
  WEIR_ASSIGN(const Panes counted, fold_traffic(config, traffic));

  traffic.rate_per_s = load.rate_per_s * static_cast<double>(counted.size());
  traffic.events = 0;
  traffic.duration_us = static_cast<DurationUs>(
      std::min(kMaxEvents / traffic.rate_per_s * static_cast<double>(kSecondUs),
               static_cast<double>(kDayUs)));
  traffic.start_us += kMeanLoadUs - traffic.duration_us / 2;
  WEIR_ASSIGN(const Panes panes, fold_traffic(config, traffic));

  ScopeForecast result{.name = aggregates::scope_name(scope.dimensions),
                       .windows = {},
                       .tiers = {},
                       .fixed_bytes = fixed_bytes(scope, panes)};
  for (const windows::Window& window : scope.plan.windows())
    result.windows.push_back(windows::to_string(window));
  const auto& tiers = scope.plan.tiers();
  for (std::size_t tier = 0; tier < tiers.size() && scope.plan.keeps(tier); ++tier) {
    WEIR_ASSIGN(TierForecast measured, measure(panes, tier, tiers[tier].span_us / tiers[0].span_us,
                                               static_cast<double>(traffic.duration_us) /
                                                   static_cast<double>(tiers[0].span_us)));
    measured.span_us = tiers[tier].span_us;
    measured.panes = scope.plan.ring_panes(tier);
    result.tiers.push_back(measured);
  }
  return result;
}

}  // namespace

double TierForecast::series_bytes_after(DurationUs age_us) const {
  const std::int64_t passed = age_us / span_us;
  const double rounds = std::max(1.0, static_cast<double>(passed) / static_cast<double>(panes));
  double bytes = 0;  // of a slot, of all series
  for (const Measured& each : series)
    bytes += (1 - std::pow(1 - each.filled, rounds)) * each.pane_bytes;
  return static_cast<double>(std::min(panes, passed)) * bytes /
         std::max(1.0, static_cast<double>(series.size()));
}

double ScopeForecast::series_bytes_after(DurationUs age_us) const {
  double bytes = fixed_bytes;
  for (const TierForecast& tier : tiers) bytes += tier.series_bytes_after(age_us);
  return bytes;
}

Result<std::vector<ScopeForecast>> forecast(const fold::Config& config, const SeriesLoad& load) {
  WEIR_TRY(aggregates::Definitions::make(config.definitions));
  fold::Config folded = config;
  folded.history = true;
  // No pane depends on them, and each would be asked of each simulated event.
  folded.objectives = nullptr;
  std::vector<ScopeForecast> forecasts;
  for (const v1::ScopeDefinition& scope : config.definitions.scope()) {
    folded.definitions.clear_scope();
    *folded.definitions.add_scope() = scope;
    WEIR_ASSIGN(forecasts.emplace_back(), forecast_scope(folded, load));
  }
  return forecasts;
}

}  // namespace weir::cli
