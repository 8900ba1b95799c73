#include "sinks/webhook/receiver.h"

#include <algorithm>

#include "processors/runtime/append_time.h"
#include "sinks/webhook/outcomes.h"
#include "sinks/webhook/request.h"

namespace weir::webhook {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;
/// Alerts in one request to an Alertmanager.
constexpr std::size_t kAlertBatch = 64;
/// A place that moved without an outcome is committed this often: the log may let go what is
/// before.
constexpr DurationUs kPlaceEveryUs = 5 * kSecondUs;
/// Another process may name a new receiver before this one follows for it.
constexpr DurationUs kConfiguredSinceUs = 10 * kMinuteUs;
/// All that fires is told on weir.alert each day (alert.proto): twice that is more than enough.
constexpr DurationUs kFiringIsToldWithinUs = 2 * kDayUs;

}  // namespace

Receiver::Receiver(ReceiverParts parts)
    : parts_(std::move(parts)), takes_alerts_(parts_.config.type == ReceiverType::alertmanager) {}

Result<bool> Receiver::step(const std::stop_token& stop) {
  auto worked = work(stop);
  if (!worked && worked.error().code != ErrorCode::exhausted) backlog_.reset();
  report();
  return worked;
}

Result<bool> Receiver::work(const std::stop_token& stop) {
  WEIR_ASSIGN(const bool ours, parts_.follower->take());
  if (!ours) {
    backlog_.reset();
    return false;
  }
  if (!backlog_) WEIR_TRY(begin());
  if (!outputs_.empty()) WEIR_TRY(commit());
  // To the end first: what has ended meanwhile is not to be told as firing.
  WEIR_ASSIGN(const bool read_some, read());
  if (read_some) return true;
  WEIR_ASSIGN(const bool sent, send_next(stop));
  if (sent) return true;
  WEIR_ASSIGN(const bool again, send_again(stop));
  if (again) return true;
  if (parts_.clock() >= committed_at_us_ + kPlaceEveryUs && backlog_->place() != committed_)
    WEIR_TRY(commit());
  return false;
}

Result<void> Receiver::begin() {
  outputs_.clear();
  firing_ = std::make_unique<Firing>(parts_.config.resend_us);
  WEIR_ASSIGN(const runtime::Bounds bounds, parts_.follower->bounds());
  WEIR_ASSIGN(const auto place, parts_.follower->place());
  const bool is_new = !place;
  runtime::FollowerPlace from = place.value_or(runtime::FollowerPlace{});
  if (is_new) {
    WEIR_ASSIGN(from.position, first_since(bounds, parts_.clock() - kConfiguredSinceUs));
  }
  from.position = std::max(from.position, bounds.start);
  if (takes_alerts_) WEIR_TRY(remember({bounds.start, from.position}));
  backlog_ =
      std::make_unique<Backlog>(BacklogOptions{.coalesce_after_us = parts_.config.coalesce_after_us,
                                               .give_up_after_us = parts_.config.give_up_after_us,
                                               .batch = takes_alerts_ ? kAlertBatch : 1,
                                               .keeps_incidents = keeps_incidents()},
                                from);
  // From now on it is known, so that what is told meanwhile is not skipped.
  committed_ = is_new ? runtime::FollowerPlace{.position = -1} : std::move(from);
  if (is_new) WEIR_TRY(commit());
  return {};
}

Result<std::int64_t> Receiver::first_since(const runtime::Bounds& bounds, TimeUs time) {
  return runtime::first_offset(
      bounds,
      [this](std::int64_t offset, runtime::RecordBatch& batch) {
        return parts_.follower->read(offset, 1, batch);
      },
      [time](const runtime::RecordBatch& at) {
        return at.records.empty() || at.records.front().append_time_us >= time;
      });
}

Result<void> Receiver::remember(const runtime::Bounds& bounds) {
  const auto to = bounds.end;
  WEIR_ASSIGN(std::int64_t from,
              runtime::last_offsets(bounds, kFiringIsToldWithinUs,
                                    [&](std::int64_t offset, runtime::RecordBatch& batch) {
                                      return parts_.follower->read(offset, 1, batch);
                                    }));
  v1::AlertRecord record;
  while (from < to) {
    WEIR_TRY(parts_.follower->read(from, kReadBytes, batch_));
    if (batch_.records.empty()) return {};
    for (const runtime::Record& each : batch_.records) {
      if (each.offset >= to) return {};
      if (parse(each, record)) (void)item_of(std::move(record));
    }
    from = std::max(batch_.next, batch_.records.back().offset + 1);
  }
  return {};
}

bool Receiver::parse(const runtime::Record& from, v1::AlertRecord& record) {
  return record.ParseFromArray(from.value.data(), static_cast<int>(from.value.size())) &&
         record.version() == 1;
}

Result<bool> Receiver::read() {
  if (!backlog_->has_room()) return false;
  WEIR_TRY(parts_.follower->read(backlog_->next_offset(), kReadBytes, batch_));
  v1::AlertRecord record;
  for (const runtime::Record& each : batch_.records) {
    std::optional<Item> item;
    if (each.value.data() == nullptr) {
      // Compacted away: a later record of its key says what it said.
    } else if (parse(each, record)) {
      item = item_of(std::move(record));
    } else {
      outputs_.push_back(unreadable(each, parts_.config.name));
    }
    if (item) item->append_time_us = each.append_time_us;
    backlog_->take(each.offset, std::move(item));
  }
  // Behind what no reader is shown, which would be read anew each time.
  backlog_->skip_to(batch_.next);
  return !batch_.records.empty();
}

std::optional<Item> Receiver::item_of(v1::AlertRecord record) {
  const std::string& name = parts_.config.name;
  if (takes_alerts_ && record.has_alert()) {
    const v1::Alert& alert = record.alert();
    const bool routed = std::ranges::find(alert.receiver(), name) != alert.receiver().end();
    if (!routed || !firing_->see(alert)) return std::nullopt;
    return Item{.key = alert.fingerprint(), .record = std::move(record)};
  }
  if (takes_alerts_ || !record.has_notification()) return std::nullopt;
  const v1::Notification& notification = record.notification();
  if (notification.receiver() != name) return std::nullopt;
  // A chat reads it in the digest or its group's own, and keeps nothing open.
  if (notification.closes() && parts_.config.type == ReceiverType::slack) return std::nullopt;
  // Of the others, none takes an acknowledgement as a reason to wake nobody any more.
  if (notification.reason() == v1::NOTIFICATION_REASON_INCIDENT && !keeps_incidents())
    return std::nullopt;
  return Item{.key = notification.group_key(), .record = std::move(record)};
}

Result<bool> Receiver::send_next(const std::stop_token& stop) {
  const std::vector<Item> items = backlog_->next(parts_.clock());
  if (items.empty()) return false;
  WEIR_ASSIGN(const Outcome outcome, attempt(items, stop));
  const TimeUs now = parts_.clock();
  for (const Finished& each : backlog_->answered(outcome, now, parts_.jitter())) settle(each, now);
  if (!outputs_.empty()) WEIR_TRY(commit());
  return true;
}

void Receiver::settle(const Finished& finished, TimeUs now) {
  (finished.sent ? parts_.probe->sent : parts_.probe->failed).add();
  parts_.probe->delivery.observe(now - finished.item.append_time_us);
  if (takes_alerts_) firing_->told(finished.item.key, now);
  for (runtime::Output& output : outputs_of(finished, parts_.config.name, now))
    outputs_.push_back(std::move(output));
}

Result<bool> Receiver::send_again(const std::stop_token& stop) {
  const TimeUs now = parts_.clock();
  if (!takes_alerts_ || backlog_->paused(now)) return false;
  std::vector<Item> items;
  for (const v1::Alert* alert : firing_->due(now, kAlertBatch)) {
    if (backlog_->waits(alert->fingerprint())) continue;
    Item& item = items.emplace_back(Item{.key = alert->fingerprint()});
    *item.record.mutable_alert() = *alert;
  }
  if (items.empty()) return false;
  WEIR_ASSIGN(const Outcome outcome, attempt(items, stop));
  backlog_->pause_after(outcome, parts_.clock(), parts_.jitter());
  if (outcome.kind == Outcome::Kind::again) return true;
  // What it refuses now it refuses in a second, too.
  for (const Item& item : items) firing_->told(item.key, now);
  if (outcome.kind == Outcome::Kind::taken) parts_.probe->resent.add(items.size());
  return true;
}

Result<Outcome> Receiver::attempt(std::span<const Item> items, const std::stop_token& stop) {
  const TimeUs began = parts_.clock();
  const auto answer = parts_.send(request_of(parts_.config, parts_.secrets, items, began), stop);
  if (!answer && answer.error().code == ErrorCode::stopped) return std::unexpected(answer.error());
  const TimeUs now = parts_.clock();
  parts_.probe->request.observe(now - began);
  Outcome outcome = outcome_of(answer, parts_.secrets, now);
  if (outcome.kind == Outcome::Kind::again) parts_.probe->retried.add();
  note(outcome, now);
  return outcome;
}

void Receiver::note(const Outcome& outcome, TimeUs now) {
  const bool taken = outcome.kind == Outcome::Kind::taken;
  (taken ? parts_.probe->last_success_s : parts_.probe->last_failure_s).set(now / kSecondUs);
  const std::lock_guard lock(mutex_);
  trouble_ = taken ? "" : outcome.text;
  (taken ? last_success_us_ : last_failure_us_) = now;
  if (!taken) last_failure_ = outcome.text;
}

Result<void> Receiver::commit() {
  runtime::FollowerPlace place = backlog_->place();
  WEIR_TRY(parts_.follower->commit(place, outputs_));
  outputs_.clear();
  committed_ = std::move(place);
  committed_at_us_ = parts_.clock();
  return {};
}

void Receiver::report() {
  const auto oldest = backlog_ ? backlog_->oldest() : std::nullopt;
  const DurationUs age_us = oldest ? std::max<DurationUs>(0, parts_.clock() - *oldest) : 0;
  parts_.probe->waiting.set(backlog_ ? static_cast<std::int64_t>(backlog_->size()) : 0);
  parts_.probe->oldest_waiting_s.set(age_us / kSecondUs);
  const std::lock_guard lock(mutex_);
  is_told_here_ = backlog_ != nullptr;
}

results::ReceiverFacts Receiver::facts() const {
  const Probe& probe = *parts_.probe;
  const std::lock_guard lock(mutex_);
  return {.name = parts_.config.name,
          .type = to_string(parts_.config.type),
          .is_told_here = is_told_here_,
          .sent = probe.sent.value(),
          .failed = probe.failed.value(),
          .retried = probe.retried.value(),
          .waiting = probe.waiting.value(),
          .oldest_waiting_s = probe.oldest_waiting_s.value(),
          .trouble = trouble_,
          .last_success_us = last_success_us_,
          .last_failure_us = last_failure_us_,
          .last_failure = last_failure_};
}

}  // namespace weir::webhook
