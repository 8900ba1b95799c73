// The model of Kafka that the simulation runs on: it is held to the log's contract through the
// worker's own parts, as the real broker is (tests/broker), and to what Kafka does with
// transactions, groups and changelogs.
#include "tests/fakes/model_kafka.h"

#include <mutex>

#include "processors/runtime/kafka_options.h"
#include "processors/runtime/kafka_restore.h"
#include "processors/runtime/kafka_task_log.h"
#include "tests/fakes/model_clients.h"
#include "tests/fakes/model_stores.h"
#include "tests/runtime/log_contract.h"

namespace weir::runtime {
namespace {

using Event = GroupMember::Event;

/// A member of a processor's group that owns all partitions, and its tasks' log.
struct Member {
  Member(fakes::ModelKafka& kafka, TaskStores& stores, const SharedLog& shared,
         const std::string& processor) {
    spec.name = processor;
    spec.input = "weir.raw";
    const std::string changelog = changelog_topic(processor);
    EXPECT_TRUE(kafka.create_topic({.name = changelog, .partitions = 4}));
    fakes::ModelClients clients(kafka);
    producer = clients.open_producer(processor, spec.input, processor).value();
    member = clients.join(processor, spec.input, processor).value();
    while (member->poll().value() != Event::assigned) member->wait(0);
    const auto positions = member->committed().value();
    EXPECT_TRUE(positions);
    log = std::make_unique<KafkaTaskLog>(spec, shared, *member, *producer);
    const auto changelogs = clients.open_changelogs().value();
    for (const GroupPosition& each : *positions) {
      log->own(each, each.offset);
      const auto restore = Restore::begin({.task = {processor, each.partition},
                                           .changelog = {changelog, each.partition},
                                           .owner = "model",
                                           .committed = each.offset},
                                          *changelogs, stores, 0)
                               .value();
      EXPECT_TRUE(restore->step().value());
      log->restored(each.partition, restore->take());
    }
  }

  ProcessorSpec spec;
  std::unique_ptr<TransactionalProducer> producer;
  std::unique_ptr<GroupMember> member;
  std::unique_ptr<KafkaTaskLog> log;
};

/// All processors of a process as one log, which a test's threads share.
class ModelLog final : public Log {
 public:
  ModelLog(fakes::ModelKafka& kafka, TaskStores& stores) : kafka_(kafka), stores_(stores) {
    shared_ = {.reader = &kafka_, .appender = &kafka_, .raw_topics = {"weir.raw"}, .draw_id = [] {
                 return Id{1};
               }};
  }

  Result<std::int32_t> partitions(std::string_view topic) const override {
    return kafka_.partitions(topic);
  }
  Result<Bounds> bounds(const TopicPartition& where) const override { return kafka_.bounds(where); }
  Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    RecordBatch& batch) const override {
    return kafka_.read(where, from, max_bytes, batch);
  }
  Result<std::int64_t> append(const TopicPartition& where,
                              std::span<const NewRecord> records) override {
    return kafka_.append(where, records);
  }
  Result<void> create_topic(const TopicSpec& spec) override { return kafka_.create_topic(spec); }
  Result<void> commit(std::span<TaskCommit> commits) override {
    const std::lock_guard lock(mutex_);
    return log_of(commits.front().task.processor).commit(commits);
  }
  Result<std::int64_t> position(const TaskId& task) const override {
    const std::lock_guard lock(mutex_);
    return log_of(task.processor).position(task);
  }
  std::unique_ptr<state::Store> task_store(const TaskId& task) const override {
    const std::lock_guard lock(mutex_);
    return log_of(task.processor).task_store(task);
  }

 private:
  Log& log_of(const std::string& processor) const {
    auto& member = members_[processor];
    if (member == nullptr) member = std::make_unique<Member>(kafka_, stores_, shared_, processor);
    return *member->log;
  }

  fakes::ModelKafka& kafka_;
  TaskStores& stores_;
  SharedLog shared_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<Member>> members_;
};

class ModelHome : public LogHome {
 public:
  ModelHome() { reopen(); }
  Log& log() override { return *log_; }
  void reopen() override {
    log_.reset();
    change_disk();
    log_ = std::make_unique<ModelLog>(kafka_, *stores_);
  }

 protected:
  virtual void change_disk() {
    if (stores_ == nullptr) stores_ = std::make_unique<fakes::ModelStores>(1);
  }

  fakes::ModelKafka kafka_{{.clock = [this] { return now; }}};
  std::unique_ptr<fakes::ModelStores> stores_;
  std::unique_ptr<ModelLog> log_;
};

/// At every reopening the changelogs are compacted, and of the local copies some writes are gone.
class ModelRoughHome final : public ModelHome {
  void change_disk() override {
    ModelHome::change_disk();
    stores_->lose_writes();
    kafka_.compact(kMinTime);
  }
};

/// State comes from the changelogs alone.
class ModelEmptyDiskHome final : public ModelHome {
  void change_disk() override { stores_ = std::make_unique<fakes::ModelStores>(1); }
};

template <class Home>
std::unique_ptr<LogHome> make() {
  return std::make_unique<Home>();
}

INSTANTIATE_TEST_SUITE_P(Model, LogContract,
                         testing::Values(LogHomeMaker{"kafka", make<ModelHome>},
                                         LogHomeMaker{"kafka_rough", make<ModelRoughHome>},
                                         LogHomeMaker{"kafka_empty_disk",
                                                      make<ModelEmptyDiskHome>}),
                         name_of);

class ModelKafkaTest : public testing::Test {
 protected:
  ModelKafkaTest() {
    EXPECT_TRUE(kafka_.create_topic({.name = "in", .partitions = 2, .raw = true}));
    EXPECT_TRUE(kafka_.create_topic({.name = "weir.p.changelog", .partitions = 1}));
  }
  std::unique_ptr<GroupMember> join(const std::string& instance) {
    return clients_.join("p", "in", instance).value();
  }
  static Event until_event(GroupMember& member) {
    Event event = Event::none;
    for (int polls = 0; polls < 10 && event == Event::none; ++polls) event = member.poll().value();
    return event;
  }
  /// What it was assigned, which it has begun to read.
  static std::vector<std::int32_t> until_started(GroupMember& member) {
    if (until_event(member) != Event::assigned) return {};
    EXPECT_TRUE(member.start({}));
    return member.partitions();
  }
  /// A transaction with a record and a position, before its commit.
  std::unique_ptr<TransactionalProducer> begin(const std::string& id, GroupMember& member,
                                               std::string_view value) {
    auto producer = clients_.open_producer("p", "in", id).value();
    EXPECT_TRUE(producer->begin());
    EXPECT_TRUE(producer->produce(kChangelog, {.key = "k", .value = value}, nullptr));
    EXPECT_TRUE(producer->send_positions({{0, 7}}, member.metadata()));
    return producer;
  }
  /// "start..end stable: key=value@offset …".
  std::string changelog() {
    const auto ends = kafka_.ends(kChangelog).value();
    RecordBatch batch;
    EXPECT_TRUE(kafka_.fetch(kChangelog, ends.start, 1 << 20, batch));
    std::string text = fmt::format("{}..{} to {}:", ends.start, ends.end, batch.next);
    for (const Record& each : batch.records)
      text +=
          fmt::format(" {}={}@{}", each.key, each.value.data() ? each.value : "none", each.offset);
    return text;
  }

  const TopicPartition kChangelog{"weir.p.changelog", 0};
  TimeUs now_ = 1'000;
  fakes::ModelKafka kafka_{{.clock = [this] { return now_; }}};
  fakes::ModelClients clients_{kafka_};
};

TEST_F(ModelKafkaTest, WhatIsOpenHidesWhatIsBehindAndAMarkerIsNoRecord) {
  const auto member = join("a");
  EXPECT_EQ(until_event(*member), Event::assigned);
  const auto first = begin("one", *member, "1");
  const auto second = begin("two", *member, "2");
  EXPECT_EQ(changelog(), "0..2 to 0:");
  EXPECT_EQ(member->committed().value(), std::nullopt);

  ASSERT_TRUE(second->commit());
  EXPECT_EQ(changelog(), "0..3 to 0:");
  ASSERT_TRUE(first->commit());
  EXPECT_EQ(changelog(), "0..4 to 4: k=1@0 k=2@1");
  EXPECT_EQ(member->committed().value()->at(0), (GroupPosition{0, 7}));
}

TEST_F(ModelKafkaTest, AnOpenOneIsAbortedByItsSuccessorOrByTime) {
  const auto member = join("a");
  EXPECT_EQ(until_event(*member), Event::assigned);
  const auto first = begin("one", *member, "1");
  const auto successor = clients_.open_producer("p", "in", "one").value();
  EXPECT_FALSE(first->commit());
  EXPECT_EQ(changelog(), "0..2 to 2:");

  const auto late = begin("two", *member, "2");
  now_ += 11 * kSecondUs;
  EXPECT_EQ(changelog(), "0..4 to 4:");
  EXPECT_FALSE(late->commit());
  EXPECT_FALSE(late->begin());
  EXPECT_EQ(member->committed().value()->at(0), (GroupPosition{0, std::nullopt}));
}

TEST_F(ModelKafkaTest, AMemberOfAnotherGenerationCommitsNothing) {
  const auto zombie = join("a");
  EXPECT_EQ(until_started(*zombie), (std::vector{0, 1}));
  now_ += 11 * kSecondUs;
  const auto other = join("b");
  EXPECT_EQ(until_started(*other), (std::vector{0, 1}));

  const auto producer = clients_.open_producer("p", "in", "a").value();
  ASSERT_TRUE(producer->begin());
  EXPECT_FALSE(producer->send_positions({{0, 9}}, zombie->metadata()));
  // It learns of it, comes again, and they share.
  EXPECT_EQ(until_event(*zombie), Event::revoked);
  EXPECT_EQ(until_event(*zombie), Event::none);
  EXPECT_EQ(until_event(*other), Event::revoked);
  EXPECT_EQ(until_started(*zombie), std::vector{0});
  EXPECT_EQ(until_started(*other), std::vector{1});
}

TEST_F(ModelKafkaTest, WhoHasNotStartedGivesNothingUp) {
  const auto first = join("a");
  EXPECT_EQ(until_event(*first), Event::assigned);
  const auto second = join("b");
  EXPECT_EQ(until_event(*first), Event::none);
  EXPECT_EQ(until_event(*second), Event::none);
  ASSERT_TRUE(first->start({}));
  EXPECT_EQ(until_event(*first), Event::revoked);
  EXPECT_EQ(until_started(*second), std::vector{1});
}

TEST_F(ModelKafkaTest, ANamesakeTakesThePlaceAndFences) {
  const auto first = join("a");
  EXPECT_EQ(until_event(*first), Event::assigned);
  const auto second = join("a");
  EXPECT_EQ(until_event(*second), Event::assigned);
  EXPECT_FALSE(first->poll());
  const auto producer = clients_.open_producer("p", "in", "x").value();
  ASSERT_TRUE(producer->begin());
  EXPECT_FALSE(producer->send_positions({{0, 9}}, first->metadata()));
  EXPECT_TRUE(producer->send_positions({{0, 9}}, second->metadata()));
}

TEST_F(ModelKafkaTest, CompactionKeepsTheLastOfEachKeyAndTombstonesForAWhile) {
  const auto producer = clients_.open_producer("p", "in", "x").value();
  for (const std::string_view value : {"1", "2", ""}) {
    ASSERT_TRUE(producer->begin());
    ASSERT_TRUE(producer->produce(kChangelog, {.key = "k", .value = value}, nullptr));
    ASSERT_TRUE(producer->commit());
  }
  ASSERT_TRUE(producer->begin());
  ASSERT_TRUE(producer->produce(kChangelog, {.key = "k"}, nullptr));
  ASSERT_TRUE(producer->commit());
  EXPECT_EQ(changelog(), "0..8 to 8: k=1@0 k=2@2 k=@4 k=none@6");

  const auto compacted = [&](TimeUs tombstones_since) {
    for (int times = 0; times < 100; ++times) kafka_.compact(tombstones_since);
    return changelog();
  };
  EXPECT_EQ(compacted(now_), "0..8 to 8: k=none@6");
  EXPECT_EQ(compacted(now_ + 1), "0..8 to 8:");
}

}  // namespace
}  // namespace weir::runtime
