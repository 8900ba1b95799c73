#include "sinks/results/proto_json.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "weir/v1/kpi.pb.h"
#include "weir/v1/signal.pb.h"

namespace weir::results {
namespace {

TEST(ProtoJson, AbsentIsNullAndZeroIsNot) {
  v1::Distribution distribution;
  distribution.set_count(2);
  distribution.set_p50(0);

  EXPECT_EQ(to_json(distribution, Absent::null).dump(),
            R"({"count":2,"mean":0.0,"p50":0,"p90":null,"p95":null,"p99":null,"p999":null,)"
            R"("max":0,"tail_ratio":null})");
  EXPECT_EQ(to_json(distribution, Absent::left_out).dump(),
            R"({"count":2,"mean":0.0,"p50":0,"max":0})");
}

// A reader that has all numbers as doubles would take 2^53 + 1 for 2^53.
TEST(ProtoJson, IdsAreTextAndTimesAreNumbers) {
  v1::ConditionChange change;
  change.set_objective_id((std::uint64_t{1} << 53) + 1);
  change.set_exhausted_at_us(1'767'603'600'000'000);

  const Json json = to_json(change, Absent::left_out);

  EXPECT_EQ(json.at("objective_id").dump(), R"("9007199254740993")");
  EXPECT_EQ(json.at("exhausted_at_us").dump(), "1767603600000000");
  v1::ConditionChange again;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json.dump(), &again).ok());
  EXPECT_EQ(again.SerializeAsString(), change.SerializeAsString());
}

TEST(ProtoJson, ScalarsHaveTheirPath) {
  v1::KpiValues values;
  values.mutable_status()->set_oom(7);
  std::string text;
  for_each_scalar(values, [&](const std::string& name, const Json& value) {
    if (name == "requests" || name == "status.oom" || name == "latency_us.p99")
      text += name + "=" + value.dump() + " ";
  });

  EXPECT_EQ(text, "requests=0 status.oom=7 latency_us.p99=null ");
}

}  // namespace
}  // namespace weir::results
