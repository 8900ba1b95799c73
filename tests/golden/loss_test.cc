// Raw records that were gone before fold read them: who counts says which windows may lack some.
#include <gtest/gtest.h>

#include <string>

#include "processors/graph.h"
#include "processors/objectives/objective.h"
#include "processors/runtime/worker.h"
#include "tests/fakes/expired_reader.h"
#include "tests/fakes/memory_log.h"
#include "weir/v1/burn.pb.h"
#include "weir/v1/kpi.pb.h"
#include "weir/v1/signal.pb.h"

namespace weir {
namespace {

constexpr TimeUs kStart = 19'675 * kDayUs;  // 2023-11-14

std::int64_t seconds(TimeUs time) { return (time - kStart) / kSecondUs; }
std::string_view marked(bool complete) { return complete ? "" : " incomplete"; }

/// All requests of "chat" that succeeded.
std::shared_ptr<const objectives::Objectives> make_objectives() {
  v1::Objectives all;
  v1::ObjectiveDefinition& definition = *all.add_objective();
  definition.set_name("chat");
  definition.set_service("chat");
  definition.set_good("status == ok");
  definition.set_target_ppb(990'000'000);
  definition.set_method(v1::BUDGETING_METHOD_OCCURRENCES);
  definition.set_window_us(kHourUs);
  return objectives::Objectives::make(all).value();
}

/// [service] over 10s/10s, and one objective.
GraphOptions make_options() {
  GraphOptions options{.keyed_partitions = 1};
  options.fold.definitions = fold::default_definitions();
  v1::Definitions& definitions = options.fold.definitions;
  definitions.mutable_scope()->DeleteSubrange(1, definitions.scope_size() - 1);
  v1::ScopeDefinition& scope = *definitions.mutable_scope(0);
  scope.mutable_window()->DeleteSubrange(1, scope.window_size() - 1);
  scope.mutable_window(0)->set_length_us(10 * kSecondUs);
  options.fold.objectives = make_objectives();
  options.slo.silence.after_us = 0;
  return options;
}

/// fold, kpi and slo, begun anew each time that they run.
class Pipeline {
 public:
  Pipeline() {
    for (const Graph::Topic& topic : graph_.topics)
      EXPECT_TRUE(log_.create_topic(
          {.name = topic.name, .partitions = topic.partitions, .raw = topic.raw}));
  }

  /// A request that ends and is appended then.
  void send(std::int64_t second) {
    v1::InferenceEvent event;
    event.set_event_time_us(kStart + second * kSecondUs);
    event.set_service("chat");
    event.set_status(v1::INFERENCE_STATUS_OK);
    const runtime::NewRecord record{.content_type = std::string(runtime::kInferenceEventType),
                                    .value = event.SerializeAsString(),
                                    .append_time_us = event.event_time_us()};
    ASSERT_TRUE(log_.append({std::string(topics::kInference), 0}, {&record, 1}));
    now_ = event.event_time_us();
  }
  /// All that there is, where the raw log begins at this offset.
  void run(std::int64_t raw_start) {
    run("fold", fakes::ExpiredReader(log_, raw_start));
    run("kpi", log_);
    run("slo", log_);
  }
  /// What kpi and slo told, in seconds.
  std::string told() const {
    std::string text;
    for (const auto& result : read<v1::KpiResult>(topics::kKpi))
      for (const v1::WindowResult& window : result.window())
        text += fmt::format("kpi @{} n={}{}\n", seconds(result.end_time_us()),
                            window.value().requests(), marked(window.complete()));
    for (const auto& result : read<v1::BurnResult>(topics::kBurn))
      text += fmt::format("burn @{} {}/{}{}\n", seconds(result.end_time_us()), result.good(),
                          result.total(), marked(result.complete()));
    for (const auto& signal : read<v1::Signal>(topics::kSignal))
      text +=
          fmt::format("time @{}{}\n", seconds(signal.time_us()), marked(signal.time().complete()));
    return text;
  }

 private:
  void run(std::string_view name, const runtime::Reader& input) {
    runtime::Worker worker(graph_.find(name)->spec, log_, input, {});
    ASSERT_TRUE(worker.open({0}, now_));
    for (bool worked = true; worked;) {
      const auto progress = worker.step(now_, false);
      ASSERT_TRUE(progress) << progress.error().message;
      worked = *progress == runtime::Worker::Progress::worked;
    }
    ASSERT_TRUE(worker.commit(now_));
  }
  template <class Message>
  std::vector<Message> read(std::string_view topic) const {
    std::vector<Message> all;
    runtime::RecordBatch batch;
    EXPECT_TRUE(log_.read({std::string(topic), 0}, 0, 1 << 20, batch));
    for (const runtime::Record& record : batch.records)
      EXPECT_TRUE(all.emplace_back().ParseFromString(std::string(record.value)));
    return all;
  }

  TimeUs now_ = kStart;
  runtime::Metrics metrics_;
  Probes probes_{metrics_};
  const Graph graph_ = make_graph(make_options(), 1, probes_).value();
  fakes::MemoryLog log_{[this] { return now_; }};
};

/// Of seven requests, the third and fourth between two runs.
std::string told_where_raw_begins_at(std::int64_t raw_start) {
  Pipeline pipeline;
  for (const std::int64_t second : {3, 17}) pipeline.send(second);
  pipeline.run(0);
  for (const std::int64_t second : {23, 24, 31, 42}) pipeline.send(second);
  pipeline.run(raw_start);
  for (const std::int64_t second : {103, 117}) pipeline.send(second);
  pipeline.run(raw_start);
  return pipeline.told();
}

TEST(Loss, WindowsThatMayLackRecordsThatFoldNeverReadAreIncomplete) {
  // What is gone was appended before 31, and may be of a minute later.
  EXPECT_EQ(told_where_raw_begins_at(4),
            "kpi @10 n=1\n"
            "kpi @20 n=1 incomplete\n"
            "kpi @30 n=0 incomplete\n"
            "kpi @40 n=1 incomplete\n"
            "kpi @50 n=1 incomplete\n"
            "kpi @60 n=0 incomplete\n"
            "kpi @110 n=1\n"
            "burn @10 1/1\n"
            "burn @20 2/2 incomplete\n"
            "burn @40 3/3 incomplete\n"
            "burn @50 4/4 incomplete\n"
            "burn @110 5/5 incomplete\n"
            "time @10\n"
            "time @30 incomplete\n"
            "time @110\n");
}

TEST(Loss, WhereEverythingWasReadBeforeItWentNothingLacks) {
  EXPECT_EQ(told_where_raw_begins_at(2),
            "kpi @10 n=1\n"
            "kpi @20 n=1\n"
            "kpi @30 n=2\n"
            "kpi @40 n=1\n"
            "kpi @50 n=1\n"
            "kpi @60 n=0\n"
            "kpi @110 n=1\n"
            "burn @10 1/1\n"
            "burn @20 2/2\n"
            "burn @30 4/4\n"
            "burn @40 5/5\n"
            "burn @50 6/6\n"
            "burn @110 7/7\n"
            "time @10\n"
            "time @30\n"
            "time @110\n");
}

}  // namespace
}  // namespace weir
