// The worker's protocol on the model of Kafka: what it makes of losses and damage. Who starts when:
// kafka_worker_start_test.cc. On a real broker: tests/broker/kafka_worker_test.cc.
#include "tests/runtime/kafka_trace.h"
#include "tests/runtime/kafka_worker_model.h"

namespace weir::runtime {
namespace {

/// Clients to which a partition comes damaged at an offset, so many times.
class DamagedClients final : public fakes::ForwardingClients {
 public:
  DamagedClients(KafkaClients& base, TopicPartition where, std::int64_t offset)
      : ForwardingClients(base), where_(std::move(where)), offset_(offset) {}

  Result<std::unique_ptr<GroupMember>> join(std::string_view processor, std::string_view topic,
                                            std::string_view instance) override {
    ++joins;
    WEIR_ASSIGN(auto member, ForwardingClients::join(processor, topic, instance));
    return std::make_unique<Member>(std::move(member), std::string(topic), *this);
  }
  Result<std::unique_ptr<ChangelogReader>> open_changelogs() override {
    WEIR_ASSIGN(auto changelogs, ForwardingClients::open_changelogs());
    return std::make_unique<Changelogs>(std::move(changelogs), *this);
  }

  int damages = 0;  // still to come
  int joins = 0;

 private:
  Result<void> check(const TopicPartition& where, std::int64_t from) {
    if (where != where_ || from != offset_ || damages == 0) return {};
    --damages;
    return fail(ErrorCode::corrupt, "{}@{}: cannot be read (simulated)", to_string(where), from);
  }

  class Member final : public fakes::ForwardingMember {
   public:
    Member(std::unique_ptr<GroupMember> base, std::string topic, DamagedClients& clients)
        : ForwardingMember(std::move(base)), topic_(std::move(topic)), clients_(clients) {}

    Result<void> read(std::int32_t partition, std::int64_t from, std::size_t max_bytes,
                      RecordBatch& batch) override {
      WEIR_TRY(clients_.check({topic_, partition}, from));
      return ForwardingMember::read(partition, from, max_bytes, batch);
    }

   private:
    const std::string topic_;
    DamagedClients& clients_;
  };

  class Changelogs final : public fakes::ForwardingChangelogs {
   public:
    Changelogs(std::unique_ptr<ChangelogReader> base, DamagedClients& clients)
        : ForwardingChangelogs(std::move(base)), clients_(clients) {}

    Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                      RecordBatch& batch) override {
      WEIR_TRY(clients_.check(where, from));
      return ForwardingChangelogs::read(where, from, max_bytes, batch);
    }

   private:
    DamagedClients& clients_;
  };

  const TopicPartition where_;
  const std::int64_t offset_;
};

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

TEST_F(KafkaWorkerModelTest, WhatComesDamagedIsFetchedAgainByNewClients) {
  DamagedClients clients(clients_, {"in", 0}, 1);
  start(&clients);
  write("a", 0);
  pass(3 * kSecondUs);
  clients.damages = KafkaWorker::kRefetches;
  write("b", 0);
  write("x", 1);
  pass(5 * kSecondUs);
  EXPECT_EQ(render(), "running 1:a 2:b | 1:x | ");
  EXPECT_EQ(clients.joins, 1 + KafkaWorker::kRefetches);
}

TEST_F(KafkaWorkerModelTest, WhatComesDamagedAgainAndAgainStopsTheTask) {
  DamagedClients clients(clients_, {"in", 0}, 1);
  start(&clients);
  write("a", 0);
  pass(3 * kSecondUs);
  clients.damages = 1'000;
  write("b", 0);
  write("x", 1);
  pass(5 * kSecondUs);
  EXPECT_EQ(render(),
            "running 1:a | 1:x | \n"
            "0 stopped: in/0@1: cannot be read (simulated)");
  EXPECT_EQ(clients.joins, 1 + KafkaWorker::kRefetches + 1);
}

TEST_F(KafkaWorkerModelTest, SoItIsWithAChangelog) {
  const auto outcome = [this](int damages) {
    DamagedClients clients(clients_, {kChangelog, 0}, 0);
    clients.damages = damages;
    lose_disk();
    start(&clients);
    pass(5 * kSecondUs);
    worker_.reset();
    return clients.joins;
  };
  write("a", 0);
  start();
  pass(3 * kSecondUs);
  write("b", 0);
  EXPECT_EQ(outcome(KafkaWorker::kRefetches), 1 + KafkaWorker::kRefetches);
  EXPECT_EQ(told(0), "1:a 2:b");
  write("c", 0);
  EXPECT_EQ(outcome(1'000), 1 + KafkaWorker::kRefetches + 1);
  EXPECT_EQ(told(0), "1:a 2:b");
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
