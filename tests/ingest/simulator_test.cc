#include "processors/ingest/simulator.h"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/core/hash.h"
#include "processors/events/batch_writer.h"
#include "processors/ingest/sim_source.h"
#include "processors/ingest/simulate.h"
#include "tests/ingest/raw_log.h"

namespace weir::ingest {
namespace {

using events::Text;
using Events = std::vector<v1::InferenceEvent>;

constexpr TimeUs kStart = kDefaultSimulationStart;

Simulator simulator(SimulatorOptions options) {
  auto made = Simulator::make(std::move(options));
  EXPECT_TRUE(made) << made.error().message;
  return *std::move(made);
}

/// All events, partition after partition.
Events events_of(const SimulatorOptions& options) {
  const Simulator source = simulator(options);
  Events result;
  for (std::int32_t p = 0; p < options.partitions; ++p) {
    PartitionStream stream = source.partition(p);
    for (runtime::NewRecord record; stream.next(record);) {
      const Events events = expand(record.value);
      result.insert(result.end(), events.begin(), events.end());
    }
  }
  return result;
}

template <class Predicate>
std::int64_t count(const Events& events, Predicate predicate) {
  return std::ranges::count_if(events, predicate);
}

/// How often the predicate holds among the events in [from, to).
template <class Of, class Predicate>
double share(const Events& events, TimeUs from, TimeUs to, Of of, Predicate predicate) {
  std::int64_t all = 0;
  std::int64_t hits = 0;
  for (const auto& event : events) {
    if (event.event_time_us() < from || event.event_time_us() >= to || !of(event)) continue;
    ++all;
    hits += predicate(event);
  }
  EXPECT_GT(all, 100);
  return static_cast<double>(hits) / static_cast<double>(all);
}

std::string error_of(const SimulatorOptions& options) {
  const auto made = Simulator::make(options);
  return made ? "ok" : made.error().message;
}

TEST(Simulator, SameSeedSameBytesOnEveryMachine) {
  // The hash of the first records. A change here changes everybody's synthetic data: say so in the
  // changelog.
  const auto hash = [](std::uint64_t seed, std::int32_t partition, bool lean) {
    const Simulator source =
        simulator({.events = 20'000, .seed = seed, .partitions = 2, .lean = lean});
    PartitionStream stream = source.partition(partition);
    std::string all;
    for (runtime::NewRecord record; stream.next(record);) all += record.value;
    return fmt::format("{:016x}", hash64(all));
  };
  EXPECT_EQ(hash(1, 0, false), "e1cb8f42458c4698");
  EXPECT_EQ(hash(1, 1, false), "b8d1c94999515c00");
  EXPECT_EQ(hash(1, 0, true), "03956be060e2afaa");
  EXPECT_EQ(hash(2, 0, false), "f0e282863bf05faf");
}

TEST(Simulator, RecordsAreWhatBatchWriterWrites) {
  const Simulator source = simulator({.duration_us = kDayUs, .rate_per_s = 1, .batch_events = 300});
  PartitionStream stream = source.partition(0);
  events::BatchWriter writer(300);
  for (runtime::NewRecord record; stream.next(record);) {
    for (const auto& event : expand(record.value)) writer.add(events::to_row(event));
    ASSERT_TRUE(writer.take() == record.value);
  }
}

TEST(Simulator, CountsEventsAndSpreadsThemOverPartitions) {
  const Simulator source = simulator({.events = 10'003, .partitions = 4});
  std::vector<std::int64_t> counts;
  for (std::int32_t p = 0; p < 4; ++p) {
    PartitionStream stream = source.partition(p);
    std::int64_t events = 0;
    for (runtime::NewRecord record; stream.next(record);)
      events += static_cast<std::int64_t>(expand(record.value).size());
    EXPECT_EQ(events, stream.events());
    counts.push_back(events);
  }
  EXPECT_THAT(counts, testing::ElementsAre(2'501, 2'501, 2'501, 2'500));
  EXPECT_EQ(source.expected_events(), 10'003);
}

TEST(Simulator, TimesAscendWithinTheDisorderAndStampTheRunningMaximum) {
  const Simulator source = simulator({.duration_us = kHourUs, .rate_per_s = 20, .partitions = 1});
  PartitionStream stream = source.partition(0);
  TimeUs greatest = kMinTime;
  DurationUs worst = 0;
  for (runtime::NewRecord record; stream.next(record);) {
    for (const auto& event : expand(record.value)) {
      greatest = std::max(greatest, event.event_time_us());
      worst = std::max(worst, greatest - event.event_time_us());
      EXPECT_GE(event.event_time_us(), kStart);
      EXPECT_LT(event.event_time_us(), kStart + kHourUs);
    }
    EXPECT_EQ(record.append_time_us, greatest);
    EXPECT_EQ(record.content_type, runtime::kInferenceBatchType);
  }
  EXPECT_EQ(stream.greatest_event_time(), greatest);
  EXPECT_GT(worst, kSecondUs);
  EXPECT_LT(worst, kMaxSimulatedDisorderUs);
  EXPECT_GT(greatest, kStart + kHourUs - kMinuteUs);
}

TEST(Simulator, LoadFollowsTheDay) {
  EXPECT_DOUBLE_EQ(daily_load(kStart + 14 * kHourUs), 1.6);
  EXPECT_DOUBLE_EQ(daily_load(kStart + 2 * kHourUs), 0.4);
  EXPECT_DOUBLE_EQ(daily_load(kStart + 8 * kHourUs), 1.0);
  const Events events =
      events_of({.duration_us = kDayUs, .rate_per_s = 1, .incidents = std::vector<Incident>{}});
  EXPECT_NEAR(static_cast<double>(events.size()), 86'400, 600);
  std::map<std::int64_t, int> by_hour;
  for (const auto& event : events) ++by_hour[(event.event_time_us() - kStart) / kHourUs];
  EXPECT_NEAR(by_hour[14], 1.59 * 3'600, 150);
  EXPECT_NEAR(by_hour[2], 0.41 * 3'600, 100);
}

TEST(Simulator, EventsAreWhatTheyShouldBe) {
  const Events events = events_of({.events = 100'000, .incidents = std::vector<Incident>{}});
  std::set<std::string> services;
  std::set<std::string> tenants;
  std::set<std::string> ids;
  for (const auto& event : events) {
    services.insert(event.service());
    tenants.insert(event.tenant());
    ids.insert(event.request_id());
    EXPECT_EQ(event.request_id().size(), 16U);
    EXPECT_NE(event.user_hash(), 0U);
    EXPECT_EQ(event.latency_us(),
              event.queue_us() + event.cold_start_us() + event.compute_us() + event.network_us());
    const bool ok = event.status() == v1::INFERENCE_STATUS_OK;
    EXPECT_EQ(ok, event.has_ttft_us());
    EXPECT_EQ(ok, event.has_output_tokens());
    EXPECT_EQ(ok, event.error_detail().empty());
    EXPECT_LE(event.ttft_us(), event.latency_us());
    EXPECT_LE(event.cached_tokens(), event.input_tokens());
    EXPECT_EQ(event.low_confidence(), event.has_confidence() && event.confidence() < 0.55F);
    EXPECT_EQ(event.experiment().empty(), event.variant().empty());
  }
  EXPECT_EQ(services.size(), 5U);
  EXPECT_EQ(tenants.size(), 100U);
  EXPECT_EQ(ids.size(), events.size());
  EXPECT_NEAR(static_cast<double>(
                  count(events, [](auto& e) { return e.status() != v1::INFERENCE_STATUS_OK; })),
              1'200, 120);
  EXPECT_NEAR(static_cast<double>(count(events, [](auto& e) { return e.has_cold_start_us(); })), 50,
              30);
  EXPECT_NEAR(static_cast<double>(count(events, [](auto& e) { return e.retry_count() > 0; })),
              1'562, 150);
}

TEST(Simulator, LatenciesAreLogNormalAroundTheirMedian) {
  const SimulatorOptions options{.events = 100'000, .incidents = std::vector<Incident>{}};
  const Simulator source = simulator(options);
  const Profile& profile = source.world().profiles()[0];
  std::vector<std::int64_t> compute;
  for (const auto& event : events_of(options))
    if (event.service() == source.world().names(Text::service)[profile.service] &&
        event.model() == source.world().names(Text::model)[profile.model] &&
        event.status() == v1::INFERENCE_STATUS_OK)
      compute.push_back(event.compute_us());
  std::ranges::sort(compute);
  ASSERT_GT(compute.size(), 10'000U);
  const auto median = static_cast<double>(compute[compute.size() / 2]);
  const auto p99 = static_cast<double>(compute[compute.size() * 99 / 100]);
  EXPECT_NEAR(median / profile.compute.median, 1, 0.03);
  EXPECT_NEAR(p99 / (profile.compute.median * exp2_exact(2.3263 * profile.compute.doublings)), 1,
              0.08);
}

TEST(Simulator, LeanLeavesOutWhatKpisDoNotRead) {
  for (const auto& event : events_of({.events = 2'000, .lean = true})) {
    EXPECT_TRUE(event.request_id().empty() && event.gpu_id().empty());
    EXPECT_FALSE(event.has_confidence() || event.has_batch_size());
    EXPECT_TRUE(event.has_latency_us() &&
                event.has_low_confidence() == (event.status() == v1::INFERENCE_STATUS_OK));
  }
}

TEST(Simulator, WorldsGrowToAMillionSeries) {
  const Simulator source = simulator(
      {.events = 1,
       .world = {.services = 1'000, .models = 1'000, .tenants = 1'000, .tenant_skew = 0}});
  const World& world = source.world();
  const auto distinct = [](auto names) {
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) == names.end();
  };
  EXPECT_TRUE(distinct(world.names(Text::service)) && distinct(world.names(Text::model)) &&
              distinct(world.names(Text::tenant)) && distinct(world.names(Text::host)));
  std::vector<std::pair<std::uint32_t, std::uint32_t>> series;
  for (const Profile& profile : world.profiles())
    series.emplace_back(profile.service, profile.model);
  EXPECT_EQ(series.size(), 1'000'000U);
  EXPECT_TRUE(distinct(series));
}

SimulatorOptions day_options() { return {.duration_us = kDayUs, .rate_per_s = 5, .partitions = 2}; }

/// A day with the default incidents.
const Events& day() {
  static const Events events = events_of(day_options());
  return events;
}

Incident incident(IncidentKind kind) {
  const auto all = simulator(day_options()).incidents();
  return *std::ranges::find(all, kind, &Incident::kind);
}

/// The share of hits inside the incident, and in an equally long time well before it.
template <class Of, class Predicate>
std::pair<double, double> shares(const Incident& incident, Of of, Predicate predicate) {
  const DurationUs length = std::max(incident.end_us - incident.start_us, 90 * kMinuteUs);
  return {share(day(), incident.start_us, incident.end_us, of, predicate),
          share(day(), incident.start_us - length, incident.start_us, of, predicate)};
}

TEST(SimulatedDay, LabelsAreFixed) {
  std::vector<std::string> labels;
  const Simulator source = simulator(day_options());
  for (const Incident& incident : source.incidents()) labels.push_back(to_label(incident));
  EXPECT_THAT(
      labels,
      testing::ElementsAre(
          R"({"kind":"error_burst","start_time":"2026-01-05T03:00:00Z",)"
          R"("end_time":"2026-01-05T03:20:00Z","service":"chat","model":null,"tenant":null,)"
          R"("strength":0.3})",
          R"({"kind":"latency_regression","start_time":"2026-01-05T07:00:00Z",)"
          R"("end_time":"2026-01-05T08:30:00Z","service":"code","model":null,"tenant":null,)"
          R"("strength":4})",
          R"({"kind":"oom_storm","start_time":"2026-01-05T11:00:00Z",)"
          R"("end_time":"2026-01-05T11:15:00Z","service":"search","model":null,"tenant":null,)"
          R"("strength":0.25})",
          R"({"kind":"quiet_tenant","start_time":"2026-01-05T14:00:00Z",)"
          R"("end_time":"2026-01-05T16:00:00Z","service":null,"model":null,)"
          R"("tenant":"tenant-0001","strength":1})",
          R"({"kind":"cold_starts","start_time":"2026-01-05T20:00:00Z",)"
          R"("end_time":"2026-01-05T20:30:00Z","service":"chat","model":null,"tenant":null,)"
          R"("strength":0.2})"));
}

TEST(SimulatedDay, ErrorBurstShows) {
  const Incident burst = incident(IncidentKind::error_burst);
  const auto failed = [](auto& e) { return e.status() == v1::INFERENCE_STATUS_SERVER_ERROR; };
  const auto [inside, before] =
      shares(burst, [&](auto& e) { return e.service() == burst.scope.service; }, failed);
  EXPECT_NEAR(inside, 0.3, 0.05);
  EXPECT_LT(before, 0.01);
  const auto [others, unused] =
      shares(burst, [&](auto& e) { return e.service() != burst.scope.service; }, failed);
  EXPECT_LT(others, 0.01);
}

TEST(SimulatedDay, LatencyRegressionShows) {
  const Incident slow = incident(IncidentKind::latency_regression);
  const auto median = [&slow](TimeUs from, TimeUs to) {
    std::vector<std::int64_t> compute;
    for (const auto& event : day())
      if (event.service() == slow.scope.service && event.has_ttft_us() &&
          event.event_time_us() >= from && event.event_time_us() < to)
        compute.push_back(event.compute_us());
    std::ranges::sort(compute);
    return static_cast<double>(compute.at(compute.size() / 2));
  };
  const double before = median(slow.start_us - 2 * kHourUs, slow.start_us);
  EXPECT_NEAR(median(slow.start_us, slow.end_us) / before, 4, 0.4);
  EXPECT_NEAR(median(slow.end_us, slow.end_us + 2 * kHourUs) / before, 1, 0.1);
}

TEST(SimulatedDay, OomStormShows) {
  const Incident storm = incident(IncidentKind::oom_storm);
  const auto [inside, before] = shares(
      storm, [&](auto& e) { return e.service() == storm.scope.service; },
      [](auto& e) { return e.status() == v1::INFERENCE_STATUS_OOM; });
  EXPECT_NEAR(inside, 0.25, 0.05);
  EXPECT_LT(before, 0.01);
}

TEST(SimulatedDay, QuietTenantIsSilentExactlyThen) {
  const Incident quiet = incident(IncidentKind::quiet_tenant);
  const auto [inside, before] = shares(
      quiet, [](auto&) { return true; }, [&](auto& e) { return e.tenant() == quiet.scope.tenant; });
  EXPECT_EQ(inside, 0);
  EXPECT_GT(before, 0.05);
}

TEST(SimulatedDay, ColdStartsShow) {
  const Incident cold = incident(IncidentKind::cold_starts);
  const auto [inside, before] = shares(
      cold, [&](auto& e) { return e.service() == cold.scope.service; },
      [](auto& e) { return e.has_cold_start_us(); });
  EXPECT_NEAR(inside, 0.2, 0.05);
  EXPECT_LT(before, 0.01);
}

TEST(Simulator, RefusesWhatItCannotDo) {
  const Incident good{IncidentKind::error_burst, 1, 2, {}, 0.5};
  const auto with = [&good](auto change) {
    Incident incident = good;
    change(incident);
    return error_of({.events = 1, .incidents = std::vector{incident}});
  };
  EXPECT_EQ(with([](Incident&) {}), "ok");
  EXPECT_EQ(error_of({}), "simulator: give a number of events or a duration");
  EXPECT_EQ(error_of({.events = 1, .rate_per_s = 0}),
            "simulator: the rate must be above 0 and at most 1e9 events a second");
  EXPECT_EQ(error_of({.events = 1, .partitions = 0}), "simulator: partitions must be 1 to 1024");
  EXPECT_EQ(error_of({.events = 1, .world = {.services = 0}}),
            "simulator: services is 0; it must be 1 to 10000");
  EXPECT_EQ(with([](Incident& i) { i.end_us = 1; }),
            "incident error_burst: it ends at 1970-01-01T00:00:00.000001Z, not after its start "
            "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(with([](Incident& i) { i.strength = 1.5; }),
            "incident error_burst: strength 1.5 is not a share above 0 and at most 1");
  EXPECT_EQ(with([](Incident& i) { i.kind = IncidentKind::latency_regression; }),
            "incident latency_regression: strength 0.5 is not a factor above 1 and at most 100");
  EXPECT_EQ(with([](Incident& i) { i.kind = IncidentKind::quiet_tenant; }),
            "incident quiet_tenant: name the tenant that is quiet");
  EXPECT_EQ(with([](Incident& i) { i.scope.service = "nowhere"; }),
            "incident error_burst: the simulated fleet has no 'nowhere'");
}

TEST(Simulate, WritesTheSameWithAnyThreads) {
  const SimulatorOptions options{.events = 30'000, .partitions = 3};
  std::vector<std::string> logs;
  for (const int threads : {1, 2, 5}) {
    RawLog raw(3);
    std::uint64_t last_done = 0;
    const auto summary =
        simulate(options, raw.log, threads, [&](std::uint64_t done, std::uint64_t total) {
          EXPECT_GE(done, last_done);
          EXPECT_EQ(total, 30'000U);
          last_done = done;
        });
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ(summary->events, 30'000);
    EXPECT_EQ(summary->incidents.size(), 5U);
    EXPECT_EQ(last_done, 30'000U);
    std::string all;
    std::int64_t records = 0;
    for (std::int32_t p = 0; p < 3; ++p)
      for (const std::string& record : raw.records("weir.inference", p)) {
        all += fmt::format("{} {:016x}\n", p, hash64(record));
        ++records;
      }
    EXPECT_EQ(summary->records, records);
    logs.push_back(all);
  }
  EXPECT_EQ(logs[0], logs[1]);
  EXPECT_EQ(logs[0], logs[2]);
}

TEST(Simulate, SaysWhyTheLogRefused) {
  RawLog raw(1);
  const auto summary = simulate({.events = 1'000, .partitions = 2}, raw.log, 2, {});
  ASSERT_FALSE(summary);
  EXPECT_THAT(summary.error().message, testing::HasSubstr("weir.inference/1"));
}

}  // namespace
}  // namespace weir::ingest
