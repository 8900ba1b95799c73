// The worker's protocol on the model of Kafka: what it makes of losses, damage and brokers that are
// away. On a real broker: tests/broker/kafka_worker_test.cc.
#include "processors/runtime/kafka_worker.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/fakes/model_clients.h"
#include "tests/fakes/model_stores.h"
#include "tests/runtime/kafka_trace.h"
#include "tests/runtime/log_contract.h"
#include "tests/runtime/words.h"

namespace weir::runtime {
namespace {

constexpr std::int32_t kPartitions = 3;
constexpr DurationUs kStepUs = 100 * kMillisecondUs;
const std::string kChangelog = "weir.words.changelog";

/// A reader that says of a partition without a leader only after a while that it has none.
class SlowToRefuse final : public Reader {
 public:
  SlowToRefuse(const Reader& base, TimeUs& now) : base_(base), now_(now) {}

  Result<std::int32_t> partitions(std::string_view topic) const override {
    return base_.partitions(topic);
  }
  Result<Bounds> bounds(const TopicPartition& where) const override {
    auto bounds = base_.bounds(where);
    if (bounds) return bounds;
    now_ += 8 * kSecondUs;
    ++refusals;
    return bounds;
  }
  Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    RecordBatch& batch) const override {
    return base_.read(where, from, max_bytes, batch);
  }

  mutable int refusals = 0;

 private:
  const Reader& base_;
  TimeUs& now_;
};

class KafkaWorkerModelTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(kafka_.create_topic({.name = "in", .partitions = kPartitions, .raw = true}));
    for (const std::string& topic : {std::string("out"), kChangelog})
      ASSERT_TRUE(kafka_.create_topic({.name = topic, .partitions = kPartitions}));
    shared_ = {.reader = &kafka_, .appender = &kafka_, .raw_topics = {"in"}, .draw_id = [this] {
                 return Id{++drawn_};
               }};
    spec_ = {.name = "words", .input = "in", .outputs = {"out"}, .make = [this] {
               ++opened_;
               if (on_open_) on_open_();
               return std::make_unique<Words>();
             }};
  }

  /// Another process in place of the one before, which was killed.
  void start(KafkaClients* clients = nullptr) {
    worker_.reset();
    worker_ = std::make_unique<KafkaWorker>(
        KafkaWorkerSetup{.spec = &spec_,
                         .options = {.tick_delay_us = 0},
                         .instance = "a",
                         .clients = clients == nullptr ? &clients_ : clients,
                         .stores = stores_.get(),
                         .shared = &shared_,
                         .cluster = "c"});
  }
  void pass(DurationUs duration) {
    for (const TimeUs until = now_ + duration; now_ < until; now_ += kStepUs)
      for (int steps = 0; steps < 100 && worker_->step(now_); ++steps) {
      }
  }
  void write(std::string_view word, std::int32_t partition) {
    const NewRecord record{.value = fmt::format("1 {}", word)};
    ASSERT_TRUE(kafka_.append({"in", partition}, {&record, 1}));
  }
  void lose_disk() {
    worker_.reset();
    stores_ = std::make_unique<fakes::ModelStores>(1);
  }
  /// What a task has told: "1:a 2:b".
  std::string told(std::int32_t partition) {
    RecordBatch batch;
    EXPECT_TRUE(kafka_.read({"out", partition}, 0, 1 << 20, batch));
    std::string text;
    for (const Record& record : batch.records)
      text += fmt::format("{}{}", text.empty() ? "" : " ", record.value);
    return text;
  }
  std::size_t ticks(std::int32_t partition) {
    RecordBatch batch;
    EXPECT_TRUE(kafka_.read({"in", partition}, 0, 1 << 20, batch));
    return static_cast<std::size_t>(
        std::ranges::count(batch.records, kTickType, &Record::content_type));
  }
  /// "a" and "b" of input 0 are read, and while nobody runs "c" and "d" come and go.
  void lose_what_was_not_read() {
    for (const char* each : {"a", "b"}) write(each, 0);
    start();
    pass(3 * kSecondUs);
    worker_.reset();
    for (const char* each : {"c", "d"}) write(each, 0);
    kafka_.delete_before({"in", 0}, 4);
  }
  /// "running 1:a | | 1:x", then who does not run, and why.
  std::string render() {
    const KafkaWorkerFacts facts = worker_->facts();
    std::string text =
        fmt::format("{} {} | {} | {}", to_string(facts.phase), told(0), told(1), told(2));
    for (const auto& [partition, why] : facts.stopped)
      text += fmt::format("\n{} stopped: {}", partition, why);
    for (const auto& [partition, why] : facts.waiting)
      text += fmt::format("\n{} waits: {}", partition, why);
    return text;
  }

  TimeUs now_ = 1'700'000'000 * kSecondUs;
  std::uint8_t drawn_ = 0;
  int opened_ = 0;
  std::function<void()> on_open_;
  fakes::ModelKafka kafka_{{.clock = [this] { return now_; }}};
  fakes::ModelClients clients_{kafka_};
  std::unique_ptr<fakes::ModelStores> stores_ = std::make_unique<fakes::ModelStores>(1);
  SharedLog shared_;
  ProcessorSpec spec_;
  std::unique_ptr<KafkaWorker> worker_;
};

TEST_F(KafkaWorkerModelTest, AnInputOrAChangelogWithoutALeaderKeepsNobodyElseFromRunning) {
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) write("a", partition);
  kafka_.set_leaderless({kChangelog, 1}, true);
  kafka_.set_leaderless({"in", 2}, true);
  start();
  pass(5 * kSecondUs);
  EXPECT_EQ(render(),
            "running 1:a |  | \n"
            "1 waits: weir.words.changelog/1: has no leader (simulated)\n"
            "2 waits: in/2: has no leader (simulated)");

  kafka_.set_leaderless({kChangelog, 1}, false);
  kafka_.set_leaderless({"in", 2}, false);
  pass(KafkaWorker::kStartAgainUs);
  EXPECT_EQ(render(), "running 1:a | 1:a | 1:a");
  EXPECT_EQ(opened_, kPartitions);
}

TEST_F(KafkaWorkerModelTest, HoweverManyInputsHaveNoLeaderOneIsAskedForInHalfAMinute) {
  const SlowToRefuse reader(kafka_, now_);
  shared_.reader = &reader;
  write("a", 0);
  for (const std::int32_t partition : {1, 2}) kafka_.set_leaderless({"in", partition}, true);
  start();
  pass(15 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a |  | \n1 waits: in/1: has no leader (simulated)")
      << "it runs before all were asked for";

  reader.refusals = 0;
  pass(4 * kMinuteUs);
  EXPECT_EQ(render(),
            "running 1:a |  | \n"
            "1 waits: in/1: has no leader (simulated)\n"
            "2 waits: in/2: has no leader (simulated)");
  // Eight seconds each, and three times as long after that.
  EXPECT_LE(reader.refusals, 8);
}

TEST_F(KafkaWorkerModelTest, ALossCanBeAcceptedWhileAnotherInputHasNoLeader) {
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) write("a", partition);
  start();
  pass(3 * kSecondUs);
  worker_.reset();
  for (const std::int32_t partition : {1, 2}) {
    write("b", partition);
    write("c", partition);
    kafka_.delete_before({"in", partition}, 2);
  }
  kafka_.set_leaderless({"in", 2}, true);
  shared_.accept_loss = true;
  start();
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a | 1:a 2:c | 1:a\n2 waits: in/2: has no leader (simulated)");

  kafka_.set_leaderless({"in", 2}, false);
  pass(KafkaWorker::kStartAgainUs + 5 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a | 1:a 2:c | 1:a 2:c");
}

TEST_F(KafkaWorkerModelTest, ATickThatCannotBeAppendedIsTriedAgainAndNobodyStartsAnew) {
  spec_.ticks = true;
  start();
  pass(15 * kSecondUs);
  const std::size_t before = ticks(1);
  kafka_.set_leaderless({"in", 1}, true);
  pass(kMinuteUs);
  write("a", 0);
  pass(2 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a |  | ");
  kafka_.set_leaderless({"in", 1}, false);
  EXPECT_EQ(ticks(1), before);
  EXPECT_GT(ticks(0), before + 3);
  pass(kMinuteUs);
  EXPECT_GT(ticks(1), before);
  EXPECT_EQ(opened_, kPartitions);
}

TEST_F(KafkaWorkerModelTest, AnIdlePipelineBeginsNoTransactionButForItsTicks) {
  spec_.ticks = true;
  start();
  pass(kSecondUs);
  EXPECT_EQ(kafka_.transactions(), 0);
  pass(10 * kMinuteUs);
  const auto all = static_cast<std::int64_t>(ticks(0) + ticks(1) + ticks(2));
  EXPECT_GT(all, 100);
  EXPECT_LE(kafka_.transactions(), all);
  spec_.ticks = false;
  start();
  pass(kMinuteUs);
  const std::int64_t begun = kafka_.transactions();
  pass(10 * kMinuteUs);
  EXPECT_EQ(kafka_.transactions(), begun);
}

TEST_F(KafkaWorkerModelTest, RecordsDeletedUnreadStopTheTaskUntilTheLossIsAccepted) {
  lose_what_was_not_read();
  start();
  write("x", 1);
  opened_ = 0;
  pass(5 * kSecondUs);
  EXPECT_EQ(opened_, kPartitions - 1) << "it went on, and said so";
  EXPECT_EQ(render(),
            "running 1:a 2:b | 1:x | \n"
            "0 stopped: in/0: was read up to 2, but begins at 4: 2 records were deleted at the "
            "broker before they were read. Go on without them: `weir run --accept-loss`; and keep "
            "them longer (`retention:`)");

  shared_.accept_loss = true;
  start();
  write("e", 0);
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a 2:b 3:e | 1:x | ");
}

TEST_F(KafkaWorkerModelTest, ALossThatIsAcceptedIsTheGroupsOnlyOnceItsTaskCommits) {
  lose_what_was_not_read();
  shared_.accept_loss = true;
  start();
  write("x", 1);  // its commit has the positions of all
  pass(5 * kSecondUs);
  start();
  write("e", 0);
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a 2:b 3:e | 1:x | ");

  shared_.accept_loss = false;
  start();
  write("f", 0);
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a 2:b 3:e 4:f | 1:x | ");
}

TEST_F(KafkaWorkerModelTest, RecordsDeletedWhileTheTaskStartsAreNoticedToo) {
  write("a", 0);
  start();
  pass(3 * kSecondUs);
  write("b", 0);
  write("c", 0);
  // Between the start of reading and the task's look at where its input begins.
  on_open_ = [this] { kafka_.delete_before({"in", 0}, 3); };
  start();
  pass(5 * kSecondUs);
  EXPECT_TRUE(worker_->facts().stopped.contains(0)) << render();
  EXPECT_EQ(told(0), "1:a");
}

TEST_F(KafkaWorkerModelTest, AnInputThatWasMadeAnewStopsTheTaskWhateverIsAccepted) {
  write("a", 0);
  write("b", 0);
  start();
  pass(3 * kSecondUs);
  worker_.reset();
  kafka_.remake("in");
  write("c", 0);
  const std::string stopped =
      "running 1:a 2:b |  | \n"
      "0 stopped: in/0: was read up to 2, but ends at 1: it was made anew, or lost its last "
      "records at the broker. Bring it back from a copy, or start a new pipeline under another "
      "`kafka.prefix`";
  start();
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), stopped);
  shared_.accept_loss = true;
  start();
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), stopped);
}

TEST_F(KafkaWorkerModelTest, AChangelogThatLostItsFirstRecordsStopsTheTask) {
  write("a", 0);
  start();
  pass(3 * kSecondUs);
  lose_disk();
  kafka_.delete_before({kChangelog, 0}, 1);
  start();
  write("x", 1);
  pass(5 * kSecondUs);
  EXPECT_EQ(render(),
            "running 1:a | 1:x | \n"
            "0 stopped: weir.words.changelog/0: its first 1 records were deleted at the broker, so "
            "the state of words/0 cannot be rebuilt; bring the topic back from a copy, or start a "
            "new pipeline under another `kafka.prefix`");
}

TEST_F(KafkaWorkerModelTest, AChangelogThatWasMadeAnewStopsTheTask) {
  write("a", 0);
  start();
  pass(3 * kSecondUs);
  lose_disk();
  kafka_.remake(kChangelog);
  start();
  pass(5 * kSecondUs);
  EXPECT_EQ(render(),
            "running 1:a |  | \n"
            "0 stopped: words/0: the state in weir.words.changelog/0 belongs to input position "
            "none, but the group's position is 1: one of them was lost or changed at the broker. "
            "Bring the changelog back from a copy, or start a new pipeline under another "
            "`kafka.prefix`");
}

TEST_F(KafkaWorkerModelTest, ALocalCopyThatIsDamagedIsMadeAnew) {
  write("a", 0);
  start();
  pass(3 * kSecondUs);
  worker_.reset();
  stores_->damage({"words", 0});
  write("b", 0);
  start();
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a 2:b |  | ");
}

TEST_F(KafkaWorkerModelTest, ALocalCopyThatItsTaskFindsDamagedIsMadeAnewOnce) {
  write("a", 0);
  start();
  pass(3 * kSecondUs);
  int damages = 1;
  on_open_ = [&] {
    if (damages-- > 0) stores_->damage({"words", 0});
  };
  write("b", 0);
  start();
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a 2:b |  | ");

  damages = kPartitions * 100;
  write("c", 0);
  start();
  pass(10 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a 2:b |  | \n0 stopped: block checksum mismatch (simulated)");
}

TEST_F(KafkaWorkerModelTest, TheGroupIsPolledBetweenPiecesOfARestore) {
  // Several reads of each changelog.
  const std::string value(std::size_t{1} << 20, 'v');
  const auto producer = clients_.open_producer("words", "in", "before").value();
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    ASSERT_TRUE(producer->begin());
    for (int i = 0; i < 9; ++i)
      ASSERT_TRUE(producer->produce({kChangelog, partition},
                                    {.key = std::to_string(i), .value = value}, nullptr));
    ASSERT_TRUE(producer->commit());
  }
  std::string trace;
  TracingClients clients(clients_, trace);
  on_open_ = [&trace] { trace += "open "; };
  start(&clients);
  pass(3 * kSecondUs);
  EXPECT_EQ(worker_->facts().phase, KafkaWorkerFacts::Phase::running);
  const std::string piece = "poll read ";
  EXPECT_NE(trace.find(piece + piece + piece + "poll open "), std::string::npos) << trace;
  EXPECT_EQ(trace.find("read read"), std::string::npos) << trace;
  EXPECT_EQ(trace.find("read open"), std::string::npos) << trace;
  EXPECT_EQ(trace.find("open open"), std::string::npos) << trace;
}

}  // namespace
}  // namespace weir::runtime
