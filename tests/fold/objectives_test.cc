// What fold counts for objectives.
#include <map>
#include <sstream>
#include <tuple>

#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "processors/fold/objective_counts.h"
#include "processors/fold/sli.h"
#include "processors/runtime/io.h"
#include "tests/fold/fold_task.h"

namespace weir::fold {
namespace {

v1::ObjectiveDefinition objective(const std::string& name, const std::string& good,
                                  const std::string& total,
                                  const std::vector<std::string>& per = {}) {
  v1::ObjectiveDefinition definition;
  definition.set_name(name);
  definition.set_good(good);
  definition.set_total(total);
  for (const std::string& dimension : per) definition.add_per(dimension);
  definition.set_target_ppb(999'000'000);
  definition.set_method(v1::BUDGETING_METHOD_OCCURRENCES);
  definition.set_window_us(kDayUs);
  return definition;
}

std::shared_ptr<const objectives::Objectives> all(
    const std::vector<v1::ObjectiveDefinition>& definitions) {
  v1::Objectives message;
  for (const v1::ObjectiveDefinition& definition : definitions)
    *message.add_objective() = definition;
  return objectives::Objectives::make(message).value();
}

/// One line a batch: "part 0 deltas=0 defined", "part 1 deltas=9 last".
std::string parts(const std::vector<OutgoingBatch>& batches) {
  std::string text;
  for (const OutgoingBatch& each : batches) {
    EXPECT_LT(each.bytes.size(), runtime::kMaxRecordBytes);
    v1::SliBatch batch;
    EXPECT_TRUE(batch.ParseFromString(each.bytes));
    text +=
        fmt::format("part {} deltas={}{}{}\n", batch.part(), batch.delta_size(),
                    batch.has_definitions() ? " defined" : "", batch.last_part() ? " last" : "");
  }
  return text;
}

/// Only what is said on weir.sli.
std::string sli(FoldTask& task) {
  std::istringstream lines(task.commit());
  std::string text;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("sli/")) text += line + '\n';
  return text;
}

TEST(FoldObjectives, WhereThereIsNoneNothingIsSaid) {
  FoldTask task;
  task.take(10, request(1));
  EXPECT_EQ(sli(task), "");
}

/// The batch's events as records of their own.
void take_singly(FoldTask& task, const v1::InferenceBatch& events) {
  for (std::uint32_t i = 0; i < events.count(); ++i) {
    v1::InferenceEvent event = request(0);
    event.set_event_time_us(events.base_time_us() + events.time_offset_us(static_cast<int>(i)));
    event.set_status(static_cast<v1::InferenceStatus>(events.status()[i]));
    task.take(10, event);
  }
}

TEST(FoldObjectives, EventsAreJudgedOneByOneWhetherInBatchesOrNot) {
  v1::ObjectiveDefinition bad = objective("bad", "", "");
  bad.set_bad("status == timeout");
  const Config config{
      .objectives = all({objective("good", "status == ok", "service == a", {"service"}), bad})};
  v1::InferenceBatch events = batch({1, 2, 12, 4});
  events.set_status({v1::INFERENCE_STATUS_OK, v1::INFERENCE_STATUS_TIMEOUT,
                     v1::INFERENCE_STATUS_TIMEOUT, v1::INFERENCE_STATUS_OOM});
  const std::string counts = " good{a}@0s=1/3 good{a}@10s=0/1 bad@0s=2/3 bad@10s=0/1 defined\n";

  FoldTask batched(config);
  batched.take(10, events);
  EXPECT_EQ(sli(batched), "sli/0 [0,1):" + counts);
  EXPECT_EQ(sli(batched), "");

  FoldTask single(config);
  take_singly(single, events);
  EXPECT_EQ(sli(single), "sli/0 [0,4):" + counts);
}

TEST(FoldObjectives, LateEventsCountAtTheirTimeAndRefusedOnesNot) {
  FoldTask task({.objectives = all({objective("good", "true", "true")})});
  task.take(1'000, batch({1'000}));
  task.take(1'001, batch({500, 1'000, 3'000, 1}));
  task.take(1'002, request(600));
  task.take(1'003, request(2));
  EXPECT_EQ(sli(task), "sli/0 [0,4): good@1000s=2/2 good@500s=1/1 good@600s=1/1 defined\n");
}

TEST(FoldObjectives, TheFirstOnesJudgeWhatComesFromThereOnAndTheLastOnesAreTakenBack) {
  FoldTask task;
  task.take(10, request(1));
  task.commit();
  task.restart(all({objective("good", "true", "true")}));
  task.take(10, request(2));
  EXPECT_EQ(sli(task), "sli/0 [1,2): good@0s=1/1 defined\n");
  task.restart(nullptr);
  task.take(20, request(15));
  EXPECT_EQ(sli(task), "sli/0 [2,3): defined\n");
}

TEST(FoldObjectives, LongDefinitionsHaveAPartOfTheirOwnWhereTheFirstHasNoRoom) {
  v1::ObjectiveDefinition definition = objective("long", "true", "true");
  definition.set_service(std::string(objectives::kMaxObjectivesBytes - 1'000, 's'));
  const auto objectives = all({definition});
  const std::string series(100'000, 'x');
  const auto take = [&](int deltas) {
    SliBuilder builder(objectives, 1);
    for (int i = 0; i < deltas; ++i)
      builder.add({.objective = &objectives->all()[0], .series = series, .good = 1, .total = 1});
    Head head;
    return parts(builder.take({.raw_topic = "raw", .raw_partitions = 1, .position = 10}, head));
  };
  EXPECT_EQ(take(1), "part 0 deltas=1 defined last\n");
  EXPECT_EQ(take(9), "part 0 deltas=0 defined\npart 1 deltas=9 last\n");
  EXPECT_EQ(take(10), "part 0 deltas=0 defined\npart 1 deltas=9\npart 2 deltas=1 last\n");
}

TEST(FoldObjectives, TheirTextFitsBesideTheScopesInTheRecordOfTheRules) {
  v1::ObjectiveDefinition definition = objective("long", "true", "true");
  definition.set_service(std::string(objectives::kMaxObjectivesBytes - 1'000, 's'));
  FoldTask task({.objectives = all({definition})});
  task.take(10, request(1));
  ASSERT_TRUE(task.processor().prepare_commit(task.context()));
  for (const auto& emitted : task.context().take_emitted())
    EXPECT_TRUE(runtime::validate({"any", emitted.partition}, emitted.record));
}

TEST(FoldObjectives, CountsAreThoseOfANaiveRecount) {
  EXPECT_TRUE(rc::check([] {
    const auto objectives = all({objective("a", "latency <= 5us", "service != z", {"model"}),
                                 objective("b", "status == ok", "true", {"model", "service"})});
    ObjectiveCounts counts(objectives);
    using Key = std::tuple<std::string, std::string, std::int64_t>;
    std::map<Key, std::pair<std::int64_t, std::int64_t>> expected;
    std::map<Key, std::pair<std::int64_t, std::int64_t>> found;
    const auto drain = [&] {
      counts.drain([&](const ObjectiveDelta& delta) {
        const auto values =
            aggregates::decode_series(delta.series, delta.objective->per.size()).value();
        auto& [good, total] = found[{delta.objective->definition.name(),
                                     fmt::format("{}", fmt::join(values, ",")), delta.pane}];
        good += delta.good;
        total += delta.total;
      });
    };
    for (int n = *rc::gen::inRange(1, 4); n > 0; --n) {
      std::vector<events::EventRow> rows;
      std::vector<std::uint8_t> skip;
      events::EventColumns columns;
      for (int e = *rc::gen::inRange(1, 30); e > 0; --e) {
        events::EventRow row{.event_time_us = *rc::gen::inRange(1, 40) * kSecondUs};
        row.status = *rc::gen::element(1, 4);
        row.text(events::Text::model) = *rc::gen::element<std::string_view>("", "m", "n");
        row.text(events::Text::service) = *rc::gen::element<std::string_view>("", "y", "z");
        row.set(events::Number::latency, *rc::gen::inRange(0, 10));
        columns.append(row);
        rows.push_back(row);
        skip.push_back(*rc::gen::weightedElement<std::uint8_t>({{4, 0}, {1, 1}}));
      }
      counts.add(columns, skip);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (skip[i] != 0) continue;
        const std::string model(rows[i].text(events::Text::model));
        const std::string service(rows[i].text(events::Text::service));
        const std::int64_t pane = rows[i].event_time_us / objectives::kPaneUs;
        if (!service.empty() && service != "z") {
          auto& [good, total] = expected[{"a", model, pane}];
          good += rows[i].number(events::Number::latency) <= 5;
          ++total;
        }
        auto& [good, total] = expected[{"b", model + "," + service, pane}];
        good += rows[i].status == 1;
        ++total;
      }
      if (*rc::gen::arbitrary<bool>()) drain();
    }
    drain();
    RC_ASSERT(found == expected);
    RC_ASSERT(counts.bytes() == 0U);
  }));
}

}  // namespace
}  // namespace weir::fold
