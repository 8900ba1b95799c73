#include "processors/slo/state.h"

#include <gtest/gtest.h>

#include "processors/core/id.h"
#include "tests/slo/slo_task.h"

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
          .silent_severity = "ticket",
          .silent_since_us = 10,
          .tell = true,
          .correction_reason = v1::CORRECTION_REASON_LATE,
          .correction = {-1, 0},
          .correction_from_us = 10,
          .correction_to_us = 20,
          .sums = {{300, {1, 2}}, {0, {3, 4}}},
          .conditions = {{"fast", v1::CONDITION_STATE_FIRING, "page", true}, {"slow"}}};
}

/// As version 1 wrote it.
std::string old_bytes(const LedgerRecord& ledger) {
  std::string out;
  put_fixed(out, ledger.objective_id);
  put_fixed(out, ledger.version);
  put_bytes(out, ledger.series);
  put_fixed(out, static_cast<std::uint8_t>(ledger.overflow));
  put_counts(out, ledger.lifetime);
  put_counts(out, ledger.excluded);
  for (const TimeUs time :
       {ledger.advanced_to_us, ledger.period_start_us, ledger.slice_end_us, ledger.last_event_us})
    put_fixed(out, time);
  put_fixed(out, static_cast<std::uint8_t>(ledger.silent));
  put_fixed(out, static_cast<std::uint8_t>(ledger.tell));
  put_fixed(out, static_cast<std::uint8_t>(ledger.correction_reason));
  put_counts(out, ledger.correction);
  put_fixed(out, ledger.correction_from_us);
  put_fixed(out, ledger.correction_to_us);
  put_varint(out, ledger.sums.size());
  for (const LedgerRecord::Sum& sum : ledger.sums) {
    put_fixed(out, sum.length_us);
    put_counts(out, sum.counts);
  }
  put_varint(out, ledger.conditions.size());
  for (const LedgerRecord::Condition& condition : ledger.conditions) {
    put_bytes(out, condition.name);
    put_fixed(out, static_cast<std::uint8_t>(condition.state));
  }
  return out;
}

TEST(SloState, ALedgerIsReadAsItWasWritten) {
  EXPECT_EQ(decode_ledger(encode_ledger(record())).value(), record());
  EXPECT_EQ(decode_ledger(encode_ledger({})).value(), LedgerRecord{});
}

TEST(SloState, ALedgerOfVersion1HasNoSeveritiesAndWhatFiresBurnt) {
  LedgerRecord expected = record();
  expected.silent_since_us = expected.last_event_us;
  expected.silent_severity.clear();
  expected.conditions[0].severity.clear();
  EXPECT_EQ(decode_ledger(old_bytes(record())).value(), expected);
}

TEST(SloState, WhatFiresSinceVersion1HasTheSeverityOfItsDefinition) {
  v1::ObjectiveDefinition definition = objective();
  *definition.add_condition() = condition(10, 5 * kMinuteUs, 0);
  const auto plan =
      std::make_shared<const LedgerPlan>(objectives::make_objective(definition).value());
  LedgerRecord old = make_ledger(plan, {.objective_id = plan->objective().id, .version = 1}).record;
  old.conditions[0].state = v1::CONDITION_STATE_FIRING;
  state::MemoryStore store;
  state::WriteBack cache(store, 1 << 20);
  cache.put(std::string(kDefinitionsKey), objectives({definition}).SerializeAsString());
  cache.put(ledger_key(0), old_bytes(old));
  ASSERT_TRUE(store.write(cache.take_changes(), state::Durability::synced));

  Ledgers ledgers(10, cache);
  ASSERT_TRUE(ledgers.open());
  ASSERT_EQ(ledgers.size(), 1U);
  EXPECT_EQ(ledgers.find(0)->record.conditions[0].severity, "page");
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

/// In a tick, and closed until 20.
Head head_that_told_until(TimeUs told_until_us) {
  return {.closed_until_us = 20,
          .in_tick = true,
          .step_end_us = 30,
          .step_ledger = 2,
          .as_of_offset = 5,
          .append_time_us = 40,
          .finished = true,
          .told_until_us = told_until_us};
}

TEST(SloState, TheHeadIsReadAsItWasWrittenAndAnotherVersionIsRefused) {
  windows::Sources sources({});
  ASSERT_TRUE(sources.advance({.partitions = 1, .end_offset = 4, .watermark_us = 30}));
  std::string bytes = encode_head(head_that_told_until(10), sources);
  Head head;
  windows::Sources read({});
  ASSERT_TRUE(decode_head(bytes, head, read));
  EXPECT_EQ(encode_head(head, read), bytes);
  EXPECT_EQ(head.told_until_us, 10);
  bytes[0] = 9;
  EXPECT_EQ(decode_head(bytes, head, read).error().code, ErrorCode::version);
}

TEST(SloState, AnOlderHeadToldTimeUntilTheTickThatWasClosedLast) {
  windows::Sources sources({});
  ASSERT_TRUE(sources.advance({.partitions = 1, .end_offset = 4, .watermark_us = 30}));
  const Head expected = head_that_told_until(20);
  std::string old = encode_head(expected, sources);
  std::string of_sources;
  sources.encode(of_sources);
  old.erase(old.size() - of_sources.size() - sizeof(TimeUs), sizeof(TimeUs));
  for (const char version : {'\1', '\2'}) {
    old[0] = version;
    Head head;
    windows::Sources read({});
    ASSERT_TRUE(decode_head(old, head, read));
    EXPECT_EQ(encode_head(head, read), encode_head(expected, sources));
  }
}

}  // namespace
}  // namespace weir::slo
