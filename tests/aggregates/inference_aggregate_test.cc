#include "processors/aggregates/inference_aggregate.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "processors/core/id.h"
#include "tests/aggregates/any_aggregate.h"

namespace weir::aggregates {
namespace {

std::string encoded(const InferenceAggregate& aggregate) {
  std::string bytes;
  aggregate.encode(bytes);
  return bytes;
}

InferenceAggregate merged(const std::vector<const InferenceAggregate*>& parts) {
  InferenceAggregate all;
  for (const InferenceAggregate* part : parts) all.merge_same(*part);
  return all;
}

RC_GTEST_PROP(InferenceAggregate, is_the_aggregate_of_all_requests_however_they_were_cut, ()) {
  const auto a = any_requests();
  const auto b = any_requests();
  std::vector<Request> both = b;
  both.insert(both.end(), a.begin(), a.end());

  InferenceAggregate cut = aggregate_of(a);
  cut.merge_same(aggregate_of(b));

  RC_ASSERT(render(cut) == render(aggregate_of(both)));
  RC_ASSERT(encoded(cut) == encoded(aggregate_of(both)));
}

RC_GTEST_PROP(InferenceAggregate, merges_parts_of_a_pane_in_any_order, ()) {
  const InferenceAggregate a = aggregate_of(any_requests());
  const InferenceAggregate b = aggregate_of(any_requests());
  const InferenceAggregate c = aggregate_of(any_requests());
  const InferenceAggregate bc = merged({&b, &c});

  RC_ASSERT(encoded(merged({&a, &b, &c})) == encoded(merged({&bc, &a})));
  RC_ASSERT(merged({&a, &b, &c}) == merged({&c, &a, &b}));
}

RC_GTEST_PROP(InferenceAggregate, merges_panes_side_by_side_in_any_order, ()) {
  const InferenceAggregate a = aggregate_of(any_requests());
  const InferenceAggregate b = aggregate_of(any_requests());
  const InferenceAggregate c = aggregate_of(any_requests());
  InferenceAggregate left;
  for (const InferenceAggregate* pane : {&a, &b, &c}) left.merge_adjacent(*pane);
  InferenceAggregate coarse = c;
  coarse.merge_adjacent(b);
  InferenceAggregate right;
  right.merge_adjacent(coarse);
  right.merge_adjacent(a);

  RC_ASSERT(encoded(left) == encoded(right));
  RC_ASSERT(left.counters.seconds == decltype(left.counters.seconds){});
  RC_ASSERT(left.counters.busiest_second() ==
            std::max({a.counters.busiest_second(), b.counters.busiest_second(),
                      c.counters.busiest_second()}));
}

RC_GTEST_PROP(InferenceAggregate, merges_encoded_bytes_as_the_aggregate_itself, ()) {
  const InferenceAggregate a = aggregate_of(any_requests());
  const InferenceAggregate b = aggregate_of(any_requests());
  InferenceAggregate same = a;
  same.merge_same(b);
  InferenceAggregate adjacent = a;
  adjacent.merge_adjacent(b);

  InferenceAggregate reused = aggregate_of(any_requests());
  reused.clear();
  reused.merge_same(a);
  RC_ASSERT(reused.merge_same_encoded(encoded(b)).has_value());
  RC_ASSERT(render(reused) == render(same));
  RC_ASSERT(reused == same);
  InferenceAggregate window = a;
  RC_ASSERT(window.merge_adjacent_encoded(encoded(b)).has_value());
  RC_ASSERT(render(window) == render(adjacent));
  RC_ASSERT(window == adjacent);
  RC_ASSERT(InferenceAggregate::decode(encoded(b)).value() == b);
}

/// What fold does: sketches as bytes, the rest as plain counters.
RC_GTEST_PROP(InferenceAggregate, has_one_format_whoever_writes_it, ()) {
  const auto requests = any_requests();
  const InferenceAggregate aggregate = aggregate_of(requests);
  std::array<std::array<std::uint8_t, sketches::kDdSketchPaddedBins>, kDurations> bins{};
  std::array<std::vector<std::uint16_t>, kDurations> spill;
  AggregateParts parts{.counters = aggregate.counters,
                       .users = &aggregate.users,
                       .tenants = &aggregate.tenants,
                       .durations = {}};
  for (std::size_t i = 0; i < kDurations; ++i) {
    parts.durations[i].stats = aggregate.durations[i].stats;
    if (!kSketched[i]) continue;
    for (const Request& request : requests) {
      if (!request.durations[i]) continue;
      const std::uint32_t bin = sketches::ddsketch_bin(*request.durations[i]);
      if (++bins[i][bin] == 0) spill[i].push_back(static_cast<std::uint16_t>(bin));
    }
    bins[i].back() = 7;  // fold's place for what is absent: past the last bin
    parts.durations[i].bins = {(1u << sketches::kDdSketchBlocks) - 1, bins[i].data(), spill[i]};
  }

  std::string bytes;
  encode(parts, bytes);

  RC_ASSERT(bytes == encoded(aggregate));
}

RC_GTEST_PROP(InferenceAggregate, decodes_only_what_it_would_write, ()) {
  const auto noise = *rc::gen::arbitrary<std::string>();
  const std::string valid = encoded(aggregate_of(any_requests()));
  std::string mutated = valid;
  mutated[*rc::gen::inRange<std::size_t>(0, valid.size())] = *rc::gen::arbitrary<char>();
  const std::string cut = valid.substr(0, *rc::gen::inRange<std::size_t>(0, valid.size()));
  for (const std::string& bytes : {valid, mutated, cut, "\x01" + noise, "\x02" + noise}) {
    const auto decoded = InferenceAggregate::decode(bytes);
    if (decoded) RC_ASSERT(encoded(*decoded) == bytes);
  }
  RC_ASSERT(InferenceAggregate::decode(valid).has_value());
  RC_ASSERT(!InferenceAggregate::decode(cut).has_value());
  RC_ASSERT(!InferenceAggregate::decode(valid + '\0').has_value());
}

Request request_of(std::uint32_t status, std::size_t second, std::uint64_t latency_us) {
  Request request;
  request.status = status;
  request.second = second;
  request.tokens = 10;
  request.durations[0] = latency_us;
  request.durations[3] = 5;
  return request;
}

TEST(InferenceAggregate, adds_requests_up) {
  InferenceAggregate aggregate =
      aggregate_of({request_of(1, 2, 100), request_of(3, 2, 120), request_of(0, 9, 80)});
  EXPECT_EQ(render(aggregate),
            "status [1 0 1 0 0 0 0 0 0 0 1] seconds [0 0 2 0 0 0 0 0 0 1] peak 0 tokens 30 15 9 "
            "cold - retries - low 0/0 abnormal 0/0 users 0 tenants 0 "
            "latency 3x sum 300 max 120 p50 100 queue 3x sum 15 max 5 p50 0");
  EXPECT_EQ(aggregate.requests(), 3u);
  EXPECT_EQ(aggregate.counters.busiest_second(), 2u);

  aggregate.clear();
  EXPECT_EQ(aggregate, InferenceAggregate());
  EXPECT_TRUE(aggregate.empty());
}

TEST(InferenceAggregate, keeps_no_sketch_of_a_part_of_the_values) {
  DurationAggregate sketched;
  sketched.add(100, true);
  DurationAggregate plain;
  plain.add(200, false);
  DurationAggregate one = sketched;
  one.merge(plain);
  DurationAggregate other = plain;
  other.merge(sketched);
  EXPECT_EQ(one, other);
  EXPECT_EQ(one.stats, (DurationStats{.count = 2, .sum_us = 300, .max_us = 200}));
  EXPECT_TRUE(one.sketch.empty());
}

TEST(InferenceAggregate, saturates_sums) {
  DurationStats stats;
  stats.add(~std::uint64_t{0});
  stats.add(5);
  EXPECT_EQ(stats, (DurationStats{.count = 2, .sum_us = kMaxSum, .max_us = kMaxSum}));
}

// Version 1 of the format. If this fails, stored panes have become unreadable.
TEST(InferenceAggregate, reads_and_writes_the_bytes_of_version_1) {
  Request full = request_of(3, 9, 250'000);
  full.cold_start_us = 1'000;
  full.retries = 1;
  full.low_confidence = true;
  full.user = 1;
  InferenceAggregate aggregate = aggregate_of({request_of(1, 2, 100), full});
  aggregate.counters.peak = 1;

  EXPECT_EQ(to_hex(encoded(InferenceAggregate())), "010000");
  EXPECT_EQ(to_hex(encoded(aggregate)),
            "01ff9f0102"        // version, all parts up to latency, and queue; requests
            "04020101"          // seconds 2 and 9
            "01040001"          // peak, a server error
            "140a06"            // tokens
            "01e807e807"        // cold start
            "0101010000"        // retries, flags
            "0181ae060181ae06"  // users, tenants
            "f4a10f90a10f8204000000001000000001000000000000000201"  // latency
            "0a050002");
}

// Version 2 differs in this only. Version 1 had no way to say it.
TEST(InferenceAggregate, tells_no_cold_starts_from_nothing_told) {
  Request none;
  none.cold_start_us = 0;
  Request some;
  some.cold_start_us = 7;
  const InferenceAggregate untold = aggregate_of({Request()});
  const InferenceAggregate told = aggregate_of({Request(), none});
  const InferenceAggregate met = aggregate_of({none, some});

  EXPECT_EQ(to_hex(encoded(untold)), "010101010001");
  EXPECT_EQ(to_hex(encoded(told)), "024102010002");
  EXPECT_EQ(to_hex(encoded(met)), "014102010002010707");
  EXPECT_EQ(text(merged({&untold, &told}).counters.cold_start), "0x sum 0 max 0");
  EXPECT_EQ(text(merged({&told, &met}).counters.cold_start), "1x sum 7 max 7");
}

TEST(InferenceAggregate, takes_few_bytes_for_few_requests) {
  std::vector<Request> requests(10);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i] = request_of(i == 3 ? 3 : 1, i, 150'000 + 90'000 * i * i);
    requests[i].durations[1] = 30'000 + 11'000 * i * i;
    requests[i].durations[3].reset();
  }
  EXPECT_LE(encoded(aggregate_of(requests)).size(), 200u);
}

std::string decode_error(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  const auto decoded = InferenceAggregate::decode(bytes);
  return decoded ? "none" : decoded.error().message;
}

TEST(InferenceAggregate, refuses_what_it_would_not_write) {
  const std::string corrupt = " bytes is not what was written";
  EXPECT_EQ(decode_error("010005"), "none");
  EXPECT_EQ(decode_error(""), "aggregate of 0" + corrupt);
  EXPECT_EQ(decode_error("030005"), "aggregate of version 3; this binary reads versions 1 and 2");
  EXPECT_EQ(decode_error("020005"), "aggregate of 3" + corrupt);  // what version 1 can say
  EXPECT_EQ(decode_error("024005"), "none");
  EXPECT_EQ(decode_error("0100"), "aggregate of 2" + corrupt);
  EXPECT_EQ(decode_error("01000500"), "aggregate of 4" + corrupt);      // more than it says
  EXPECT_EQ(decode_error("0180800805"), "aggregate of 5" + corrupt);    // an unknown part
  EXPECT_EQ(decode_error("0101050000"), "aggregate of 5" + corrupt);    // no seconds
  EXPECT_EQ(decode_error("010105010000"), "aggregate of 6" + corrupt);  // a second with 0
  EXPECT_EQ(decode_error("010105010006"), "aggregate of 6" + corrupt);  // 6 of 5 requests
  EXPECT_EQ(decode_error("010105000401"), "aggregate of 6" + corrupt);  // an eleventh second
  EXPECT_EQ(decode_error("01020506"), "aggregate of 4" + corrupt);      // a peak of 6 of 5
  EXPECT_EQ(decode_error("010405020006"), "aggregate of 6" + corrupt);  // 6 errors of 5
  EXPECT_EQ(decode_error("010405010001"), "aggregate of 6" + corrupt);  // ok as an error
  EXPECT_EQ(decode_error("014005010506"), "aggregate of 6" + corrupt);  // max above sum
  EXPECT_EQ(decode_error("014005000000"), "aggregate of 6" + corrupt);  // cold starts of none
  EXPECT_EQ(decode_error("01800205010200"
                         "00"),
            "aggregate of 8" + corrupt);                                    // 2 of 1 flags
  EXPECT_EQ(decode_error("0180020500000000"), "aggregate of 8" + corrupt);  // flags nobody told
  EXPECT_EQ(decode_error("0180040500"), "aggregate of 5" + corrupt);        // no users
  EXPECT_EQ(decode_error("0180100505050000"), "aggregate of 8" + corrupt);  // a duration of none
}

}  // namespace
}  // namespace weir::aggregates
