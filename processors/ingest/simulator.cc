#include "processors/ingest/simulator.h"

#include <algorithm>
#include <utility>

#include "processors/ingest/sim_batch.h"
#include "processors/ingest/sim_source.h"

namespace weir::ingest {
namespace {

using events::Text;

/// A batch of a slow partition is closed after this much event time.
constexpr DurationUs kMaxBatchSpanUs = 30 * kMinuteUs;
constexpr double kMaxRatePerS = 1e9;

Result<std::uint32_t> index_of(const std::string& name, const std::vector<std::string>& names,
                               IncidentKind kind) {
  if (name.empty()) return ActiveIncident::kAny;
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    return fail(ErrorCode::invalid_argument, "incident {}: the simulated fleet has no '{}'",
                to_string(kind), name);
  return static_cast<std::uint32_t>(found - names.begin());
}

Result<ActiveIncident> look_up(const Incident& incident, const World& world) {
  WEIR_TRY(validate(incident));
  const IncidentScope& scope = incident.scope;
  WEIR_ASSIGN(const auto service,
              index_of(scope.service, world.names(Text::service), incident.kind));
  WEIR_ASSIGN(const auto model, index_of(scope.model, world.names(Text::model), incident.kind));
  WEIR_ASSIGN(const auto tenant, index_of(scope.tenant, world.names(Text::tenant), incident.kind));
  return ActiveIncident{
      incident.kind, incident.start_us, incident.end_us, incident.strength, service, model, tenant};
}

Result<void> check(bool good, std::string_view rule) {
  if (good) return {};
  return fail(ErrorCode::invalid_argument, "simulator: {}", rule);
}

Result<void> check(const SimulatorOptions& options) {
  WEIR_TRY(check(options.events >= 0 && options.duration_us >= 0,
                 "the number of events and the duration must not be negative"));
  WEIR_TRY(check(options.events > 0 || options.duration_us > 0,
                 "give a number of events or a duration"));
  WEIR_TRY(check(options.rate_per_s > 0 && options.rate_per_s <= kMaxRatePerS,
                 "the rate must be above 0 and at most 1e9 events a second"));
  WEIR_TRY(check(options.duration_us <= 36'500 * kDayUs, "the duration must be at most 100 years"));
  WEIR_TRY(check(options.start_us > 0, "the start must be after 1970"));
  WEIR_TRY(check(options.partitions >= 1 && options.partitions <= 1'024,
                 "partitions must be 1 to 1024"));
  return check(options.batch_events >= 1 && options.batch_events <= SimBatch::kMaxEvents,
               "events of a batch must be 1 to 4096");
}

DurationUs expected_length(const SimulatorOptions& options) {
  if (options.events == 0) return options.duration_us;
  const auto by_events =
      static_cast<DurationUs>(static_cast<double>(options.events) / options.rate_per_s * kSecondUs);
  return options.duration_us == 0 ? by_events : std::min(by_events, options.duration_us);
}

}  // namespace

class PartitionStream::Source {
 public:
  Source(const Simulator::Plan& plan, std::int32_t partition)
      : events_(plan, partition), batch_(plan.world, plan.options.batch_events) {}

  bool next(runtime::NewRecord& record) {
    while (have_event_ || events_.next(event_)) {
      have_event_ = true;
      if (batch_.count() == 0) first_time_ = event_.event_time_us;
      if (batch_.full() || event_.event_time_us > first_time_ + kMaxBatchSpanUs)
        return take(record);
      batch_.add(event_);
      have_event_ = false;
      greatest_ = std::max(greatest_, event_.event_time_us);
    }
    return batch_.count() != 0 && take(record);
  }

  std::int64_t count() const { return count_; }
  TimeUs greatest() const { return greatest_; }

 private:
  bool take(runtime::NewRecord& record) {
    count_ += static_cast<std::int64_t>(batch_.count());
    record = {.content_type = std::string(runtime::kInferenceBatchType),
              .value = batch_.take(),
              .append_time_us = greatest_};
    return true;
  }

  EventSource events_;
  SimBatch batch_;
  SimEvent event_;
  bool have_event_ = false;  // drawn, and not in a batch yet
  TimeUs first_time_ = 0;
  std::int64_t count_ = 0;
  TimeUs greatest_ = kMinTime;
};

PartitionStream::PartitionStream(std::unique_ptr<Source> source) : source_(std::move(source)) {}
PartitionStream::PartitionStream(PartitionStream&&) noexcept = default;
PartitionStream& PartitionStream::operator=(PartitionStream&&) noexcept = default;
PartitionStream::~PartitionStream() = default;

bool PartitionStream::next(runtime::NewRecord& record) { return source_->next(record); }
std::int64_t PartitionStream::events() const { return source_->count(); }
TimeUs PartitionStream::greatest_event_time() const { return source_->greatest(); }

Result<Simulator> Simulator::make(SimulatorOptions options) {
  WEIR_TRY(check(options));
  WEIR_ASSIGN(World world, World::make(options.world));
  auto incidents = options.incidents
                       ? *options.incidents
                       : default_incidents(world, options.start_us, expected_length(options));
  std::vector<ActiveIncident> active;
  for (const Incident& incident : incidents) {
    WEIR_ASSIGN(active.emplace_back(), look_up(incident, world));
  }
  return Simulator(std::make_unique<const Plan>(std::move(options), std::move(world),
                                                std::move(incidents), std::move(active)));
}

Simulator::Simulator(std::unique_ptr<const Plan> plan) : plan_(std::move(plan)) {}
Simulator::Simulator(Simulator&&) noexcept = default;
Simulator& Simulator::operator=(Simulator&&) noexcept = default;
Simulator::~Simulator() = default;

PartitionStream Simulator::partition(std::int32_t partition) const {
  return PartitionStream(std::make_unique<PartitionStream::Source>(*plan_, partition));
}

const World& Simulator::world() const { return plan_->world; }
const SimulatorOptions& Simulator::options() const { return plan_->options; }
const std::vector<Incident>& Simulator::incidents() const { return plan_->incidents; }

std::int64_t Simulator::expected_events() const {
  const SimulatorOptions& options = plan_->options;
  const auto by_time = static_cast<std::int64_t>(static_cast<double>(expected_length(options)) /
                                                 kSecondUs * options.rate_per_s);
  return options.duration_us == 0 ? options.events : by_time;
}

std::vector<Incident> default_incidents(const World& world, TimeUs start_us, DurationUs length_us) {
  const auto at = [=](std::int64_t minute_of_day) {
    return start_us + length_us / 1'440 * minute_of_day;
  };
  const auto name = [&world](Text text, std::size_t i) {
    const World::Names& names = world.names(text);
    return names[i % names.size()];
  };
  if (length_us < 1'440) return {};
  using enum IncidentKind;
  return {{error_burst, at(180), at(200), {.service = name(Text::service, 0)}, 0.3},
          {latency_regression, at(420), at(510), {.service = name(Text::service, 1)}, 4},
          {oom_storm, at(660), at(675), {.service = name(Text::service, 2)}, 0.25},
          {quiet_tenant, at(840), at(960), {.tenant = name(Text::tenant, 1)}, 1},
          {cold_starts, at(1'200), at(1'230), {.service = name(Text::service, 0)}, 0.2}};
}

}  // namespace weir::ingest
