#include "processors/aggregates/kpi_values.h"

#include <gtest/gtest.h>

#include <google/protobuf/text_format.h>

#include "tests/aggregates/any_aggregate.h"

namespace weir::aggregates {
namespace {

Scope scope() {
  Scope scope;
  scope.sketched = kSketched;
  scope.distinct_users = true;
  return scope;
}

constexpr std::array<bool, kStatuses> rated() {
  std::array<bool, kStatuses> rated{};
  rated.fill(true);
  rated[1] = rated[8] = rated[kStatusAbsent] = false;  // client errors, cancellations
  return rated;
}

std::string render(const google::protobuf::Message& message) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(message, &text);
  if (!text.empty()) text.pop_back();
  return text;
}

v1::KpiValues values_of(const std::vector<Request>& requests) {
  return to_values(aggregate_of(requests), kMinuteUs, scope(), rated());
}

TEST(KpiValues, are_nothing_for_nothing) { EXPECT_EQ(render(values_of({})), ""); }

TEST(KpiValues, say_what_events_told) {
  std::vector<Request> requests(4);
  requests[1].status = 3;
  requests[2].status = 2;  // not rated
  for (std::size_t i = 0; i < 4; ++i) {
    Request& request = requests[i];
    request.second = i / 3;
    request.tokens = 30;
    request.user = i;
    request.durations[0] = 100 * (i + 1);
    request.durations[3] = 7;
  }
  requests[0].cold_start_us = 50;
  requests[1].cold_start_us = 0;
  requests[0].retries = 2;
  requests[0].low_confidence = true;
  requests[1].low_confidence = false;

  EXPECT_EQ(render(values_of(requests)),
            "requests: 4 status { ok: 2 client_error: 1 server_error: 1 } rated: 3 "
            "success_ratio: 0.66666666666666663 "
            "latency_us { count: 4 mean: 250 p50: 200 p90: 400 p95: 400 p99: 400 p999: 400 "
            "max: 400 tail_ratio: 2 } "
            "queue_us { count: 4 mean: 7 max: 7 } "
            "requests_per_second: 0.066666666666666666 peak_requests_per_second: 3 "
            "input_tokens: 120 output_tokens: 60 cached_tokens: 40 tokens_per_second: 3 "
            "cold_starts: 1 cold_start_us { count: 1 mean: 50 max: 50 } retries: 2 "
            "low_confidence_ratio: 0.5 distinct_users: 3");
}

TEST(KpiValues, leave_absent_what_nobody_told) {
  std::vector<Request> requests(2);
  for (Request& request : requests) request.status = 0;

  EXPECT_EQ(render(values_of(requests)),
            "requests: 2 status { absent: 2 } requests_per_second: 0.033333333333333333 "
            "peak_requests_per_second: 2");
}

TEST(KpiValues, are_zero_where_events_told_of_none) {
  std::vector<Request> requests(2);
  requests[0].cold_start_us = 0;
  requests[0].retries = 0;

  EXPECT_EQ(render(values_of(requests)),
            "requests: 2 status { ok: 2 } rated: 2 success_ratio: 1 "
            "requests_per_second: 0.033333333333333333 peak_requests_per_second: 2 "
            "cold_starts: 0 retries: 0");
}

TEST(KpiValues, differ_field_by_field_and_signed) {
  std::vector<Request> before(2);
  before[0].durations[0] = 100;
  before[1].tokens = 30;
  std::vector<Request> after = before;
  after.resize(6);
  after[0].durations[0] = 60;
  after[2].status = 3;
  after[3].durations[1] = 50;
  after[4].retries = 1;
  after[5].cold_start_us = 0;

  EXPECT_EQ(render(difference(values_of(after), values_of(before))),
            "requests: 4 status { ok: 3 server_error: 1 } rated: 4 "
            "success_ratio: -0.16666666666666663 "
            "latency_us { mean: -40 p50: -40 p90: -40 p95: -40 p99: -40 p999: -40 max: -40 "
            "tail_ratio: 0 } "
            "ttft_us { count: 1 mean: 50 max: 50 } "
            "requests_per_second: 0.06666666666666668 peak_requests_per_second: 4 "
            "input_tokens: 0 output_tokens: 0 cached_tokens: 0 tokens_per_second: 0 cold_starts: 0 "
            "retries: 1");
  EXPECT_EQ(
      render(difference(values_of({}), values_of(before))),
      "requests: -2 status { ok: -2 } rated: -2 latency_us { count: -1 mean: -100 max: -100 } "
      "requests_per_second: -0.033333333333333333 peak_requests_per_second: -2 "
      "input_tokens: -30 output_tokens: -15 cached_tokens: -10");
}

}  // namespace
}  // namespace weir::aggregates
