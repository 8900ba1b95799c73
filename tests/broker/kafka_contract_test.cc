// The log's contract on a real broker: what a worker does, without the worker.
#include <mutex>
#include <thread>

#include "processors/runtime/kafka_restore.h"
#include "processors/runtime/kafka_task_log.h"
#include "tests/broker/kafka_process.h"
#include "tests/fakes/temp_directory.h"
#include "tests/runtime/log_contract.h"

namespace weir::runtime {
namespace {

/// A process, and a member of the group of each processor it is asked for.
class Members {
 public:
  Members(const KafkaOptions& options, const std::string& directory)
      : process_(options, directory, {"weir.raw"}) {}

  KafkaProcess& process() { return process_; }
  Log& log_of(const std::string& processor) {
    auto& member = members_[processor];
    if (member == nullptr) member = std::make_unique<Member>(process_, processor);
    return *member->log;
  }

 private:
  struct Member {
    Member(KafkaProcess& process, const std::string& processor) {
      spec.name = processor;
      spec.input = "weir.raw";
      const std::string changelog = changelog_topic(processor);
      make_topics(*process.cluster, {kafka_changelog_spec(processor, 4, {})});
      const std::string instance = kafka_instance(process.cluster->options(), processor, "one", 0);
      producer = process.clients->open_producer(processor, spec.input, instance).value();
      member = process.clients->join(processor, spec.input, instance).value();
      while (member->poll().value() != GroupMember::Event::assigned) member->wait(kSecondUs);
      auto positions = member->committed().value();
      while (!positions) positions = member->committed().value();
      EXPECT_TRUE(member->start(*positions));
      log = std::make_unique<KafkaTaskLog>(spec, process.shared, *member, *producer);
      const auto changelogs = process.clients->open_changelogs().value();
      for (const GroupPosition& each : *positions) {
        log->own(each, each.offset);
        const auto restore = Restore::begin({.task = {processor, each.partition},
                                             .changelog = {changelog, each.partition},
                                             .owner = "cluster/" + changelog,
                                             .committed = each.offset},
                                            *changelogs, *process.stores, clock_us())
                                 .value();
        while (!restore->step().value()) std::this_thread::yield();
        log->restored(each.partition, restore->take());
      }
    }

    ProcessorSpec spec;
    std::unique_ptr<TransactionalProducer> producer;
    std::unique_ptr<GroupMember> member;
    std::unique_ptr<KafkaTaskLog> log;
  };

  KafkaProcess process_;
  std::map<std::string, std::unique_ptr<Member>> members_;
};

/// All processors of a process as one log, which a test's threads share.
class BrokerLog final : public Log {
 public:
  BrokerLog(const KafkaOptions& options, const std::string& directory)
      : members_(options, directory) {}

  Result<std::int32_t> partitions(std::string_view topic) const override {
    return reader().partitions(topic);
  }
  Result<Bounds> bounds(const TopicPartition& where) const override {
    return reader().bounds(where);
  }
  Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    RecordBatch& batch) const override {
    return reader().read(where, from, max_bytes, batch);
  }
  Result<std::int64_t> append(const TopicPartition& where,
                              std::span<const NewRecord> records) override {
    return members_.process().appender->append(where, records);
  }
  Result<void> create_topic(const TopicSpec& spec) override {
    WEIR_TRY(validate(spec));
    if (const auto [known, made] = kinds_.emplace(spec.name, spec.raw);
        !made && known->second != spec.raw)
      return fail(ErrorCode::invalid_argument, "{}: is of the other kind", spec.name);
    return KafkaTopics(*members_.process().cluster, {}).apply({kafka_topic_spec(spec, {})});
  }
  Result<void> commit(std::span<TaskCommit> commits) override {
    const std::lock_guard lock(mutex_);
    std::vector<TopicPartition> written;
    for (const TaskCommit& each : commits)
      for (const Output& output : each.outputs) written.push_back(output.where);
    WEIR_TRY(members_.log_of(commits.front().task.processor).commit(commits));
    // Markers are written behind an acknowledged commit; a reader sees its records a moment later.
    for (const TopicPartition& where : written) settle(*members_.process().cluster, where);
    return {};
  }
  Result<std::int64_t> position(const TaskId& task) const override {
    const std::lock_guard lock(mutex_);
    return members_.log_of(task.processor).position(task);
  }
  std::unique_ptr<state::Store> task_store(const TaskId& task) const override {
    const std::lock_guard lock(mutex_);
    return members_.log_of(task.processor).task_store(task);
  }

 private:
  const Reader& reader() const { return *members_.process().reader; }

  mutable std::mutex mutex_;
  mutable Members members_;
  std::map<std::string, bool> kinds_;
};

class BrokerHome final : public LogHome {
 public:
  BrokerHome() { reopen(); }
  Log& log() override { return *log_; }
  void reopen() override {
    log_.reset();
    log_ = std::make_unique<BrokerLog>(options_, directory_.path());
  }

 private:
  const KafkaOptions options_ = fresh_options();
  const fakes::TempDirectory directory_;
  std::unique_ptr<BrokerLog> log_;
};

/// The same, but the machine loses its disk at every reopening: state comes from the changelog.
class EmptyDiskHome final : public LogHome {
 public:
  EmptyDiskHome() { reopen(); }
  Log& log() override { return *log_; }
  void reopen() override {
    log_.reset();
    directory_ = std::make_unique<fakes::TempDirectory>();
    log_ = std::make_unique<BrokerLog>(options_, directory_->path());
  }

 private:
  const KafkaOptions options_ = fresh_options();
  std::unique_ptr<fakes::TempDirectory> directory_;
  std::unique_ptr<BrokerLog> log_;
};

template <class Home>
std::unique_ptr<LogHome> make() {
  return std::make_unique<Home>();
}

INSTANTIATE_TEST_SUITE_P(Broker, LogContract,
                         testing::Values(LogHomeMaker{"kafka", make<BrokerHome>},
                                         LogHomeMaker{"kafka_empty_disk", make<EmptyDiskHome>}),
                         name_of);

}  // namespace
}  // namespace weir::runtime
