// The worker's protocol on the model of Kafka: who starts when, while brokers are away or a former
// owner is not done.
#include <fmt/ranges.h>

#include "tests/fakes/forwarding_clients.h"
#include "tests/runtime/kafka_worker_model.h"

namespace weir::runtime {
namespace {

/// How long a broker is asked about a partition without a leader. Twice that costs the membership.
constexpr DurationUs kAskedUs = 8 * kSecondUs;

/// A reader that says of a partition without a leader only after a while that it has none.
class SlowToRefuse final : public Reader {
 public:
  SlowToRefuse(const Reader& base, TimeUs& now, DurationUs takes_us = kAskedUs)
      : base_(base), now_(now), takes_us_(takes_us) {}

  Result<std::int32_t> partitions(std::string_view topic) const override {
    return base_.partitions(topic);
  }
  Result<Bounds> bounds(const TopicPartition& where) const override {
    auto bounds = base_.bounds(where);
    if (bounds) return bounds;
    now_ += takes_us_;
    refused_at_us.push_back(now_);
    return bounds;
  }
  Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    RecordBatch& batch) const override {
    return base_.read(where, from, max_bytes, batch);
  }

  /// Milliseconds from each refusal to the next: "0 100 200".
  std::string pauses() const {
    std::vector<DurationUs> pauses_ms;
    for (std::size_t i = 1; i < refused_at_us.size(); ++i)
      pauses_ms.push_back((refused_at_us[i] - refused_at_us[i - 1]) / kMillisecondUs);
    return fmt::format("{}", fmt::join(pauses_ms, " "));
  }

  mutable std::vector<TimeUs> refused_at_us;

 private:
  const Reader& base_;
  TimeUs& now_;
  const DurationUs takes_us_;
};

/// Clients that are told as late where a partition without a leader begins.
class SlowClients final : public fakes::ForwardingClients {
 public:
  SlowClients(KafkaClients& base, TimeUs& now) : ForwardingClients(base), now_(now) {}

  Result<std::unique_ptr<ChangelogReader>> open_changelogs() override {
    WEIR_ASSIGN(auto changelogs, ForwardingClients::open_changelogs());
    return std::make_unique<Changelogs>(std::move(changelogs), now_);
  }

 private:
  class Changelogs final : public fakes::ForwardingChangelogs {
   public:
    Changelogs(std::unique_ptr<ChangelogReader> base, TimeUs& now)
        : ForwardingChangelogs(std::move(base)), now_(now) {}

    Result<std::int64_t> start(const TopicPartition& where) override {
      auto start = ForwardingChangelogs::start(where);
      if (!start) now_ += kAskedUs;
      return start;
    }

   private:
    TimeUs& now_;
  };

  TimeUs& now_;
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

  reader.refused_at_us.clear();
  pass(4 * kMinuteUs);
  EXPECT_EQ(render(),
            "running 1:a |  | \n"
            "1 waits: in/1: has no leader (simulated)\n"
            "2 waits: in/2: has no leader (simulated)");
  // Eight seconds each, and three times as long after that.
  EXPECT_LE(reader.refused_at_us.size(), 8U);
}

TEST_F(KafkaWorkerModelTest, WhoCouldNotStartIsTriedAgainSoonAndThenMoreSeldomUntilOneCan) {
  const SlowToRefuse reader(kafka_, now_, 0);
  shared_.reader = &reader;
  for (const std::int32_t partition : {1, 2}) kafka_.set_leaderless({"in", partition}, true);
  start();
  pass(2 * kMinuteUs);
  EXPECT_EQ(reader.pauses(), "0 100 200 400 800 1600 3200 6400 12800 25600 30000 30000");

  kafka_.set_leaderless({"in", 1}, false);
  reader.refused_at_us.clear();
  pass(kMinuteUs);
  EXPECT_EQ(render(), "running  |  | \n2 waits: in/2: has no leader (simulated)");
  EXPECT_EQ(reader.pauses(), "30000 100 200 400 800 1600 3200") << "soon again, as another could";
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

TEST_F(KafkaWorkerModelTest, HoweverManyInputsHaveNoLeaderALossIsAskedForInTurnsWithTheGroup) {
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) write("a", partition);
  start();
  pass(3 * kSecondUs);
  worker_.reset();
  write("b", 0);
  for (const std::int32_t partition : {1, 2}) kafka_.set_leaderless({"in", partition}, true);
  shared_.accept_loss = true;
  SlowClients clients(clients_, now_);
  start(&clients);
  pass(kMinuteUs);
  EXPECT_EQ(render(),
            "running 1:a 2:b | 1:a | 1:a\n"
            "1 waits: in/1: has no leader (simulated)\n"
            "2 waits: in/2: has no leader (simulated)");
}

TEST_F(KafkaWorkerModelTest, WhileAFormerOwnersTransactionIsOpenItsPositionsAreAskedForAgain) {
  for (const char* each : {"a", "b"}) write(each, 0);
  // It has told "a", and commits late; who comes under its name owns what it had.
  const auto member = clients_.join("words", "in", "a").value();
  while (member->poll().value() != GroupMember::Event::assigned) {
  }
  const auto producer = clients_.open_producer("words", "in", "before").value();
  const std::string head = encode(ChangelogHead{.incarnation = Id{1}, .input_position = 1});
  ASSERT_TRUE(producer->begin());
  ASSERT_TRUE(producer->produce({"out", 0}, {.value = "1:a"}, nullptr));
  ASSERT_TRUE(producer->produce({kChangelog, 0}, {.key = "words", .value = "x"}, nullptr));
  ASSERT_TRUE(
      producer->produce({kChangelog, 0}, {.key = kChangelogHeadKey, .value = head}, nullptr));
  ASSERT_TRUE(
      producer->send_positions({GroupPosition{.partition = 0, .offset = 1}}, member->metadata()));
  start();
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), "settling  |  | ");

  ASSERT_TRUE(producer->commit());
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a 2:b |  | ");
}

}  // namespace
}  // namespace weir::runtime
