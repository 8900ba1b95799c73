#include "processors/runtime/kafka_worker.h"

#include <algorithm>
#include <thread>

#include "processors/runtime/kafka_options.h"
#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {
namespace {

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
  if (worker_ != nullptr) {
    WEIR_ASSIGN(const Worker::Progress progress, worker_->step(now, false));
    return progress == Worker::Progress::worked;
  }
  if (log_ != nullptr) return restore(now);
  if (assigned_) return settle(now);
  return false;
}

Result<void> KafkaWorker::connect() {
  const ProcessorSpec& spec = *setup_.spec;
  WEIR_ASSIGN(producer_, setup_.clients->open_producer(spec.name, spec.input, setup_.instance));
  WEIR_ASSIGN(member_, setup_.clients->join(spec.name, spec.input, setup_.instance));
  return {};
}

/// Waits until positions are stable, then begins to restore.
Result<bool> KafkaWorker::settle(TimeUs) {
  WEIR_ASSIGN(const auto positions, member_->committed());
  if (!positions) return false;
  log_ = std::make_unique<KafkaTaskLog>(*setup_.spec, *setup_.shared, *member_, *producer_);
  WEIR_ASSIGN(changelogs_, setup_.clients->open_changelogs());
  WEIR_ASSIGN(const auto starts, behind_losses(*positions));
  std::vector<GroupPosition> to_read;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < starts.size(); ++i) {
      log_->own(starts[i]);
      if (facts_.stopped.contains(starts[i].partition)) continue;
      to_restore_.push_back((*positions)[i]);
      to_read.push_back(starts[i]);
    }
  }
  WEIR_TRY(member_->start(to_read));
  std::ranges::reverse(to_restore_);
  enter(Phase::restoring);
  return true;
}

/// Where reading begins: at the positions, unless losses are accepted and there are some.
Result<std::vector<GroupPosition>> KafkaWorker::behind_losses(
    std::vector<GroupPosition> positions) {
  if (!setup_.accept_loss) return positions;
  for (GroupPosition& each : positions) {
    const TopicPartition where{setup_.spec->input, each.partition};
    WEIR_ASSIGN(const std::int64_t start, changelogs_->start(where));
    if (!each.offset || *each.offset >= start) continue;
    tell_trouble(fmt::format("loss {}", to_string(where)),
                 fmt::format("{}: goes on at offset {}; {} records before it were deleted unread",
                             to_string(where), start, start - *each.offset));
    each.offset = start;
  }
  return positions;
}

Result<bool> KafkaWorker::restore(TimeUs now) {
  if (restore_ == nullptr && to_restore_.empty()) {
    WEIR_TRY(run_tasks(now));
    return true;
  }
  const GroupPosition next = to_restore_.back();
  const auto lasting = [&](const Error& error) -> Result<bool> {
    if (is_lasting(error.code)) stop_task(next.partition, error);
    return std::unexpected(error);
  };
  if (restore_ == nullptr) {
    const std::string changelog = changelog_topic(setup_.spec->name);
    auto begun =
        Restore::begin({.task = {setup_.spec->name, next.partition},
                        .changelog = {changelog, next.partition},
                        .owner = fmt::format("{}/{}/{}", setup_.cluster, changelog, next.partition),
                        .committed = next.offset},
                       *changelogs_, *setup_.stores, now);
    // A worker of this process is about to give it up.
    if (!begun && begun.error().code == ErrorCode::locked) return false;
    if (!begun) return lasting(begun.error());
    restore_ = *std::move(begun);
    const std::lock_guard lock(mutex_);
    facts_.to_restore += restore_->end() - restore_->position();
  }
  const std::int64_t before = restore_->position();
  const auto complete = restore_->step();
  if (!complete) return lasting(complete.error());
  {
    const std::lock_guard lock(mutex_);
    facts_.restored += std::max<std::int64_t>(0, restore_->position() - before);
  }
  if (*complete) {
    log_->restored(next.partition, restore_->take());
    restored_.push_back(next.partition);
    restore_.reset();
    to_restore_.pop_back();
  }
  return *complete || restore_->position() != before;
}

Result<void> KafkaWorker::run_tasks(TimeUs now) {
  changelogs_.reset();
  worker_ = std::make_unique<Worker>(*setup_.spec, *log_, *log_, setup_.options);
  WEIR_TRY(worker_->open(restored_, now));
  running_since_ = now;
  enter(Phase::running);
  return {};
}

bool KafkaWorker::stop_task(std::int32_t partition, const Error& error) {
  tell_trouble(fmt::format("stopped {}", to_string(TaskId{setup_.spec->name, partition})),
               error.message);
  const std::lock_guard lock(mutex_);
  return facts_.stopped.emplace(partition, error.message).second;
}

void KafkaWorker::restart_after(const Error& error, TimeUs now) {
  bool goes_on_without = false;
  if (worker_ != nullptr && worker_->failed_partition() && is_lasting(error.code))
    goes_on_without = stop_task(*worker_->failed_partition(), error);
  if (!goes_on_without) tell_trouble(setup_.instance, error.message);
  // After a good time the next trouble is a new one.
  if (worker_ != nullptr && now - running_since_ > 2 * kLastPauseUs) pause_us_ = kFirstPauseUs;
  retry_at_ = now + pause_us_;
  pause_us_ = std::min(2 * pause_us_, kLastPauseUs);
  drop_tasks();
  member_.reset();
  producer_.reset();
  assigned_ = false;
  enter(Phase::away);
  const std::lock_guard lock(mutex_);
  facts_.trouble = error.message;
}

void KafkaWorker::drop_tasks() {
  worker_.reset();
  restore_.reset();
  to_restore_.clear();
  restored_.clear();
  changelogs_.reset();
  log_.reset();
}

void KafkaWorker::enter(Phase phase) {
  const std::lock_guard lock(mutex_);
  facts_.phase = phase;
  if (phase != Phase::away) facts_.trouble.clear();
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
      tell_trouble(setup_.instance, committed.error().message);
  drop_tasks();
  member_.reset();
  producer_.reset();
}

KafkaWorkerFacts KafkaWorker::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

}  // namespace weir::runtime
