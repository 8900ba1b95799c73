// The importers on real data: ../shared/data, which its README describes.
#include <algorithm>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "processors/ingest/import.h"
#include "tests/ingest/raw_log.h"

namespace weir::ingest {
namespace {

const std::filesystem::path kData = WEIR_SOURCE_DIR "/../shared/data";

TEST(RealData, AzureCodeTrace) {
  const auto file = kData / "azure-llm-2023" / "AzureLLMInferenceTrace_code.csv";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "../shared/data is absent";
  RawLog raw(4);
  const auto summary = import_files(
      {.format = ImportFormat::azure_llm, .files = {file}, .partitions = 4}, raw.log, {});
  ASSERT_TRUE(summary) << summary.error().message;
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::map<TimeUs, int> seconds;
  std::map<TimeUs, int> minutes;
  const auto events = raw.events();
  for (const auto& event : events) {
    EXPECT_EQ(event.service(), "code");
    EXPECT_FALSE(event.has_latency_us() || event.status() != 0 || !event.model().empty());
    input += event.input_tokens();
    output += event.output_tokens();
    ++seconds[event.event_time_us() / kSecondUs];
    ++minutes[event.event_time_us() / kMinuteUs];
  }
  EXPECT_EQ(events.size(), 8'819U);
  EXPECT_EQ(summary->accepted, 8'819);
  EXPECT_EQ(summary->refused, 0);
  EXPECT_EQ(input, 18'059'974);
  EXPECT_EQ(output, 245'896);
  EXPECT_EQ(format_rfc3339(summary->first_event_time_us), "2023-11-16T18:17:03.979960Z");
  EXPECT_EQ(format_rfc3339(summary->last_event_time_us), "2023-11-16T19:14:19.928016Z");
  EXPECT_EQ(seconds.size(), 914U);
  EXPECT_EQ(seconds[1'700'159'486], 67);
  EXPECT_EQ(minutes.size(), 45U);
  EXPECT_EQ(minutes[1'700'159'460 / 60], 585);
}

TEST(RealData, LlmperfResults) {
  const auto folder = kData / "llmperf-leaderboard" / "individual";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "../shared/data is absent";
  ImportOptions options{
      .format = ImportFormat::llmperf, .start_us = 1'700'000'000'000'000, .rate_per_s = 1};
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    options.files.push_back(entry.path());
  std::ranges::sort(options.files);
  RawLog raw;
  const auto summary = import_files(options, raw.log, {});
  ASSERT_TRUE(summary) << summary.error().message;
  std::map<std::string, std::array<int, 4>> counts;  // ok, rejected, server_error, with a latency
  for (const auto& event : raw.events()) {
    auto& [ok, rejected, failed, measured] = counts[event.service() + "/" + event.model()];
    ok += event.status() == v1::INFERENCE_STATUS_OK;
    rejected += event.status() == v1::INFERENCE_STATUS_REJECTED;
    failed += event.status() == v1::INFERENCE_STATUS_SERVER_ERROR;
    measured += event.has_latency_us();
    EXPECT_EQ(event.has_latency_us(), event.has_output_tokens());
    EXPECT_TRUE(event.has_input_tokens());
  }
  std::string text;
  for (const auto& [series, count] : counts)
    text += fmt::format("{}: {}\n", series, fmt::join(count, " "));
  EXPECT_EQ(text,
            "anyscale/70b: 150 0 0 150\n"
            "anyscale/7b: 150 0 0 150\n"
            "bedrock/70b: 101 0 49 150\n"
            "fireworks/70b: 150 0 0 150\n"
            "fireworks/7b: 150 0 0 150\n"
            "groq/70b: 150 0 0 150\n"
            "lepton/70b: 20 130 0 20\n"
            "lepton/7b: 20 130 0 20\n"
            "perplexity/70b: 148 2 0 148\n"
            "replicate/70b: 145 0 0 145\n"
            "replicate/7b: 150 0 0 150\n"
            "together/70b: 150 0 0 150\n"
            "together/7b: 150 0 0 150\n");
  EXPECT_EQ(summary->refused, 0);
}

}  // namespace
}  // namespace weir::ingest
