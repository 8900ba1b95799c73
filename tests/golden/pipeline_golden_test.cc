// What may never depend on where a commit falls, who runs a task or what crashes in between.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "processors/core/hash.h"
#include "processors/graph.h"
#include "processors/runtime/worker.h"
#include "tests/fakes/memory_log.h"
#include "tests/sim/scenario.h"
#include "weir/v1/kpi.pb.h"

namespace weir {
namespace {

using fakes::MemoryLog;
using sim::Random;
using sim::Scenario;

/// How a run is cut: the seed chooses commits, fetches, workers and restarts.
struct Cut {
  std::uint64_t seed = 0;
  bool restarts = false;
  std::size_t step_bytes = 8 << 20;
  std::uint64_t open_bytes = 8 << 20;
};

Graph graph_of(const Scenario& scenario, const Cut& cut, Probes& probes) {
  GraphOptions options{.keyed_partitions = scenario.keyed_partitions};
  options.fold.definitions = scenario.definitions;
  options.fold.open_delta_bytes = cut.open_bytes;
  options.fold.history = true;
  options.kpi.step_bytes = cut.step_bytes;
  options.kpi.open_pane_bytes = cut.open_bytes;
  options.kpi.history = true;
  return *make_graph(options, scenario.raw_partitions, probes);
}

void make_topics(MemoryLog& log, const Graph& graph) {
  for (const Graph::Topic& topic : graph.topics)
    ASSERT_TRUE(
        log.create_topic({.name = topic.name, .partitions = topic.partitions, .raw = topic.raw}));
}

/// Runs one processor over its input to the end, as the cut says.
void run(const Graph::Node& node, MemoryLog& log, std::int32_t partitions, const Cut& cut) {
  Random random(cut.seed);
  TimeUs now = 0;
  bool finished = false;
  while (!finished) {
    const auto workers = static_cast<std::int32_t>(random.between(1, partitions));
    runtime::WorkerOptions options;
    options.task.history = true;
    options.task.fetch_bytes = static_cast<std::size_t>(random.between(1, 20'000));
    options.commit_interval_us = random.between(1, 2'000);
    options.commit_bytes = static_cast<std::size_t>(random.between(1, 100'000));
    std::vector<runtime::Worker> seats;
    for (std::int32_t worker = 0; worker < workers; ++worker) {
      std::vector<std::int32_t> own;
      for (std::int32_t p = worker; p < partitions; p += workers) own.push_back(p);
      ASSERT_TRUE(seats.emplace_back(node.spec, log, log, options).open(own, now));
    }
    // A restart drops what is not committed and shares the partitions out anew.
    std::int64_t steps = cut.restarts ? random.between(1, 400) : kMaxTime;
    std::vector<bool> done(seats.size());
    while (steps-- > 0 && !finished) {
      const auto i = static_cast<std::size_t>(random.below(workers));
      now += random.below(300);
      const auto progress = seats[i].step(now, true);
      ASSERT_TRUE(progress) << progress.error().message;
      done[i] = *progress == runtime::Worker::Progress::finished;
      finished = std::ranges::all_of(done, std::identity());
    }
  }
}

void fill_raw(const Scenario& scenario, MemoryLog& log) {
  std::vector<TimeUs> append(static_cast<std::size_t>(scenario.raw_partitions), 0);
  for (const sim::Input& input : scenario.inputs) {
    TimeUs& time = append[static_cast<std::size_t>(input.partition)];
    for (const sim::Event& event : input.events)
      time = std::max(time, event.fields.event_time_us());
    const runtime::NewRecord record{.content_type = input.content_type,
                                    .value = input.value,
                                    .id = input.id,
                                    .append_time_us = time};
    ASSERT_TRUE(log.append({std::string(topics::kInference), input.partition}, {&record, 1}));
  }
}

/// Every record of a topic, keys and payloads in order.
std::vector<std::string> records(const MemoryLog& log, std::string_view topic,
                                 std::int32_t partitions) {
  std::vector<std::string> all;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    const runtime::TopicPartition where{std::string(topic), partition};
    runtime::RecordBatch batch;
    for (std::int64_t at = 0; at < log.bounds(where)->end;
         at += static_cast<std::int64_t>(batch.records.size())) {
      EXPECT_TRUE(log.read(where, at, 1 << 20, batch));
      for (const runtime::Record& record : batch.records)
        all.push_back(fmt::format("{}:", partition) + std::string(record.key) + "\n" +
                      std::string(record.value));
    }
  }
  return all;
}

/// The last value of every series, window and end.
std::map<std::string, std::string> final_values(const std::vector<std::string>& results) {
  std::map<std::string, std::string> values;
  for (const std::string& record : results) {
    v1::KpiResult result;
    const std::size_t value = record.find('\n') + 1;
    EXPECT_TRUE(result.ParseFromString(record.substr(value)));
    for (const v1::WindowResult& window : result.window())
      values[fmt::format("{} {}/{}", record.substr(0, value), window.length_us(),
                         window.hop_us())] = window.value().SerializeAsString();
  }
  return values;
}

/// From raw events to results, both processors cut alike.
std::vector<std::string> replay(const Scenario& scenario, const Cut& cut) {
  runtime::Metrics metrics;
  Probes probes(metrics);
  const Graph graph = graph_of(scenario, cut, probes);
  MemoryLog log;
  make_topics(log, graph);
  fill_raw(scenario, log);
  run(*graph.find("fold"), log, scenario.raw_partitions, cut);
  run(*graph.find("kpi"), log, scenario.keyed_partitions, cut);
  return records(log, topics::kKpi, scenario.keyed_partitions);
}

/// kpi alone over recorded partials.
std::vector<std::string> rerun(const Scenario& scenario, const MemoryLog& recorded,
                               const Cut& cut) {
  runtime::Metrics metrics;
  Probes probes(metrics);
  const Graph graph = graph_of(scenario, cut, probes);
  MemoryLog log;
  // The recorded topic as an input that producers could have written.
  for (const Graph::Topic& topic : graph.topics)
    EXPECT_TRUE(log.create_topic({.name = topic.name,
                                  .partitions = topic.partitions,
                                  .raw = topic.name == topics::kPartial}));
  for (std::int32_t partition = 0; partition < scenario.keyed_partitions; ++partition) {
    const runtime::TopicPartition where{std::string(topics::kPartial), partition};
    runtime::RecordBatch batch;
    for (std::int64_t at = 0; at < recorded.bounds(where)->end;
         at += static_cast<std::int64_t>(batch.records.size())) {
      EXPECT_TRUE(recorded.read(where, at, 1 << 20, batch));
      for (const runtime::Record& record : batch.records) {
        const runtime::NewRecord copy{.value = std::string(record.value),
                                      .append_time_us = record.append_time_us};
        EXPECT_TRUE(log.append(where, {&copy, 1}));
      }
    }
  }
  run(*graph.find("kpi"), log, scenario.keyed_partitions, cut);
  return records(log, topics::kKpi, scenario.keyed_partitions);
}

/// A scenario that is a history, whatever else its seed decides.
Scenario history(std::uint64_t seed) {
  Scenario scenario(seed);
  scenario.history = true;
  return scenario;
}

TEST(PipelineGolden, TheSamePartialsGiveTheSameBytes) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    // given: partials, recorded
    const Scenario scenario = history(seed);
    runtime::Metrics metrics;
    Probes probes(metrics);
    const Graph graph = graph_of(scenario, {}, probes);
    MemoryLog recorded;
    make_topics(recorded, graph);
    fill_raw(scenario, recorded);
    run(*graph.find("fold"), recorded, scenario.raw_partitions, {.seed = seed});

    // when: straight through, and killed, restarted and moved with every step cut small
    const auto straight = rerun(scenario, recorded, {.seed = seed});
    const auto torn =
        rerun(scenario, recorded,
              {.seed = seed + 1'000, .restarts = true, .step_bytes = 1, .open_bytes = 1});

    // then
    ASSERT_EQ(straight.size(), torn.size()) << "seed " << seed;
    ASSERT_TRUE(straight == torn) << "seed " << seed;
  }
}

TEST(PipelineGolden, TheSameRawEventsGiveTheSameFinalValues) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Scenario scenario = history(seed);
    const auto one = final_values(replay(scenario, {.seed = seed}));
    const auto other = final_values(replay(
        scenario, {.seed = seed + 1'000, .restarts = true, .step_bytes = 1, .open_bytes = 1}));
    // An end whose window nobody changed may be told by one run and carried by the other, so values
    // are compared where both tell them.
    std::size_t compared = 0;
    for (const auto& [key, value] : one) {
      const auto found = other.find(key);
      if (found == other.end()) continue;
      ASSERT_EQ(value, found->second) << "seed " << seed << " " << key;
      ++compared;
    }
    ASSERT_GT(2 * compared, one.size()) << "seed " << seed;
  }
}

// A change of any published byte is seen here. Where it is meant, say why in the commit.
TEST(PipelineGolden, PublishedBytesStayAsTheyAre) {
  const auto results = replay(history(7), {.seed = 7});
  std::string all;
  for (const std::string& record : results) all += record;
  EXPECT_EQ(results.size(), 357U);
  EXPECT_EQ(fmt::format("{:016x}", hash64(all)), "821bdd047f0d79c0");
}

}  // namespace
}  // namespace weir
