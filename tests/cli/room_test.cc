// What the command line makes of the room on a disk: budgets, retention, what had to go.
#include <gtest/gtest.h>

#include <fstream>

#include "processors/ingest/import.h"
#include "processors/runtime/embedded_log.h"
#include "tests/fakes/sim_file_system.h"
#include "tests/fakes/temp_directory.h"
#include "tools/weir/home.h"
#include "tools/weir/kept_records.h"
#include "tools/weir/pipeline.h"
#include "tools/weir/process_facts.h"

namespace weir::cli {
namespace {

Result<std::unique_ptr<runtime::EmbeddedLog>> open_log(fakes::SimFileSystem& disk,
                                                       std::uint64_t disk_bytes) {
  return runtime::EmbeddedLog::open(
      {.directory = "/log",
       .files = &disk,
       .open_store = [&disk](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
         return disk.open_store(path);
       },
       .clock = [] { return TimeUs{1}; },
       .disk_bytes = disk_bytes,
       .segment_bytes = 1000,
       .sync_threads = 1});
}

std::string write(const fakes::TempDirectory& directory, const std::string& text) {
  const std::string file = directory.path() + "/weir.yaml";
  std::ofstream(file) << text;
  return file;
}

TEST(Room, EveryRetentionReachesItsTopics) {
  const fakes::TempDirectory directory;
  const auto settings = load_settings(write(directory,
                                            "retention:\n"
                                            "  raw: {age: 1h, size: 1MiB}\n"
                                            "  partial: {age: 2h, size: 2MiB}\n"
                                            "  result: {age: 3h, size: 3MiB}\n"
                                            "  dead_letter: {age: 4h, size: 4MiB}\n"))
                            .value();
  fakes::SimFileSystem disk;
  const auto log = open_log(disk, settings.disk_bytes).value();
  runtime::Metrics metrics;
  Probes probes(metrics);
  ASSERT_TRUE(Pipeline::make({.settings = &settings, .log = log.get(), .raw = log.get()}, probes));

  std::string found;
  const auto store = disk.open_store("/log/state");
  for (const std::string_view topic :
       {topics::kInference, topics::kPartial, topics::kKpi, topics::kDeadLetter, topics::kConfig}) {
    std::string value;
    ASSERT_TRUE(store->get(runtime::topic_key(topic), value).value());
    const auto retention = runtime::decode_topic(topic, value)->retention;
    found += fmt::format("{} {} {}MiB\n", topic, format_duration(retention.max_age_us),
                         retention.max_bytes >> 20);
  }
  EXPECT_EQ(found,
            "weir.inference 1h 1MiB\nweir.partial 2h 2MiB\nweir.kpi 3h 3MiB\n"
            "weir.deadletter 4h 4MiB\nweir.config 3h 3MiB\n");
}

TEST(Room, ADiskThatIsTooSmallIsRefusedWhereItStands) {
  const fakes::TempDirectory directory;
  const auto refusal = [&](const std::string& text) {
    const auto settings = load_settings(write(directory, text));
    return settings ? "" : settings.error().message.substr(directory.path().size());
  };

  EXPECT_EQ(refusal("disk: 63MiB\n"),
            "/weir.yaml:1: key 'disk': must be at least 64MiB, and 8MiB a partition");
  EXPECT_EQ(refusal("raw_partitions: 8\npartitions: 8\ndisk: 127MiB\n"),
            "/weir.yaml:3: key 'disk': must be at least 128MiB, and 8MiB a partition");
  EXPECT_EQ(refusal("disk: 64MiB\n"), "");
  EXPECT_EQ(refusal("raw_partitions: 1024\npartitions: 1024\n"), "");
}

TEST(Room, WhatHadToGoIsAnErrorThatNamesIt) {
  fakes::SimFileSystem disk;
  const auto log = open_log(disk, 5000).value();
  ASSERT_TRUE(log->create_topic({.name = std::string(topics::kKpi)}));
  const auto add = [&] {
    const runtime::NewRecord record{.value = std::string(400, 'x')};
    ASSERT_TRUE(log->append({std::string(topics::kKpi), 0}, {&record, 1}));
  };
  const auto starts = [&] { return starts_of(*log, {topics::kKpi, topics::kDeadLetter}).value(); };
  for (int i = 0; i < 4; ++i) add();
  EXPECT_TRUE(check_kept({}, starts(), "/log"));
  for (int i = 0; i < 20; ++i) add();
  const Starts before = starts();

  const auto gone = check_kept({}, before, "/log");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::exhausted);
  EXPECT_EQ(gone.error().message,
            fmt::format("/log: there was no room for all: records [0, {}) of weir.kpi/0 had to go; "
                        "raise `disk:`, make room on the disk or give it less, and do it again in "
                        "a new directory",
                        before.begin()->second));
  EXPECT_TRUE(check_kept(before, starts(), "/log"));  // what was gone before is not its fault
}

// It stops at once: nothing that is there goes for it.
TEST(Room, AnImportOnAFullDiskFails) {
  const fakes::TempDirectory directory;
  std::string events;
  for (int i = 0; i < 20'000; ++i)
    events += fmt::format(R"({{"event_time_us":{},"request_id":"{:032x}"}})"
                          "\n",
                          1'700'000'000'000'000 + i, i);
  const std::string file = directory.path() + "/events.ndjson";
  std::ofstream(file) << events;
  fakes::SimFileSystem disk;
  const auto log = open_log(disk, std::uint64_t{1} << 40).value();
  ASSERT_TRUE(log->create_topic({.name = std::string(topics::kInference),
                                 .raw = true,
                                 .readers = std::vector<std::string>{"fold"}}));
  ASSERT_TRUE(log->create_topic({.name = std::string(topics::kDeadLetter)}));
  const runtime::NewRecord record{.value = std::string(400, 'x')};
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(log->append({std::string(topics::kInference), 0}, {&record, 1}));
  disk.set_capacity(disk.used_bytes() + (64 << 20) + 10'000);

  const auto imported =
      ingest::import_files({.format = ingest::ImportFormat::ndjson, .files = {file}}, *log,
                           [](std::uint64_t, std::uint64_t) {});

  ASSERT_FALSE(imported);
  EXPECT_EQ(imported.error().code, ErrorCode::exhausted);
  EXPECT_NE(imported.error().message.find("no room for"), std::string::npos)
      << imported.error().message;
  EXPECT_EQ(log->bounds({std::string(topics::kInference), 0}).value(), (runtime::Bounds{0, 10}));
}

// What is not read for two minutes is a reason to take no more; the receiver answers 429 with it.
TEST(Room, ALogThatIsFarBehindTakesNoMore) {
  const fakes::TempDirectory directory;
  Settings settings = load_settings("").value();
  const auto home = open_home(directory.path() + "/data", settings).value();
  runtime::Metrics metrics;
  Probes probes(metrics);
  const auto pipeline =
      Pipeline::make({.settings = &settings, .log = home->log.get(), .raw = home->log.get()},
                     probes)
          .value();
  constexpr TimeUs kStart = 1'700'000'000 * kSecondUs;
  ProcessFacts facts({.settings = &settings,
                      .probes = &probes,
                      .log = home->log.get(),
                      .tasks = [&] { return pipeline->tasks(); }},
                     kStart);
  const auto why = [&](DurationUs later) {
    EXPECT_TRUE(facts.gather(kStart + later));
    return facts.why_not_take_more(kStart + later).value_or("take");
  };

  EXPECT_EQ(why(kHourUs), "take");  // nothing is there to be read
  const runtime::NewRecord record{.value = "x"};
  ASSERT_TRUE(home->log->append({std::string(topics::kInference), 0}, {&record, 1}));
  EXPECT_EQ(why(2 * kMinuteUs), "take");
  EXPECT_EQ(why(2 * kMinuteUs + kSecondUs), "fold of partition 0 is 121 s behind");
  EXPECT_EQ(facts.why_not_ready(kStart + 31 * kSecondUs), "fold of partition 0 is 31 s behind");
}

}  // namespace
}  // namespace weir::cli
