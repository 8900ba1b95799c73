// What a replay is of: a stretch of its source that stays what it was, under rules that do, too.
#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "tests/fakes/memory_log.h"
#include "tests/fakes/temp_directory.h"
#include "tools/weir/fixed_reader.h"
#include "tools/weir/replay_claim.h"

namespace weir::cli {
namespace {

using runtime::TopicPartition;

const TopicPartition kFirst{std::string(topics::kInference), 0};
const TopicPartition kSecond{std::string(topics::kInference), 1};
const TopicPartition kDead{std::string(topics::kDeadLetter), 0};

void append(fakes::MemoryLog& log, const TopicPartition& where, const std::string& value) {
  const runtime::NewRecord record{.value = value};
  ASSERT_TRUE(log.append(where, {&record, 1}).has_value());
}

/// Two raw partitions: a, b and c in the first, nothing in the second.
void fill(fakes::MemoryLog& log) {
  ASSERT_TRUE(log.create_topic({.name = kFirst.topic, .partitions = 2, .raw = true}).has_value());
  for (const char* value : {"a", "b", "c"}) append(log, kFirst, value);
}

/// What a reader shows of a partition, to its end or to an error.
std::string shown(const runtime::Reader& reader, const TopicPartition& where) {
  const auto bounds = reader.bounds(where);
  if (!bounds) return bounds.error().message;
  std::string text = fmt::format("[{}, {})", bounds->start, bounds->end);
  runtime::RecordBatch batch;
  for (std::int64_t at = bounds->start;;) {
    if (const auto read = reader.read(where, at, 1 << 20, batch); !read)
      return text + " " + read.error().message;
    if (batch.records.empty()) return text + " end";
    for (const runtime::Record& record : batch.records) text += fmt::format(" {}", record.value);
    at = batch.records.back().offset + 1;
  }
}

TEST(FixedReader, ShowsWhatWasThereAndNothingThatCameSince) {
  fakes::MemoryLog source;
  fill(source);
  const auto stretch = stretch_of(source, {topics::kInference, topics::kDeadLetter});
  ASSERT_TRUE(stretch.has_value());

  append(source, kFirst, "d");
  append(source, kSecond, "e");
  ASSERT_TRUE(source.create_topic({.name = kDead.topic}).has_value());

  const FixedReader fixed(source, *stretch);
  EXPECT_EQ(shown(fixed, kFirst), "[0, 3) a b c end");
  EXPECT_EQ(shown(fixed, kSecond), "[0, 0) end");
  EXPECT_EQ(shown(fixed, kDead), "no partition weir.deadletter/0 was there");
  EXPECT_EQ(fixed.partitions(topics::kInference).value_or(0), 2);
  EXPECT_EQ(fixed.partitions(topics::kDeadLetter).error().code, ErrorCode::not_found);
}

TEST(FixedReader, TakesNothingThatIsGoneForTheEnd) {
  fakes::MemoryLog source;
  fill(source);
  EXPECT_EQ(shown(FixedReader(source, {{kFirst, {1, 2}}}), kFirst), "[1, 2) b end");
  EXPECT_EQ(shown(FixedReader(source, {{kFirst, {0, 5}}}), kFirst),
            "[0, 5) a b c weir.inference/0@3: the source had records [0, 5) when this replay was "
            "begun, and has this one no more; replay what is left into a new directory");
  EXPECT_EQ(shown(FixedReader(source, {{kFirst, {4, 5}}}), kFirst),
            "[4, 5) weir.inference/0@4: the source had records [4, 5) when this replay was begun, "
            "and has this one no more; replay what is left into a new directory");
}

std::uint64_t hash_of(const std::string& text) {
  const fakes::TempDirectory directory;
  std::ofstream(directory.path() + "/slo.yaml")
      << "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: chat}\nspec:\n  service: chat\n"
         "  timeWindow: [{duration: 1d, isRolling: true}]\n  budgetingMethod: Occurrences\n"
         "  objectives: [{target: 0.99}]\n"
         "  indicator: {metadata: {name: i}, spec: {ratioMetric: {\n"
         "    good: {metricSource: {type: weir, spec: {query: status == ok}}},\n"
         "    total: {metricSource: {type: weir, spec: {query: 'true'}}}}}}\n";
  const std::string file = directory.path() + "/weir.yaml";
  std::ofstream(file) << text;
  const auto settings = load_settings(file);
  EXPECT_TRUE(settings.has_value()) << text << ": " << settings.error().message;
  return settings ? rules_hash(*settings).value_or(0) : 0;
}

TEST(RulesHash, IsAnotherForWhateverDecidesResults) {
  const std::vector<std::string> rules = {
      "",
      "fold: {out_of_orderness: 1s}",
      "fold: {dedup_horizon: 1m}",
      "fold: {unrated: []}",
      "kpi: {max_series: 7}",
      "slo: {max_series: 7}",
      "slo: {silence: {after: 1m}}",
      "slo: {silence: {severity: page}}",
      "slo: {maintenance: [{from: 2026-01-05T02:00:00Z, to: 2026-01-05T04:00:00Z, reason: a}]}",
      "slo: {maintenance: [{from: 2026-01-05T02:00:00Z, to: 2026-01-05T05:00:00Z, reason: a}]}",
      "slo: {objectives: [slo.yaml]}",
      "slo: {objectives: [slo.yaml], low_traffic: {min_events: 7}}",
      "alert: {keep_firing_for: 2m}",
      "alert: {max_alerts: 7}",
      "alert: {group_by: [service, objective]}",
      "webhook: {receivers: [{name: a, type: slack, url: 'https://h.example.com/a'}]}"};

  std::set<std::uint64_t> hashes;
  for (const std::string& each : rules)
    EXPECT_TRUE(hashes.insert(hash_of(each)).second) << each << " is hashed like another";
}

TEST(RulesHash, IsTheSameWhateverElseIsChosen) {
  for (const char* text :
       {"memory: 512MiB", "disk: 10GiB", "threads: 3", "commit_interval: 2s", "data: elsewhere",
        "http: {listen: '127.0.0.1:9999'}", "ingest: {listen: '127.0.0.1:9999'}",
        "retention: {result: {age: 1d}}", "kpi: {stall_after: 1m}", "slo: {step_output: 1MiB}"})
    EXPECT_EQ(hash_of(text), hash_of("")) << text;
  const std::string head = "webhook: {receivers: [{name: a, type: slack, url: 'https://h.example.";
  EXPECT_EQ(hash_of(head + "com/a'}]}"), hash_of(head + "org/b'}]}"));
}

class ClaimTest : public testing::Test {
 protected:
  void SetUp() override {
    fill(source_);
    auto home = open_home(options_.out, Settings{});
    ASSERT_TRUE(home.has_value()) << home.error().message;
    home_ = *std::move(home);
  }

  void begin() {
    ASSERT_TRUE(home_->log->create_topic({.name = std::string(topics::kPartial)}).has_value());
  }

  /// What is claimed now, or why not; without the directory.
  std::string claimed(const std::string& source, std::uint64_t rules) {
    const auto found =
        claim({.source = source, .out = options_.out, .config = {}}, rules, source_, *home_);
    if (!found) return found.error().message.substr(directory_.path().size());
    std::string text = found->begun_before ? "begun before:" : "begun:";
    for (const auto& [where, bounds] : found->stretch)
      text += fmt::format(" {} [{}, {})", to_string(where), bounds.start, bounds.end);
    return text;
  }

  const fakes::TempDirectory directory_;
  const ReplayOptions options_{
      .source = "/source", .out = directory_.path() + "/out", .config = {}};
  fakes::MemoryLog source_;
  std::unique_ptr<Home> home_;
};

TEST_F(ClaimTest, IsOfTheEndsThatTheSourceHadThen) {
  EXPECT_EQ(claimed("/source", 1), "begun: weir.inference/0 [0, 3) weir.inference/1 [0, 0)");
  begin();
  append(source_, kFirst, "d");
  append(source_, kSecond, "e");

  EXPECT_EQ(claimed("/source", 1), "begun before: weir.inference/0 [0, 3) weir.inference/1 [0, 0)");
  EXPECT_EQ(claimed("/source", 2),
            "/out: holds a replay of /source under other rules; give those, or an empty directory");
  EXPECT_EQ(claimed("/other", 1),
            "/out: holds something other than a replay of /other; give an empty directory");
}

TEST_F(ClaimTest, OfOneThatDiedAtOnceHoldsNothing) {
  claimed("/source", 1);
  append(source_, kSecond, "e");
  EXPECT_EQ(claimed("/source", 2), "begun: weir.inference/0 [0, 3) weir.inference/1 [0, 1)");
}

TEST_F(ClaimTest, SaysThatItHasNotEndedUntilItHas) {
  EXPECT_EQ(why_unfinished(options_.out), "");
  const auto first = claim({.source = "/source", .out = options_.out, .config = "/a/weir.yaml"}, 1,
                           source_, *home_);
  ASSERT_TRUE(first.has_value());
  begin();
  const std::string why = options_.out +
                          ": the replay into it has not ended, and results are missing; unless it "
                          "is running, go on with: weir replay /source --out " +
                          options_.out + " --config /a/weir.yaml";
  EXPECT_EQ(why_unfinished(options_.out), why);
  const std::string before = "begun before: weir.inference/0 [0, 3) weir.inference/1 [0, 0)";
  EXPECT_EQ(claimed("/source", 1), before);
  EXPECT_EQ(why_unfinished(options_.out), why);

  ASSERT_TRUE(note_end(options_.out, *home_).has_value());
  EXPECT_EQ(why_unfinished(options_.out), "");
  EXPECT_EQ(claimed("/source", 1), before);
  ASSERT_TRUE(note_end(options_.out, *home_).has_value());
  EXPECT_EQ(claimed("/source", 1), before);
}

TEST_F(ClaimTest, IsGoneOnWithByACommandThatAShellTakes) {
  ASSERT_TRUE(claim({.source = "/my source", .out = options_.out, .config = "/ann's/weir.yaml"}, 1,
                    source_, *home_)
                  .has_value());
  const std::string spaced = directory_.path() + "/my results";
  std::filesystem::create_directory(spaced);
  std::filesystem::copy_file(options_.out + "/replay", spaced + "/replay");

  const std::string why = why_unfinished(spaced);
  EXPECT_EQ(why.substr(why.find("weir replay")),
            "weir replay '/my source' --out '" + spaced + "' --config '/ann'\\''s/weir.yaml'");
}

TEST_F(ClaimTest, OfAWeirThatDidNotNoteTheEndIsContinued) {
  begin();
  std::ofstream(options_.out + "/replay")
      << "weir replay 2\n/source\n0000000000000001\nweir.inference 0 0 3\n";
  EXPECT_EQ(why_unfinished(options_.out), "");
  EXPECT_EQ(claimed("/source", 1), "begun before: weir.inference/0 [0, 3)");
  ASSERT_TRUE(note_end(options_.out, *home_).has_value());
  EXPECT_EQ(claimed("/source", 1), "begun before: weir.inference/0 [0, 3)");
}

TEST_F(ClaimTest, OfAnOlderWeirIsRefused) {
  begin();
  std::ofstream(options_.out + "/replay") << "weir replay 1\n/source\n0000000000000001\n";
  EXPECT_EQ(claimed("/source", 1),
            "/out: holds a replay that an older weir began, which did not keep where its source "
            "ended: it can be read, and not continued; replay into a new directory");
}

TEST_F(ClaimTest, ThatIsDamagedIsRefused) {
  claimed("/source", 1);
  begin();
  std::ofstream(options_.out + "/replay", std::ios::app) << "weir.inference 2 0\n";
  EXPECT_EQ(claimed("/source", 1), "/out/replay: damaged; replay into a new directory");
}

}  // namespace
}  // namespace weir::cli
