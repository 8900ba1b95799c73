// A worker on Kafka: one member of the processor's group, one transactional producer, and the tasks
// of what it owns just now. Crash-only: any error destroys clients and caches, and after a pause it
// starts again from what is committed. It is stepped and waits for nothing but answers, so that a
// simulation can drive it.
//
//   connect ── joined ── assigned ── positions stable ── restored, opened ── runs
//      ▲                                                                      │
//      └───────────── any error, after a pause ◄── revoked: drops its tasks, waits for the next
//
// Tasks are restored and opened one after the other, a piece a step, so that the group is polled
// between; so is asked, where losses are accepted, where each input begins. A task that its broker
// or disk does not let start waits: the others run, and of those that wait one is tried again from
// time to time, for to ask may take ten seconds, in which all stand still.
//
// A task that cannot go on (its input or its changelog has lost records, a record it cannot read)
// stops, and the others go on without it: it stays stopped until the process is started again. One
// that finds its state damaged is first given a new local copy, once; what comes damaged is first
// fetched again by new clients, which cures a transfer that was damaged.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "processors/runtime/kafka_restore.h"
#include "processors/runtime/kafka_seams.h"
#include "processors/runtime/kafka_task_log.h"
#include "processors/runtime/worker.h"

namespace weir::runtime {

/// Everything referred to outlives the worker.
struct KafkaWorkerSetup {
  const ProcessorSpec* spec = nullptr;
  WorkerOptions options = {};
  /// group.instance.id and transactional.id; no other live worker has it.
  std::string instance = {};
  KafkaClients* clients = nullptr;
  TaskStores* stores = nullptr;
  const SharedLog* shared = nullptr;
  /// Of the cluster, and its prefix: local state belongs to it.
  std::string cluster = {};
  /// As of RestoreRequest.
  DurationUs usable_us = kCopyUsableUs;
};

/// How a worker is doing.
struct KafkaWorkerFacts {
  enum class Phase : std::uint8_t { away, joining, settling, restoring, running };

  Phase phase = Phase::away;
  std::vector<std::int32_t> partitions;         // owned
  std::map<std::int32_t, std::string> stopped;  // owned or not, and why
  std::map<std::int32_t, std::string> waiting;  // owned, not started yet, and why
  std::string trouble;                          // the last error, while it is away
  std::int64_t restored = 0;                    // of the changelogs, in this assignment
  std::int64_t to_restore = 0;
};
std::string to_string(KafkaWorkerFacts::Phase phase);

class KafkaWorker {
 public:
  /// Pauses between two attempts; doubled from the first to the last.
  static constexpr DurationUs kFirstPauseUs = 100 * kMillisecondUs;
  static constexpr DurationUs kLastPauseUs = 5 * kSecondUs;
  /// So long after a task could not start one of those that could not is tried again, or three
  /// times what a try took, if that is longer: it begins with kFirstPauseUs and doubles until one
  /// can.
  static constexpr DurationUs kStartAgainUs = 30 * kSecondUs;
  /// How often what cannot be read is fetched again from one offset before its task stops.
  static constexpr int kRefetches = 3;

  explicit KafkaWorker(KafkaWorkerSetup setup) : setup_(std::move(setup)) {}

  /// One unit of work. False: nothing to do just now.
  bool step(TimeUs now);
  /// Returns when there may be something to do, at the latest after `wait_us`.
  void wait(DurationUs wait_us);
  /// Commits what is done so far: for a graceful stop. Drops everything.
  void stop(TimeUs now);

  /// Thread-safe.
  KafkaWorkerFacts facts() const;

 private:
  using Phase = KafkaWorkerFacts::Phase;

  /// A task of this assignment that does not run yet.
  struct Starting {
    GroupPosition position;
    std::unique_ptr<Restore> restore = nullptr;
    bool restored = false;
    bool failed = false;  // it waits
    TimeUs begun_us = 0;
    std::int64_t records = 0;  // that were to be restored then
  };

  /// What cannot be read of an input or a changelog.
  struct Unreadable {
    TopicPartition where;
    std::int64_t offset = 0;
  };
  /// How often it was fetched again.
  struct Refetch {
    std::int64_t offset = -1;
    int tries = 0;
  };

  Result<bool> work(TimeUs now);
  Result<void> connect();
  Result<bool> settle();
  void own(const GroupPosition& position);
  GroupPosition behind_loss(GroupPosition position);
  Result<bool> run(TimeUs now);
  Result<bool> start(TimeUs now);
  Result<bool> open_next(TimeUs now);
  Result<bool> restore(Starting& next, TimeUs now);
  void tell_restored(Starting& next, TimeUs now) const;
  Result<bool> begin_restore(Starting& next, TimeUs now);
  void let_wait(const Error& error, TimeUs now);
  bool start_due(TimeUs now);
  Result<bool> begin_to_run(TimeUs now);
  void drop_idle_changelogs();
  void give_up(std::int32_t partition, const Error& error);
  std::optional<Unreadable> unreadable_of(std::int32_t partition) const;
  bool fetch_again(std::int32_t partition, const Error& error);
  void restart_after(const Error& error, TimeUs now);
  void drop_tasks();
  void enter(Phase phase);

  const KafkaWorkerSetup setup_;
  std::unique_ptr<TransactionalProducer> producer_;
  std::unique_ptr<GroupMember> member_;
  std::unique_ptr<KafkaTaskLog> log_;
  std::unique_ptr<ChangelogReader> changelogs_;
  std::deque<GroupPosition> unsettled_;  // committed positions that are not in log_ yet
  std::vector<GroupPosition> to_read_;   // where reading begins of those that are
  std::vector<Starting> starting_;   // the first is next; those that failed are behind the others
  std::optional<TimeUs> failed_us_;  // when a start began that failed in the step before
  TimeUs start_at_ = kMinTime;       // not before, where one failed
  DurationUs start_pause_us_ = kFirstPauseUs;
  std::unique_ptr<Worker> worker_;
  bool assigned_ = false;
  bool runs_ = false;
  std::map<TopicPartition, Refetch> refetched_;
  std::set<std::int32_t> remade_;        // whose local copies were discarded as damaged
  std::optional<std::int32_t> damaged_;  // whose is to be
  bool told_ = false;                    // of the error that is being returned
  TimeUs retry_at_ = 0;
  TimeUs running_since_ = 0;
  DurationUs pause_us_ = kFirstPauseUs;

  mutable std::mutex mutex_;  // of facts_
  KafkaWorkerFacts facts_;
};

}  // namespace weir::runtime
