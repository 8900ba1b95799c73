#include "tests/sim/world.h"

#include <algorithm>

#include "processors/runtime/log_follower.h"
#include "tests/sim/alerts.h"
#include "weir/v1/partial.pb.h"

namespace weir::sim {
namespace {

constexpr int kMostCrashes = 6;
/// Without room for so many rounds: for ever.
constexpr int kMostFull = 1'000;
const std::string kRaw(topics::kInference);

}  // namespace

World::World(const Scenario& scenario)
    : scenario_(scenario),
      random_(scenario.seed ^ 0x5eed),
      probes_(metrics_),
      disk_(scenario.seed),
      now_(scenario.start_us),
      outside_(scenario, now_),
      acknowledged_(static_cast<std::size_t>(scenario.raw_partitions)) {}

Result<void> World::start() {
  runtime::EmbeddedLogOptions options;
  options.directory = "/log";
  options.files = &disk_;
  options.open_store = [this](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
    return disk_.open_store(path);
  };
  options.clock = [this] { return now_; };
  options.segment_bytes = scenario_.segment_bytes;
  if (scenario_.disk_bytes > 0) options.disk_bytes = scenario_.disk_bytes;
  options.sync_threads = 1;
  WEIR_ASSIGN(log_, runtime::EmbeddedLog::open(std::move(options)));
  for (const Graph::Topic& topic : graph_.topics) {
    if (topic.raw && scenario_.history) continue;
    std::vector<std::string> readers = graph_.readers_of(topic.name);
    if (topic.name == topics::kAlert && !scenario_.history)
      for (const auto& [name, config] : outside_.configs()) readers.push_back(follower_of(name));
    runtime::Retention retention;
    // Alerts are kept for longer than any run lasts, whatever is said of results.
    const bool alerts = topic.name == topics::kAlert;
    if (!scenario_.history && !alerts) retention.max_age_us = scenario_.max_age_us;
    if (!readers.empty() && !alerts) retention.max_bytes = scenario_.max_bytes;
    WEIR_TRY(log_->create_topic({.name = topic.name,
                                 .partitions = topic.partitions,
                                 .retention = retention,
                                 .raw = topic.raw,
                                 .readers = readers}));
  }
  WEIR_TRY(observe());
  if (!scenario_.history) {
    receivers_ = std::make_unique<Receivers>(outside_, [this](const std::string& receiver) {
      return std::make_unique<runtime::LogFollower>(*log_, follower_of(receiver), kAlerts);
    });
    WEIR_TRY(receivers_->step_all());  // from now on they are known
  }
  return start_workers();
}

Result<void> World::start_workers() {
  for (const Graph::Node& node : graph_.nodes) {
    const bool raw = node.spec.input == kRaw;
    const runtime::Reader* input = log_.get();
    if (raw && scenario_.history) input = &history_;
    WEIR_ASSIGN(const std::int32_t partitions, input->partitions(node.spec.input));
    const auto workers = static_cast<std::int32_t>(random_.between(1, partitions));
    runtime::WorkerOptions options;
    options.task.history = scenario_.history;
    options.task.fetch_bytes = static_cast<std::size_t>(random_.between(1, 4096));
    options.task.cache_bytes = static_cast<std::size_t>(random_.between(1, 65536));
    options.commit_interval_us = scenario_.commit_interval_us;
    options.tick_delay_us = scenario_.definitions.out_of_orderness_us();
    options.commit_bytes =
        static_cast<std::size_t>(random_.between(1, scenario_.expires ? 32 << 10 : 1 << 20));
    for (std::int32_t worker = 0; worker < workers; ++worker) {
      Seat& seat = seats_.emplace_back();
      seat.node = &node;
      seat.worker = std::make_unique<runtime::Worker>(node.spec, *log_, *input, options);
      std::vector<std::int32_t> own;
      for (std::int32_t partition = worker; partition < partitions; partition += workers)
        own.push_back(partition);
      WEIR_TRY(seat.worker->open(own, now_));
    }
  }
  return {};
}

Result<void> World::survive(const Result<void>& result) {
  Result<void> last = result;
  while (!last) {
    const ErrorCode code = last.error().code;
    const bool planned = fault_planned_ && (code == ErrorCode::io || code == ErrorCode::exhausted);
    const bool full = scenario_.disk_bytes > 0 && code == ErrorCode::exhausted;
    if (!disk_.crashed() && !planned && !(full && ++full_ < kMostFull)) return last;
    ++crashes_;
    if (!full) fault_planned_ = false;
    seats_.clear();
    receivers_.reset();
    outside_.excuse();
    log_.reset();
    if (disk_.crashed() || random_.chance(50)) disk_.restart();
    now_ += random_.below(30 * kSecondUs);
    last = start();
  }
  return {};
}

/// Loss of power or one failing operation, soon.
void World::plan_fault() {
  if (!scenario_.crashes || fault_planned_ || crashes_ >= kMostCrashes || !random_.chance(5))
    return;
  const auto soon = disk_.operations() + static_cast<std::uint64_t>(random_.below(60));
  if (random_.chance(70)) {
    disk_.crash_at(soon);
  } else {
    disk_.fail_at(soon);
  }
  fault_planned_ = true;
}

Result<void> World::tell_receivers() {
  bool worked = true;
  while (worked) {
    WEIR_ASSIGN(worked, receivers_->step_all());
    WEIR_TRY(observe());
  }
  return {};
}

Result<void> World::say_something() {
  const v1::Signal signal = sim::say_something(random_, now_, *log_);
  const runtime::NewRecord record{.value = signal.SerializeAsString()};
  const auto appended = log_->append({std::string(topics::kSignal), 0}, {&record, 1});
  if (!appended && !(scenario_.disk_bytes > 0 && appended.error().code == ErrorCode::exhausted))
    return std::unexpected(appended.error());
  return observe();
}

Result<Outcome> World::run() {
  WEIR_ASSIGN(graph_, graph_of(scenario_, probes_));
  if (scenario_.history) WEIR_TRY(fill_history());
  WEIR_TRY(survive(start()));
  WEIR_TRY(scenario_.history ? run_history() : run_live());
  return collect();
}

Result<Outcome> World::replay(const std::vector<std::vector<LoggedRecord>>& raw) {
  WEIR_ASSIGN(graph_, graph_of(scenario_, probes_));
  WEIR_TRY(copy_history(raw));
  WEIR_TRY(survive(start()));
  WEIR_TRY(run_history());
  return collect();
}

Result<bool> World::send(const Input& input) {
  const runtime::NewRecord record = to_record(input);
  const auto appended = log_->append({kRaw, input.partition}, {&record, 1});
  if (!appended && appended.error().code == ErrorCode::exhausted && scenario_.disk_bytes > 0)
    return false;
  if (!appended) return std::unexpected(appended.error());
  acknowledged_[static_cast<std::size_t>(input.partition)].insert(input.value);
  return true;
}

Result<void> World::step(Seat& seat) {
  if (now_ < seat.frozen_until_us || seat.finished) return {};
  WEIR_ASSIGN(const auto progress, seat.worker->step(now_, upstream_finished(seat)));
  seat.finished = progress == runtime::Worker::Progress::finished;
  if (progress != runtime::Worker::Progress::worked) return {};
  full_ = 0;
  return observe();
}

bool World::upstream_finished(const Seat& seat) const {
  if (!scenario_.history) return false;
  return std::ranges::all_of(seats_, [&seat](const Seat& other) {
    return other.finished ||
           std::ranges::count(other.node->spec.outputs, seat.node->spec.input) == 0;
  });
}

/// A graceful stop, and other workers go on.
Result<void> World::move_workers() {
  for (Seat& seat : seats_) WEIR_TRY(seat.worker->commit(now_));
  WEIR_TRY(observe());
  seats_.clear();
  return start_workers();
}

Result<void> World::send_old_tick() {
  const runtime::TopicPartition where{
      kRaw, static_cast<std::int32_t>(random_.below(scenario_.raw_partitions))};
  WEIR_ASSIGN(const runtime::Bounds bounds, log_->bounds(where));
  const runtime::NewRecord record = old_tick(random_, bounds.end);
  const auto appended = log_->append(where, {&record, 1});
  if (!appended && !(scenario_.disk_bytes > 0 && appended.error().code == ErrorCode::exhausted))
    return std::unexpected(appended.error());
  return {};
}

void World::freeze_somebody() {
  if (!scenario_.stalls || !random_.chance(2)) return;
  Seat& seat =
      seats_[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(seats_.size())))];
  seat.frozen_until_us = now_ + random_.below(3 * scenario_.stall_after_us);
}

Result<void> World::run_live() {
  std::size_t sent = 0;
  while (sent < scenario_.inputs.size()) {
    plan_fault();
    freeze_somebody();
    if (random_.chance(1)) WEIR_TRY(survive(move_workers()));
    if (random_.chance(1)) WEIR_TRY(survive(send_old_tick()));
    if (random_.chance(1)) WEIR_TRY(survive(say_something()));
    const Input& next = scenario_.inputs[sent];
    if (next.at_us <= now_ && random_.chance(60)) {
      const auto taken = send(next);
      // Where the answer is lost in a crash, the record may be there or not.
      if (taken.value_or(true)) ++sent;
      if (!taken) WEIR_TRY(survive(std::unexpected(taken.error())));
    } else if (random_.chance(30)) {
      // Time may jump, but only while nobody has anything to do does much of it pass.
      now_ += random_.below(random_.chance(5) ? 20 * kSecondUs : 2 * kSecondUs);
      if (random_.chance(1)) now_ += random_.below(5 * kMinuteUs);
    }
    WEIR_TRY(observe());  // what was sent may be read, and go, in the same step
    Seat& seat =
        seats_[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(seats_.size())))];
    WEIR_TRY(survive(step(seat)));
    const auto told = receivers_->step_one();
    if (!told) WEIR_TRY(survive(std::unexpected(told.error())));
    WEIR_TRY(observe());
  }
  return settle();
}

/// Lets time pass until every window of every event has ended.
Result<void> World::settle() {
  outside_.calm();
  const TimeUs target = settled_at(scenario_, now_);
  while (lowest_watermark() < target) {
    now_ += 5 * kSecondUs;
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      seats_[i].frozen_until_us = 0;
      for (int steps = 0; steps < 20; ++steps) {
        const int crashes = crashes_;
        WEIR_TRY(survive(step(seats_[i])));
        if (crashes != crashes_) i = 0;  // the seats are new
      }
    }
    WEIR_TRY(survive(tell_receivers()));
  }
  return finish();
}

/// Time stands still until nobody has anything to do; but receivers may have to wait.
Result<void> World::finish() {
  bool busy = true;
  while (busy) {
    busy = false;
    const Result<void> round = work_off(busy);
    if (!round) busy = true;
    WEIR_TRY(survive(round));
  }
  for (int i = 0; i < 30 && receivers_; ++i) {
    now_ += 5 * kSecondUs;
    WEIR_TRY(survive(tell_receivers()));
  }
  return {};
}

Result<void> World::work_off(bool& busy) {
  for (Seat& seat : seats_) {
    WEIR_ASSIGN(auto progress, seat.worker->step(now_, false));
    while (progress == runtime::Worker::Progress::worked) {
      busy = true;
      full_ = 0;
      WEIR_TRY(observe());
      WEIR_ASSIGN(progress, seat.worker->step(now_, false));
    }
    WEIR_TRY(seat.worker->commit(now_));
    WEIR_TRY(observe());
  }
  return {};
}

TimeUs World::lowest_watermark() const {
  TimeUs lowest = kMaxTime;
  for (const Seat& seat : seats_)
    if (seat.node->keyed)
      for (const auto& task : seat.worker->tasks()) lowest = std::min(lowest, task->watermark());
  return lowest;
}

/// What `weir import` would have written.
Result<void> World::fill_history() {
  WEIR_TRY(
      history_.create_topic({.name = kRaw, .partitions = scenario_.raw_partitions, .raw = true}));
  std::vector<TimeUs> append(static_cast<std::size_t>(scenario_.raw_partitions), 0);
  for (const Input& input : scenario_.inputs) {
    TimeUs& time = append[static_cast<std::size_t>(input.partition)];
    time = std::max(time, input.newest_us());
    runtime::NewRecord record = to_record(input);
    record.append_time_us = time;
    WEIR_TRY(history_.append({kRaw, input.partition}, {&record, 1}));
  }
  return {};
}

Result<void> World::copy_history(const std::vector<std::vector<LoggedRecord>>& raw) {
  WEIR_TRY(
      history_.create_topic({.name = kRaw, .partitions = scenario_.raw_partitions, .raw = true}));
  for (std::size_t partition = 0; partition < raw.size(); ++partition) {
    for (const LoggedRecord& logged : raw[partition]) {
      v1::TickRecord tick;
      tick.set_last_offset(logged.tick_last_offset);
      runtime::NewRecord record{.content_type = std::string(runtime::kTickType),
                                .value = tick.SerializeAsString()};
      if (logged.input != nullptr) record = to_record(*logged.input);
      record.append_time_us = logged.append_time_us;
      WEIR_TRY(history_.append({kRaw, static_cast<std::int32_t>(partition)}, {&record, 1}));
    }
  }
  return {};
}

Result<void> World::run_history() {
  while (!std::ranges::all_of(seats_, &Seat::finished)) {
    plan_fault();
    if (random_.chance(1)) WEIR_TRY(survive(move_workers()));
    now_ += random_.below(500 * kMillisecondUs);
    Seat& seat =
        seats_[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(seats_.size())))];
    WEIR_TRY(survive(step(seat)));
  }
  return {};
}

}  // namespace weir::sim
