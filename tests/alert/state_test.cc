#include "processors/alert/state.h"

#include <gtest/gtest.h>

#include "processors/core/id.h"

namespace weir::alert {
namespace {

Head head() {
  return {.append_time_us = 5,
          .behind_since_us = 4,
          .was_behind = true,
          .told_again_us = 6,
          .rules_hash = 7,
          .sources = {{{"slo", 0}, {.time_us = 1, .append_time_us = 2, .complete = true}},
                      {{"slo", 1}, {.time_us = 3, .append_time_us = 4}}}};
}

Entry entry() {
  Entry entry{.source = {"slo", 1},
              .fires_at_us = 7,
              .quiet_since_us = 8,
              .resolved_append_us = 9,
              .grouped_life = 2,
              .changed = true,
              .onsets = {1, 2}};
  entry.alert.set_fingerprint("f");
  entry.alert.set_life(3);
  return entry;
}

Group group() {
  return {.route = "r",
          .labels = {{"a", "b"}},
          .sequence = 2,
          .dirty_since_us = 3,
          .dirty_time_us = 4,
          .last_told_us = 5,
          .throttled = true,
          .members = {{"f", {.life = 1, .acknowledged = true}}, {"g", {}}}};
}

TEST(AlertState, IsReadAsItWasWritten) {
  EXPECT_EQ(decode_head(encode_head(head())).value(), head());
  EXPECT_EQ(decode_group(encode_group(group())).value(), group());
  const Load load{.last_digest_us = 3, .told = {1, 2}};
  EXPECT_EQ(decode_load(encode_load(load)).value(), load);
  EXPECT_EQ(encode_entry(*decode_entry(encode_entry(entry()))), encode_entry(entry()));
  const GroupKey key{"oncall", "{}:{a=\"b\"}"};
  EXPECT_EQ(parse_group_key(group_key(key)).value(), key);
}

TEST(AlertState, HasTheBytesOfItsVersion) {
  EXPECT_EQ(to_hex(encode_head(head())),
            "020500000000000000040000000000000001060000000000000007000000000000000203"
            "73"
            "6c6f0000000001000000000000000200000000000000010373"
            "6c6f010000000300000000000000040000000000000000");
  EXPECT_EQ(to_hex(encode_entry(entry())),
            "03736c6f01000000070000000000000008000000000000000900000000000000020000000102"
            "010000000000000002000000000000000a01663003");
  EXPECT_EQ(to_hex(encode_group(group())),
            "017201016101620200000003000000000000000400000000000000050000000000000001"
            "02016601000000010167000000"
            "0000");
  EXPECT_EQ(to_hex(encode_load({.last_digest_us = 3, .told = {1}})),
            "0300000000000000010100000000000000");
}

TEST(AlertState, AnOlderHeadIsReadAsOneThatNeverToldAgain) {
  std::string bytes = encode_head(head());
  bytes[0] = 1;
  bytes.erase(1 + 2 * sizeof(TimeUs) + 1, sizeof(TimeUs) + sizeof(std::uint64_t));
  Head expected = head();
  expected.told_again_us = kMinTime;
  expected.rules_hash = 0;
  EXPECT_EQ(decode_head(bytes).value(), expected);
  bytes[0] = 3;
  EXPECT_EQ(decode_head(bytes).error().message,
            "state of alert: version 3, this binary reads 1 to 2");
}

TEST(AlertState, EveryCutIsDamage) {
  const auto cut = [](const std::string& bytes, auto decode) {
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(decode(bytes.substr(0, size))) << size;
    EXPECT_FALSE(decode(bytes + '\0'));
  };
  cut(encode_head(head()), decode_head);
  cut(encode_group(group()), decode_group);
  cut(encode_load({.told = {1}}), decode_load);
  const std::string bytes = encode_entry(entry());
  const std::size_t message = entry().alert.ByteSizeLong();
  for (std::size_t size = 0; size < bytes.size() - message; ++size)
    EXPECT_FALSE(decode_entry(bytes.substr(0, size))) << size;
}

TEST(AlertState, AnotherVersionIsRefused) {
  std::string bytes = encode_head(head());
  bytes[0] = 9;
  EXPECT_EQ(decode_head(bytes).error().code, ErrorCode::version);
}

}  // namespace
}  // namespace weir::alert
