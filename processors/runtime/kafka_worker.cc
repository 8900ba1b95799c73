#include "processors/runtime/kafka_worker.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>

#include "processors/runtime/kafka_options.h"
#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {
namespace {

/// Less takes no time that anybody would ask about.
constexpr std::int64_t kLongRestore = 10'000;

/// Whether trying again cannot help: the task itself is what fails.
bool is_lasting(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::corrupt:
    case ErrorCode::version:
    case ErrorCode::protocol:
      return true;
    case ErrorCode::not_found:
    case ErrorCode::already_exists:
    case ErrorCode::locked:
    case ErrorCode::exhausted:
    case ErrorCode::io:
    case ErrorCode::stopped:
      return false;
  }
  return false;
}

}  // namespace

std::string to_string(KafkaWorkerFacts::Phase phase) {
  switch (phase) {
    case KafkaWorkerFacts::Phase::away:
      return "away";
    case KafkaWorkerFacts::Phase::joining:
      return "joining";
    case KafkaWorkerFacts::Phase::settling:
      return "settling";
    case KafkaWorkerFacts::Phase::restoring:
      return "restoring";
    case KafkaWorkerFacts::Phase::running:
      return "running";
  }
  return "";
}

bool KafkaWorker::step(TimeUs now) {
  const Result<bool> worked = work(now);
  if (worked) return *worked;
  restart_after(worked.error(), now);
  return false;
}

Result<bool> KafkaWorker::work(TimeUs now) {
  if (member_ == nullptr) {
    if (now < retry_at_) return false;
    WEIR_TRY(connect());
    enter(Phase::joining);
    return true;
  }
  WEIR_ASSIGN(const GroupMember::Event event, member_->poll());
  if (event != GroupMember::Event::none) {
    drop_tasks();  // nothing is begun that was not committed, so nothing is to be aborted
    assigned_ = event == GroupMember::Event::assigned;
    enter(assigned_ ? Phase::settling : Phase::joining);
    return true;
  }
  if (worker_ != nullptr) return run(now);
  if (assigned_) return settle();
  return false;
}

Result<void> KafkaWorker::connect() {
  const ProcessorSpec& spec = *setup_.spec;
  WEIR_ASSIGN(producer_, setup_.clients->open_producer(spec.name, spec.input, setup_.instance));
  WEIR_ASSIGN(member_, setup_.clients->join(spec.name, spec.input, setup_.instance));
  return {};
}

/// Waits until positions are stable, takes one of them a step, then has tasks to start.
Result<bool> KafkaWorker::settle() {
  if (log_ == nullptr) {
    WEIR_ASSIGN(const auto positions, member_->committed());
    if (!positions) return false;
    unsettled_.assign(positions->begin(), positions->end());
    log_ = std::make_unique<KafkaTaskLog>(*setup_.spec, *setup_.shared, *member_, *producer_);
    WEIR_ASSIGN(changelogs_, setup_.clients->open_changelogs());
    return true;
  }
  if (!unsettled_.empty()) {
    own(unsettled_.front());
    unsettled_.pop_front();
    return true;
  }
  WEIR_TRY(member_->start(to_read_));
  worker_ = std::make_unique<Worker>(*setup_.spec, *log_, *log_, setup_.options);
  enter(Phase::restoring);
  return true;
}

/// Its task is to be started, unless it has stopped.
void KafkaWorker::own(const GroupPosition& position) {
  const GroupPosition start = behind_loss(position);
  log_->own(position, start.offset);
  const std::lock_guard lock(mutex_);
  if (facts_.stopped.contains(position.partition)) return;
  starting_.push_back({.position = position});
  to_read_.push_back(start);
}

/// Where reading begins: at the position, unless losses are accepted and there is one, which its
/// task then tells. Where the broker does not say, which may take it ten seconds, the task waits,
/// and what it lost is found when it reads.
GroupPosition KafkaWorker::behind_loss(GroupPosition position) {
  if (!setup_.shared->accept_loss || !position.offset) return position;
  const TopicPartition where{setup_.spec->input, position.partition};
  const auto start = changelogs_->start(where);
  if (start) position.offset = std::max(*position.offset, *start);
  return position;
}

/// Starts tasks while there are some to be started; those that run step besides.
Result<bool> KafkaWorker::run(TimeUs now) {
  bool worked = false;
  if (start_due(now)) {
    WEIR_ASSIGN(worked, start(now));
    if (!runs_) return worked;
    drop_idle_changelogs();
  } else if (!runs_) {
    return begin_to_run(now);
  }
  const auto progress = worker_->step(now, false);
  if (!progress) {
    if (const auto failed = worker_->failed_partition()) give_up(*failed, progress.error());
    return std::unexpected(progress.error());
  }
  return worked || *progress == Worker::Progress::worked;
}

/// Whether there is one to start now. After one that failed the tasks that run get as much time as
/// it took, or more where all that is left has failed before.
bool KafkaWorker::start_due(TimeUs now) {
  const bool others = !worker_->tasks().empty();
  if (starting_.empty() || (!others && starting_.front().failed)) return false;
  const auto failed_us = std::exchange(failed_us_, std::nullopt);
  if (failed_us) {
    const DurationUs took_us = now - *failed_us;
    start_at_ = now + took_us;
    if (starting_.front().failed) {
      start_at_ = now + std::max(3 * took_us, start_pause_us_);
      start_pause_us_ = std::min(2 * start_pause_us_, kStartAgainUs);
    }
  }
  return !others || (now >= start_at_ && (runs_ || !failed_us));
}

/// A piece of the next one.
Result<bool> KafkaWorker::start(TimeUs now) {
  Starting& next = starting_.front();
  const std::int32_t partition = next.position.partition;
  const Result<bool> started = next.restored ? open_next(now) : restore(next, now);
  if (started) return started;
  if (is_lasting(started.error().code)) {
    give_up(partition, started.error());
    return started;
  }
  let_wait(started.error(), now);
  return true;
}

/// The first of those that are to be started, which is restored.
Result<bool> KafkaWorker::open_next(TimeUs now) {
  Starting& next = starting_.front();
  const std::int32_t partition = next.position.partition;
  tell_restored(next, now);
  WEIR_TRY(worker_->open({partition}, now));
  starting_.erase(starting_.begin());
  start_pause_us_ = kFirstPauseUs;
  const std::lock_guard lock(mutex_);
  facts_.waiting.erase(partition);
  return true;
}

/// The others go first.
void KafkaWorker::let_wait(const Error& error, TimeUs now) {
  Starting& next = starting_.front();
  const TaskId task{setup_.spec->name, next.position.partition};
  tell_trouble(to_string(task), error);
  next.failed = true;
  failed_us_ = now;
  const auto restore = std::move(next.restore);
  std::ranges::rotate(starting_, starting_.begin() + 1);
  const std::lock_guard lock(mutex_);
  facts_.waiting[task.partition] = error.message;
  if (restore != nullptr) facts_.to_restore -= restore->end() - restore->position();
}

/// Once, in the step after the last piece: that took its time, too.
void KafkaWorker::tell_restored(Starting& next, TimeUs now) const {
  const std::int64_t records = std::exchange(next.records, 0);
  if (records < kLongRestore) return;
  const TaskId task{setup_.spec->name, next.position.partition};
  spdlog::info("event=restore_done task={} records={} duration_ms={}", to_string(task), records,
               (now - next.begun_us) / kMillisecondUs);
}

Result<bool> KafkaWorker::restore(Starting& next, TimeUs now) {
  if (next.restore == nullptr) {
    WEIR_ASSIGN(const bool begun, begin_restore(next, now));
    if (!begun) return false;
  }
  const std::int64_t before = next.restore->position();
  WEIR_ASSIGN(const bool complete, next.restore->step());
  const std::int64_t read = std::max<std::int64_t>(0, next.restore->position() - before);
  {
    const std::lock_guard lock(mutex_);
    facts_.restored += read;
  }
  if (!complete) return read > 0;
  log_->restored(next.position.partition, next.restore->take());
  next.restore.reset();
  next.restored = true;
  return true;
}

/// False: a worker of this process, or its standby, is about to give the local copy up.
Result<bool> KafkaWorker::begin_restore(Starting& next, TimeUs now) {
  const TaskId task{setup_.spec->name, next.position.partition};
  const std::string changelog = changelog_topic(task.processor);
  if (changelogs_ == nullptr) {
    WEIR_ASSIGN(changelogs_, setup_.clients->open_changelogs());
  }
  auto begun =
      Restore::begin({.task = task,
                      .changelog = {changelog, task.partition},
                      .owner = fmt::format("{}/{}/{}", setup_.cluster, changelog, task.partition),
                      .committed = next.position.offset,
                      .usable_us = setup_.usable_us},
                     *changelogs_, *setup_.stores, now);
  if (!begun && begun.error().code == ErrorCode::locked) return false;
  WEIR_ASSIGN(next.restore, std::move(begun));
  next.begun_us = now;
  next.records = next.restore->end() - next.restore->position();
  if (next.records >= kLongRestore)
    spdlog::info("event=restore_started task={} records={} from={}", to_string(task), next.records,
                 next.restore->from_local_copy() ? "local_copy" : "start");
  const std::lock_guard lock(mutex_);
  facts_.to_restore += next.records;
  return true;
}

/// They would fetch on and on what the tasks write.
void KafkaWorker::drop_idle_changelogs() {
  if (std::ranges::none_of(starting_, [](const Starting& each) { return each.restore != nullptr; }))
    changelogs_.reset();
}

/// True, unless none of the tasks can be started.
Result<bool> KafkaWorker::begin_to_run(TimeUs now) {
  if (worker_->tasks().empty() && !starting_.empty()) {
    told_ = true;
    const std::lock_guard lock(mutex_);
    return fail(ErrorCode::io, "{}", facts_.waiting.begin()->second);
  }
  drop_idle_changelogs();
  runs_ = true;
  running_since_ = now;
  enter(Phase::running);
  return true;
}

/// A task that fails whenever it runs keeps the others from running: they go on without it.
void KafkaWorker::give_up(std::int32_t partition, const Error& error) {
  if (!is_lasting(error.code)) return;
  told_ = true;
  if (fetch_again(partition, error)) return;
  const TaskId task{setup_.spec->name, partition};
  if (log_->damaged(partition) && remade_.insert(partition).second) {
    damaged_ = partition;
    tell_trouble(fmt::format("damaged {}", to_string(task)),
                 fmt::format("the local copy of {} is made anew from its changelog: {}",
                             to_string(task), error.message));
    return;
  }
  tell_trouble(fmt::format("stopped {}", to_string(task)), error.message);
  const std::lock_guard lock(mutex_);
  facts_.stopped.emplace(partition, error.message);
}

std::optional<KafkaWorker::Unreadable> KafkaWorker::unreadable_of(std::int32_t partition) const {
  const ProcessorSpec& spec = *setup_.spec;
  if (const auto offset = log_->unreadable_at(partition))
    return Unreadable{{spec.input, partition}, *offset};
  if (starting_.empty() || starting_.front().position.partition != partition) return std::nullopt;
  const auto& restore = starting_.front().restore;
  if (restore == nullptr || !restore->unreadable()) return std::nullopt;
  return Unreadable{{changelog_topic(spec.name), partition}, restore->position()};
}

/// Whether there is something to fetch again instead of stopping the task.
bool KafkaWorker::fetch_again(std::int32_t partition, const Error& error) {
  const auto unreadable = unreadable_of(partition);
  if (!unreadable) return false;
  Refetch& refetch = refetched_[unreadable->where];
  if (refetch.offset < unreadable->offset) refetch = {.offset = unreadable->offset};
  if (refetch.tries == kRefetches) return false;
  ++refetch.tries;
  tell_trouble(fmt::format("unreadable {} {}", to_string(unreadable->where), refetch.tries),
               fmt::format("is fetched again by new clients, {} of {} times: {}", refetch.tries,
                           kRefetches, error.message));
  return true;
}

void KafkaWorker::restart_after(const Error& error, TimeUs now) {
  if (!std::exchange(told_, false)) tell_trouble(setup_.instance, error);
  // After a good time the next trouble is a new one.
  if (runs_ && now - running_since_ > 2 * kLastPauseUs) pause_us_ = kFirstPauseUs;
  retry_at_ = now + pause_us_;
  pause_us_ = std::min(2 * pause_us_, kLastPauseUs);
  drop_tasks();
  if (damaged_)
    if (const auto gone = setup_.stores->discard({setup_.spec->name, *damaged_}); !gone) {
      remade_.erase(*damaged_);  // it is still the old one
      tell_trouble(setup_.instance, gone.error());
    }
  damaged_.reset();
  member_.reset();
  producer_.reset();
  assigned_ = false;
  enter(Phase::away);
  const std::lock_guard lock(mutex_);
  facts_.trouble = error.message;
}

void KafkaWorker::drop_tasks() {
  runs_ = false;
  worker_.reset();
  unsettled_.clear();
  to_read_.clear();
  starting_.clear();
  failed_us_.reset();
  start_at_ = kMinTime;
  start_pause_us_ = kFirstPauseUs;
  changelogs_.reset();
  log_.reset();
}

void KafkaWorker::enter(Phase phase) {
  const std::lock_guard lock(mutex_);
  facts_.phase = phase;
  if (phase != Phase::away) facts_.trouble.clear();
  if (phase != Phase::running) facts_.waiting.clear();
  facts_.partitions.clear();
  if (member_ != nullptr) facts_.partitions = member_->partitions();
  if (phase == Phase::settling) facts_.restored = facts_.to_restore = 0;
}

void KafkaWorker::wait(DurationUs wait_us) {
  if (member_ != nullptr) return member_->wait(wait_us);
  std::this_thread::sleep_for(std::chrono::microseconds(wait_us));
}

void KafkaWorker::stop(TimeUs now) {
  if (worker_ != nullptr)
    if (const auto committed = worker_->commit(now); !committed)
      tell_trouble(setup_.instance, committed.error());
  drop_tasks();
  member_.reset();
  producer_.reset();
}

KafkaWorkerFacts KafkaWorker::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

}  // namespace weir::runtime
