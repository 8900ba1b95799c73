#include "tools/weir/state_forecast.h"

#include <algorithm>
#include <map>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/fold/fold.h"
#include "processors/ingest/simulator.h"
#include "processors/kpi/state.h"
#include "processors/runtime/probe.h"
#include "processors/state/memory_store.h"
#include "processors/windows/occupancy.h"

namespace weir::cli {
namespace {

using aggregates::InferenceAggregate;

/// Traffic to measure: even, small, and long enough to fill the coarser panes.
constexpr ingest::WorldSizes kWorld = {
    .services = 2, .models = 2, .tenants = 8, .tenant_skew = 0, .users = 1'000};
constexpr double kMaxEvents = 300'000;
constexpr DurationUs kMaxTraffic = kDayUs;

/// Panes of the finest tier of one scope, by series.
using Panes = std::map<std::string, std::map<std::int64_t, InferenceAggregate>>;

/// A fold task over a store in memory.
class Fold {
 public:
  Fold(const fold::Config& config,
       const std::shared_ptr<const aggregates::Definitions>& definitions)
      : probe_(metrics_),
        cache_(store_, 1 << 20),
        context_(0, 1, {1, 1, 1}, cache_),
        fold_(config, definitions, "weir.inference", probe_),
        panes_(definitions->scopes().size()) {}

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
          WEIR_TRY(panes_[delta.scope()][delta.series()][delta.pane()].merge_same_encoded(
              delta.aggregate()));
    }
    return {};
  }

  /// By scope.
  const std::vector<Panes>& panes() const { return panes_; }

 private:
  runtime::Metrics metrics_;
  fold::Probe probe_;
  state::MemoryStore store_;
  state::WriteBack cache_;
  runtime::TaskContext context_;
  fold::FoldProcessor fold_;
  std::vector<Panes> panes_;
};

/// How many series the traffic has in a scope.
double series_of(const aggregates::Scope& scope) {
  double series = 1;
  for (const aggregates::Dimension dimension : scope.dimensions) {
    if (dimension == aggregates::Dimension::service) series *= kWorld.services;
    if (dimension == aggregates::Dimension::model) series *= kWorld.models;
    if (dimension == aggregates::Dimension::tenant) series *= kWorld.tenants;
  }
  return series;
}

DurationUs traffic_length(double rate_per_s) {
  const double seconds = kMaxEvents / rate_per_s;
  return static_cast<DurationUs>(
      std::min(seconds * static_cast<double>(kSecondUs), static_cast<double>(kMaxTraffic)));
}

/// What kpi stores of one closed pane: see its state.h.
double stored_bytes(const InferenceAggregate& pane, std::size_t tier) {
  std::string bytes;
  pane.encode(bytes);
  return static_cast<double>(kpi::closed_key(0, tier, 0).size() + sizeof(std::int64_t) +
                             bytes.size());
}

/// Measures one tier, whose panes each consist of `ratio` of the finest.
TierForecast measure(const Panes& panes, std::size_t tier, std::int64_t ratio,
                     std::int64_t panes_of_traffic) {
  double bytes = 0;
  double filled = 0;
  for (const auto& [series, finest] : panes) {
    std::map<std::int64_t, InferenceAggregate> merged;
    for (const auto& [pane, aggregate] : finest) {
      InferenceAggregate& into = merged[floor_div(pane, ratio)];
      tier == 0 ? into.merge_same(aggregate) : into.merge_adjacent(aggregate);
    }
    for (const auto& [pane, aggregate] : merged) bytes += stored_bytes(aggregate, tier);
    filled += static_cast<double>(merged.size());
  }
  const double all = static_cast<double>(panes.size()) *
                     static_cast<double>(std::max<std::int64_t>(1, panes_of_traffic / ratio));
  return {.filled = std::min(1.0, filled / std::max(all, 1.0)),
          .pane_bytes = bytes / std::max(filled, 1.0)};
}

double fixed_bytes(const aggregates::Scope& scope, const Panes& panes) {
  const double values = panes.empty() ? 0 : static_cast<double>(panes.begin()->first.size());
  return static_cast<double>(kpi::series_key(0).size()) + 1 + 1 + values + sizeof(TimeUs) +
         static_cast<double>(windows::Occupancy(scope.plan).encoded_size());
}

Result<ScopeForecast> forecast_scope(const Fold& fold, const aggregates::Scope& scope,
                                     std::size_t index, DurationUs traffic_us) {
  const Panes& panes = fold.panes()[index];
  ScopeForecast result{.name = aggregates::scope_name(scope.dimensions),
                       .fixed_bytes = fixed_bytes(scope, panes)};
  for (const windows::Window& window : scope.plan.windows())
    result.windows.push_back(windows::to_string(window));
  const auto& tiers = scope.plan.tiers();
  for (std::size_t tier = 0; tier < tiers.size() && scope.plan.keeps(tier); ++tier) {
    TierForecast& measured = result.tiers.emplace_back(
        measure(panes, tier, tiers[tier].span_us / tiers[0].span_us,
                std::max<std::int64_t>(1, traffic_us / tiers[0].span_us)));
    measured.span_us = tiers[tier].span_us;
    measured.panes = scope.plan.ring_panes(tier);
  }
  return result;
}

}  // namespace

double ScopeForecast::series_bytes_after(DurationUs age_us) const {
  double bytes = fixed_bytes;
  for (const TierForecast& tier : tiers) {
    const std::int64_t panes = std::min(tier.panes, age_us / tier.span_us);
    bytes += static_cast<double>(panes) * tier.filled * tier.pane_bytes;
  }
  return bytes;
}

Result<std::vector<ScopeForecast>> forecast(const fold::Config& config, double rate_per_s) {
  WEIR_ASSIGN(const auto definitions, aggregates::Definitions::make(config.definitions));
  fold::Config folded = config;
  folded.history = true;
  std::vector<ScopeForecast> forecasts;
  for (std::size_t index = 0; index < definitions->scopes().size(); ++index) {
    const aggregates::Scope& scope = definitions->scopes()[index];
    const double rate = rate_per_s * series_of(scope);
    const DurationUs traffic_us = traffic_length(rate);
    WEIR_ASSIGN(const auto simulator,
                ingest::Simulator::make({.duration_us = traffic_us,
                                         .rate_per_s = rate,
                                         .batch_events = 64,
                                         .world = kWorld,
                                         .incidents = std::vector<ingest::Incident>()}));
    Fold fold(folded, definitions);
    WEIR_TRY(fold.open());
    ingest::PartitionStream stream = simulator.partition(0);
    for (runtime::NewRecord record; stream.next(record);) WEIR_TRY(fold.take(record));
    WEIR_TRY(fold.commit());
    WEIR_ASSIGN(forecasts.emplace_back(), forecast_scope(fold, scope, index, traffic_us));
  }
  return forecasts;
}

}  // namespace weir::cli
