// Which lives alerts have may not depend on how far Weir was behind: slo and alert as one.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "processors/graph.h"
#include "processors/objectives/objective.h"
#include "processors/runtime/worker.h"
#include "tests/fakes/memory_log.h"
#include "weir/v1/alert.pb.h"
#include "weir/v1/sli.pb.h"

namespace weir {
namespace {

using fakes::MemoryLog;
using objectives::kPaneUs;

constexpr TimeUs kStart = 19'675 * kDayUs;  // 2023-11-14
constexpr std::int64_t kEndS = 600;

/// Events of an objective at a second.
struct Events {
  int objective = 0;
  std::int64_t at_s = 0;
  std::int64_t good = 0;
  std::int64_t bad = 0;
};

/// "chat" burns, is quiet for six minutes, and burns again; "code" burns, nothing comes for six
/// minutes, and then what is good.
constexpr std::array<Events, 6> kEvents = {{{0, 3, 50, 50},
                                            {1, 3, 50, 50},
                                            {0, 13, 1'000},
                                            {0, 405, 0, 1'000},
                                            {1, 405, 10},
                                            {0, 425, 20'000}}};

void add_objective(const std::string& name, DurationUs for_us, v1::Objectives& all) {
  v1::ObjectiveDefinition& definition = *all.add_objective();
  definition.set_name(name);
  definition.set_service(name);
  definition.set_good("status == ok");
  definition.set_target_ppb(990'000'000);
  definition.set_method(v1::BUDGETING_METHOD_OCCURRENCES);
  definition.set_window_us(kHourUs);
  v1::ConditionDefinition& condition = *definition.add_condition();
  condition.set_name("page");
  condition.set_severity("page");
  condition.set_factor_ppb(10'000'000'000);
  condition.set_long_us(5 * kMinuteUs);
  condition.set_for_us(for_us);
}

std::shared_ptr<const objectives::Objectives> make_objectives() {
  v1::Objectives all;
  add_objective("chat", 0, all);
  add_objective("code", kMinuteUs, all);
  return objectives::Objectives::make(all).value();
}

/// What fold says where it folds up to each of these seconds at once.
void fill(const std::vector<std::int64_t>& until_s, MemoryLog& log) {
  const auto objectives = make_objectives();
  std::int64_t from_s = 0;
  std::int64_t offset = 0;
  for (const std::int64_t to_s : until_s) {
    v1::SliBatch batch;
    batch.set_version(1);
    batch.set_raw_partitions(1);
    batch.set_definitions_hash(objectives->hash());
    *batch.mutable_definitions() = objectives->message();
    for (const Events& events : kEvents) {
      if (events.at_s < from_s || events.at_s >= to_s) continue;
      v1::SliDelta& delta = *batch.add_delta();
      delta.set_objective_id(objectives->all()[static_cast<std::size_t>(events.objective)].id);
      delta.set_pane(floor_div(kStart + events.at_s * kSecondUs, kPaneUs));
      delta.set_good(events.good);
      delta.set_bad(events.bad);
      delta.set_total(events.good + events.bad);
    }
    batch.set_begin_offset(offset);
    batch.set_end_offset(++offset);
    batch.set_last_part(true);
    batch.set_watermark_us(kStart + to_s * kSecondUs);
    batch.set_append_time_us(batch.watermark_us());
    const runtime::NewRecord record{.value = batch.SerializeAsString(),
                                    .append_time_us = batch.watermark_us()};
    ASSERT_TRUE(log.append({std::string(topics::kSli), 0}, {&record, 1}));
    from_s = to_s;
  }
}

/// One processor over its input to the end.
void run(const Graph& graph, std::string_view name, MemoryLog& log) {
  runtime::WorkerOptions options;
  options.task.history = true;
  runtime::Worker worker(graph.find(name)->spec, log, log, options);
  ASSERT_TRUE(worker.open({0}, 0));
  for (bool finished = false; !finished;) {
    const auto progress = worker.step(0, true);
    ASSERT_TRUE(progress) << progress.error().message;
    finished = *progress == runtime::Worker::Progress::finished;
  }
}

template <class Message>
std::vector<Message> read(const MemoryLog& log, std::string_view topic) {
  std::vector<Message> all;
  const runtime::TopicPartition where{std::string(topic), 0};
  runtime::RecordBatch batch;
  const std::int64_t end = log.bounds(where)->end;
  for (std::int64_t at = 0; at < end; at += static_cast<std::int64_t>(batch.records.size())) {
    EXPECT_TRUE(log.read(where, at, 1 << 20, batch));
    for (const runtime::Record& record : batch.records)
      EXPECT_TRUE(all.emplace_back().ParseFromString(std::string(record.value)));
  }
  return all;
}

/// Each alert, what was decided about it, and its last life, in seconds.
std::string lives_of(const std::vector<std::int64_t>& until_s) {
  GraphOptions options{.keyed_partitions = 1};
  options.fold.definitions = fold::default_definitions();
  options.slo.silence.after_us = 0;
  options.slo.history = true;
  options.alert.history = true;
  runtime::Metrics metrics;
  Probes probes(metrics);
  const Graph graph = make_graph(options, 1, probes).value();
  MemoryLog log;
  // Counts as an input that producers could have written.
  for (const Graph::Topic& topic : graph.topics)
    EXPECT_TRUE(log.create_topic(
        {.name = topic.name, .partitions = topic.partitions, .raw = topic.name == topics::kSli}));
  fill(until_s, log);
  run(graph, "slo", log);
  run(graph, "alert", log);

  std::map<std::string, std::string> lives;
  for (const v1::Decision& decision : read<v1::Decision>(log, topics::kDecision))
    lives[decision.title()] += " " + v1::DecisionKind_Name(decision.kind()).substr(14);
  std::map<std::string, v1::Alert> last;
  for (const v1::AlertRecord& record : read<v1::AlertRecord>(log, topics::kAlert))
    if (record.has_alert()) last[record.alert().condition().objective() + " page"] = record.alert();
  std::string text;
  for (const auto& [title, decided] : lives) {
    const v1::Alert& alert = last[title];
    text += fmt::format("{}:{}; life {} from {} to {}\n", title, decided, alert.life(),
                        (alert.starts_at_us() - kStart) / kSecondUs,
                        (alert.ends_at_us() - kStart) / kSecondUs);
  }
  return text;
}

TEST(CatchUp, AlertsHaveTheLivesThatTheyHaveWithABatchForEachTick) {
  std::vector<std::int64_t> live;
  for (std::int64_t s = 10; s <= kEndS; s += 10) live.push_back(s);
  const std::string lives =
      "chat page: FIRED HELD RESOLVED FIRED HELD RESOLVED; life 2 from 410 to 430\n"
      "code page: HELD FIRED HELD RESOLVED; life 1 from 10 to 410\n";
  EXPECT_EQ(lives_of(live), lives);
  EXPECT_EQ(lives_of({10, 20, kEndS}), lives) << "after a gap";
  EXPECT_EQ(lives_of({kEndS}), lives) << "all at once";
}

}  // namespace
}  // namespace weir
