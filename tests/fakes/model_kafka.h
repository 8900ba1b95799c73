// A model of a Kafka cluster, in memory, under a seed: what the worker's protocol
// (runtime/kafka_seams.h) depends on, and what it must survive. Nothing in it runs by itself: the
// clock and the calls decide everything.
//
// Of transactions: records are seen below the last stable offset only; markers may be written
// after the commit was acknowledged, each at its own time; what a dead producer left open is
// aborted after a timeout, or when its id comes again, which fences it. Positions of a group are
// stable once their marker is written. Of a commit that fails nobody knows whether it happened,
// will happen, or never will.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "processors/runtime/log.h"
#include "tests/fakes/model_group.h"
#include "tests/fakes/model_partition.h"

namespace weir::fakes {

struct ModelKafkaOptions {
  std::function<TimeUs()> clock;
  DurationUs session_timeout_us = 10 * kSecondUs;
  DurationUs transaction_timeout_us = 10 * kSecondUs;
  std::uint64_t seed = 0;
};

/// A transaction that is open, or decided and not marked everywhere.
struct ModelTransaction {
  std::int64_t number = 0;
  TimeUs until_us = 0;  // aborted then, or committed where it is `under_way`
  bool under_way = false;
  std::optional<bool> committed;  // decided, and markers are being written
  // Not marked yet, and when they will be.
  std::map<runtime::TopicPartition, TimeUs> records;
  std::map<std::string, TimeUs, std::less<>> groups;
  std::map<std::string, std::vector<runtime::GroupPosition>, std::less<>> positions;
};

/// Thread-safe. Outlives what is made with it.
class ModelKafka final : public runtime::Reader, public runtime::Appender {
 public:
  explicit ModelKafka(ModelKafkaOptions options)
      : options_(std::move(options)), random_(options_.seed) {}

  Result<void> create_topic(const runtime::TopicSpec& spec);

  // Committed records, and appends outside of transactions.
  Result<std::int32_t> partitions(std::string_view topic) const override;
  Result<runtime::Bounds> bounds(const runtime::TopicPartition& where) const override;
  Result<void> read(const runtime::TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    runtime::RecordBatch& batch) const override;
  Result<std::int64_t> append(const runtime::TopicPartition& where,
                              std::span<const runtime::NewRecord> records) override;

  /// From now on so many of a hundred calls fail, and markers are late. 0: none.
  void disturb(int percent);
  /// Called before each call of a producer: where the world goes on while a step is under way.
  void between_calls(std::function<void()> meanwhile) { meanwhile_ = std::move(meanwhile); }
  /// Compacts all changelogs, up to anywhere. `tombstones_since`: of ModelPartition.
  void compact(TimeUs tombstones_since);
  /// What retention does.
  void delete_before(const runtime::TopicPartition& where, std::int64_t offset);
  void begin_rebalance(std::string_view processor);
  /// A topic is deleted and made again under its name: it begins at 0, empty.
  void remake(std::string_view topic);
  /// Whether a broker answers for a partition.
  void set_leaderless(const runtime::TopicPartition& where, bool leaderless);
  /// Transactions that were begun so far.
  std::int64_t transactions() const;

  // What the clients ask for (model_clients.cc).
  struct Position {
    std::int64_t start = 0;
    std::int64_t end = 0;
  };
  /// Fails as often as disturb says.
  Result<void> call(std::string_view what) const;
  Result<Position> ends(const runtime::TopicPartition& where) const;
  /// As read, but past the stable end there is nothing.
  Result<void> fetch(const runtime::TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                     runtime::RecordBatch& batch) const;
  Result<std::int64_t> join(std::string_view processor, std::string_view topic,
                            const std::string& instance);
  ModelGroup::Told poll(std::string_view processor, const std::string& instance, std::int64_t id);
  void start(std::string_view processor, const std::string& instance, std::int64_t id);
  /// nullopt: not stable.
  std::optional<std::vector<runtime::GroupPosition>> positions(
      std::string_view processor, const std::vector<std::int32_t>& partitions);

  /// Its epoch. Fences the former one and ends its transaction.
  std::int64_t open_producer(const std::string& id);
  struct Producer {
    std::string id;
    std::int64_t epoch = 0;
  };
  Result<void> begin(const Producer& producer);
  Result<runtime::Delivered> produce(const Producer& producer, const runtime::TopicPartition& where,
                                     const runtime::Record& record);
  Result<void> send_positions(const Producer& producer, std::string_view processor,
                              const std::vector<runtime::GroupPosition>& positions,
                              std::string_view metadata);
  Result<void> commit(const Producer& producer);

 private:
  struct Topic {
    runtime::TopicSpec spec;
    bool compacted = false;
    std::vector<ModelPartition> partitions;
  };
  struct Known {
    std::int64_t epoch = 0;
    std::optional<ModelTransaction> transaction;
  };

  // All below: with mutex_ held.
  Result<const Topic*> topic(std::string_view name) const;
  Result<ModelPartition*> partition(const runtime::TopicPartition& where) const;
  /// io: it has no leader.
  Result<ModelPartition*> led(const runtime::TopicPartition& where) const;
  Result<void> fetch_locked(const runtime::TopicPartition& where, std::int64_t from,
                            std::size_t max_bytes, runtime::RecordBatch& batch) const;
  Result<Known*> find(const Producer& producer, bool open);
  ModelGroup& group(std::string_view processor);
  bool chance(int percent) const;
  std::int64_t below(std::int64_t count) const;
  /// Whatever time brings: timeouts, sessions, markers, appends and commits that were under way.
  void pass_time() const;
  void decide(ModelTransaction& transaction, bool committed) const;
  /// Markers that are due; all of them where `now` is kMaxTime.
  void mark(Known& id, TimeUs now) const;
  void add(const runtime::TopicPartition& where, const runtime::NewRecord& record) const;
  void meanwhile() const;

  const ModelKafkaOptions options_;
  mutable std::mutex mutex_;
  mutable std::mt19937_64 random_;
  int disturbed_ = 0;
  std::set<runtime::TopicPartition> leaderless_;
  std::function<void()> meanwhile_;
  mutable std::map<std::string, Topic, std::less<>> topics_;
  mutable std::map<std::string, ModelGroup, std::less<>> groups_;
  mutable std::map<std::string, Known> ids_;
  struct UnderWay {
    TimeUs at_us;
    runtime::TopicPartition where;
    std::vector<runtime::NewRecord> records;
  };
  mutable std::vector<UnderWay> appends_;
  std::int64_t last_transaction_ = 0;
};

}  // namespace weir::fakes
