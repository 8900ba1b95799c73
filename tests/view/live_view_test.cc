#include "sinks/view/live_view.h"

#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/fakes/memory_log.h"
#include "weir/v1/config.pb.h"

namespace weir::view {
namespace {

constexpr DurationUs kHop = 10 * kSecondUs;
constexpr windows::Window kMinute = {kMinuteUs, kHop};

struct Telling {
  std::string service;
  TimeUs end_s = 0;
  std::int64_t requests = 0;
  bool restates = false;
};

/// Results by hand, of [service] over 1m/10s, in two partitions.
class Results {
 public:
  Results() {
    RC_ASSERT(log.create_topic({.name = "weir.config", .partitions = 1}).has_value());
    RC_ASSERT(log.create_topic({.name = "weir.kpi", .partitions = 2}).has_value());
    v1::ConfigRecord config;
    config.set_version(1);
    v1::ScopeDefinition& scope = *config.mutable_definitions()->add_scope();
    scope.add_dimension("service");
    v1::WindowDefinition& window = *scope.add_window();
    window.set_length_us(kMinute.length_us);
    window.set_hop_us(kMinute.hop_us);
    append("weir.config", 0, {.value = config.SerializeAsString()});
  }

  void tell(const Telling& telling, std::int32_t partition) {
    v1::KpiResult result;
    result.set_version(1);
    result.add_scope("service");
    result.add_series(telling.service);
    result.set_end_time_us(telling.end_s * kSecondUs);
    result.set_restates(telling.restates);
    v1::WindowResult& window = *result.add_window();
    window.set_length_us(kMinute.length_us);
    window.set_hop_us(kMinute.hop_us);
    window.set_complete(true);
    window.mutable_value()->set_requests(telling.requests);
    append("weir.kpi", partition,
           {.key = fmt::format("service={}@{}", telling.service, telling.end_s),
            .value = result.SerializeAsString(),
            .append_time_us = ++appended_});
  }

  fakes::MemoryLog log;

 private:
  void append(const std::string& topic, std::int32_t partition, runtime::NewRecord record) {
    RC_ASSERT(log.append({topic, partition}, {&record, 1}).has_value());
  }

  TimeUs appended_ = 0;
};

/// "20 chat 3", one a line; of ends in the range.
std::string shown(const Result<results::KpiResults>& answer, TimeUs from_s = 0,
                  TimeUs to_s = 10'000) {
  if (!answer) return answer.error().message;
  std::string text;
  const auto read = answer->read([&](const results::KpiRow& row) {
    const TimeUs end_s = row.end_time_us / kSecondUs;
    if (end_s >= from_s && end_s <= to_s)
      text += fmt::format("{} {} {}\n", end_s, row.series[0], row.window.value().requests());
    return true;
  });
  return read ? text : read.error().message;
}

results::KpiQuery from_second(TimeUs from_s, TimeUs to_s = 10'000) {
  return {.scope = {"service"},
          .window = "1m",
          .from_us = from_s * kSecondUs,
          .to_us = to_s * kSecondUs};
}

/// Traffic as kpi tells it: at each tick what changed, then what late events changed.
void tell_traffic(Results& results, std::mt19937& random, std::int32_t partition, TimeUs until_s) {
  const auto chance = [&](unsigned of) { return random() % of == 0; };
  const std::vector<std::string> services =
      partition == 0 ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{"c", "d"};
  std::map<std::pair<std::string, TimeUs>, std::int64_t> panes;  // requests by service and pane end
  const auto window_of = [&](const std::string& service, TimeUs end_s) {
    std::int64_t sum = 0;
    for (TimeUs pane = end_s - 50; pane <= end_s; pane += 10) sum += panes[{service, pane}];
    return sum;
  };
  for (TimeUs end_s = 10; end_s <= until_s; end_s += 10) {
    for (const std::string& service : services) {
      if (chance(3)) panes[{service, end_s}] = 1 + static_cast<std::int64_t>(random() % 9);
      if (panes[{service, end_s}] > 0 || panes[{service, end_s - 60}] > 0)
        results.tell({service, end_s, window_of(service, end_s)}, partition);
    }
    if (!chance(5)) continue;
    const std::string& late = services[random() % 2];
    const TimeUs pane = std::max<TimeUs>(10, end_s - 10 * static_cast<TimeUs>(random() % 20));
    ++panes[{late, pane}];
    // The end at which it left, too: nobody was told of that before.
    for (TimeUs end = pane; end <= std::min(end_s, pane + 60); end += 10)
      results.tell({late, end, window_of(late, end), true}, partition);
  }
}

TEST(LiveView, AnswersLikeTheLogWhateverItRemembers) {
  rc::check([](unsigned seed, bool small, bool late_start) {
    std::mt19937 random(seed);
    Results results;
    runtime::Metrics metrics;
    Probe probe(metrics);
    tell_traffic(results, random, 0, 300);
    tell_traffic(results, random, 1, 250 + 10 * static_cast<TimeUs>(random() % 5));
    LiveView view(results.log,
                  {.max_bytes = small ? 6'000U : 1U << 20,
                   .history_us = late_start ? 150 * kSecondUs : kHourUs},
                  probe);
    RC_ASSERT(view.open().has_value());

    const auto all = results::KpiResults::open(results.log, from_second(0));
    for (TimeUs from_s = 0; from_s < 320; from_s += 35) {
      for (const TimeUs to_s : {from_s + 20, TimeUs{10'000}}) {
        const std::string expected = shown(all, from_s, to_s);
        const auto query = from_second(from_s, to_s);
        RC_ASSERT(shown(view.query(query)) == expected);
        RC_ASSERT(shown(results::KpiResults::open(results.log, query)) == expected);
      }
    }
    RC_ASSERT(small || probe.log_answers.value() == 0 || late_start);
  });
}

class LiveViewTest : public testing::Test {
 protected:
  void open() { ASSERT_TRUE(view_.open()); }
  void update() { ASSERT_TRUE(view_.update()); }

  /// "10 20 30", or "forgotten".
  std::string changed_since(const Position& position) {
    const auto selection = view_.catalog()->select(from_second(0));
    const auto ends = view_.changed_ends(*selection, position);
    if (!ends) return "forgotten";
    std::string text;
    for (const TimeUs end : *ends) text += fmt::format("{} ", end / kSecondUs);
    return text;
  }

  Results results_;
  runtime::Metrics metrics_;
  Probe probe_{metrics_};
  LiveView view_{results_.log, {.max_bytes = 4'000}, probe_};
};

TEST_F(LiveViewTest, FollowsTheLog) {
  open();
  EXPECT_EQ(shown(view_.query(from_second(0))), "");
  results_.tell({"chat", 10, 3}, 0);
  EXPECT_EQ(view_.last_end(), kMinTime);
  update();

  EXPECT_EQ(shown(view_.query(from_second(0))), "10 chat 3\n");
  EXPECT_EQ(view_.last_end(), 10 * kSecondUs);
  EXPECT_EQ(to_string(view_.position()), "1,0");
}

TEST_F(LiveViewTest, KnowsWhichEndsChangedSinceAPosition) {
  open();
  results_.tell({"chat", 10, 3}, 0);
  update();
  const Position before = view_.position();
  EXPECT_EQ(changed_since(before), "");
  results_.tell({"chat", 40, 4}, 0);
  results_.tell({"chat", 10, 5, true}, 0);
  results_.tell({"code", 10, 1}, 1);
  update();

  // 20 and 30 are those to which the value of 10 is carried.
  EXPECT_EQ(changed_since(before), "10 20 30 40 ");
  EXPECT_EQ(changed_since({{3, 0}}), "10 ");
  EXPECT_EQ(changed_since(view_.position()), "");
  EXPECT_EQ(changed_since({{9, 0}}), "forgotten");
  EXPECT_EQ(changed_since({{3}}), "forgotten");
}

TEST_F(LiveViewTest, ForgetsTheOldestAndAnswersFromTheLogThen) {
  for (TimeUs end_s = 10; end_s <= 1000; end_s += 10) results_.tell({"chat", end_s, end_s}, 0);
  open();

  EXPECT_LE(metrics_.gauge("weir_view_bytes", "Memory of the live view, estimated.").value(),
            4'000);
  EXPECT_GT(probe_.evicted.value(), 80U);
  EXPECT_EQ(changed_since({{0, 0}}), "forgotten");
  EXPECT_EQ(shown(view_.query(from_second(10, 20))), "10 chat 10\n20 chat 20\n");
  EXPECT_EQ(probe_.log_answers.value(), 1U);
  EXPECT_EQ(shown(view_.query(from_second(990))), "990 chat 990\n1000 chat 1000\n");
  EXPECT_EQ(probe_.memory_answers.value(), 1U);
}

TEST_F(LiveViewTest, TheCommonEndWaitsForAPartitionThatIsLittleBehind) {
  open();
  EXPECT_EQ(view_.common_end({"service"}, kMinute), std::nullopt);
  results_.tell({"chat", 40, 3}, 0);
  results_.tell({"code", 30, 3}, 1);
  update();
  EXPECT_EQ(view_.common_end({"service"}, kMinute), 30 * kSecondUs);

  results_.tell({"chat", 100, 3}, 0);
  update();
  EXPECT_EQ(view_.common_end({"service"}, kMinute), 100 * kSecondUs);
}

TEST(Position, IsText) {
  EXPECT_EQ(to_string({{120, 98}}), "120,98");
  EXPECT_EQ(parse_position("120,98"), (Position{{120, 98}}));
  EXPECT_EQ(parse_position("120,"), std::nullopt);
  EXPECT_EQ(parse_position("-1"), std::nullopt);
  EXPECT_EQ(parse_position(""), std::nullopt);
}

}  // namespace
}  // namespace weir::view
