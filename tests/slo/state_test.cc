#include "processors/slo/state.h"

#include <gtest/gtest.h>

#include "processors/core/id.h"

namespace weir::slo {
namespace {

LedgerRecord record() {
  return {.objective_id = 7,
          .version = 2,
          .series = "\1a",
          .overflow = true,
          .lifetime = {3, 5},
          .excluded = {1, 1},
          .advanced_to_us = 20,
          .period_start_us = -10,
          .slice_end_us = 60,
          .last_event_us = 20,
          .silent = true,
          .tell = true,
          .correction_reason = v1::CORRECTION_REASON_LATE,
          .correction = {-1, 0},
          .correction_from_us = 10,
          .correction_to_us = 20,
          .sums = {{300, {1, 2}}, {0, {3, 4}}},
          .conditions = {{"page", v1::CONDITION_STATE_FIRING}}};
}

TEST(SloState, ALedgerIsReadAsItWasWritten) {
  EXPECT_EQ(decode_ledger(encode_ledger(record())).value(), record());
  EXPECT_EQ(decode_ledger(encode_ledger({})).value(), LedgerRecord{});
}

TEST(SloState, EveryCutOfALedgerIsDamage) {
  const std::string bytes = encode_ledger(record());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_ledger(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode_ledger(bytes + '\0'));
}

TEST(SloState, KeysAreReadAndSortAsTheirNumbers) {
  const OpenKey early{.end_us = -10, .ledger = 9};
  const OpenKey late{.end_us = 10, .ledger = 1};
  EXPECT_LT(open_key(early), open_key(late));
  EXPECT_EQ(parse_open_key(open_key(early)).value(), early);
  EXPECT_EQ(parse_ledger_key(ledger_key(258)).value(), 258U);
  EXPECT_EQ(to_hex(pane_key(1, 2, 3)), "50000000010200000003");
  const auto version = decode_version(encode_version({.version = 3, .id = 4})).value();
  EXPECT_EQ(version.version, 3U);
  EXPECT_EQ(version.id, 4U);
}

TEST(SloState, TheHeadIsReadAsItWasWrittenAndAnotherVersionIsRefused) {
  windows::Sources sources({});
  ASSERT_TRUE(sources.advance({.partitions = 1, .end_offset = 4, .watermark_us = 30}));
  std::string bytes = encode_head({.closed_until_us = 20,
                                   .in_tick = true,
                                   .step_end_us = 30,
                                   .step_ledger = 2,
                                   .as_of_offset = 5,
                                   .append_time_us = 40,
                                   .finished = true},
                                  sources);
  Head head;
  windows::Sources read({});
  ASSERT_TRUE(decode_head(bytes, head, read));
  EXPECT_EQ(encode_head(head, read), bytes);
  bytes[0] = 9;
  EXPECT_EQ(decode_head(bytes, head, read).error().code, ErrorCode::version);
}

}  // namespace
}  // namespace weir::slo
