#include "sinks/webhook/backlog.h"

#include <algorithm>
#include <cassert>

#include "processors/core/bytes.h"

namespace weir::webhook {
namespace {

constexpr std::size_t kMaxNoted = 1'000;

// The note: varint version, then of each finished offset, ascending, a varint: how far it is behind
// the one before (the first: behind the position).

std::set<std::int64_t> decode_note(const runtime::FollowerPlace& place) {
  ByteReader reader(place.note);
  std::set<std::int64_t> offsets;
  if (reader.varint() != kNoteVersion) return offsets;
  std::int64_t last = place.position;
  while (reader.ok() && !reader.at_end()) {
    const std::uint64_t step = reader.varint();
    if (!reader.ok() || step > static_cast<std::uint64_t>(kMaxTime - last)) return {};
    last += static_cast<std::int64_t>(step);
    offsets.insert(last);
  }
  return offsets;
}

std::string encode_note(std::int64_t position, const std::set<std::int64_t>& offsets) {
  std::string note;
  put_varint(note, kNoteVersion);
  std::int64_t last = position;
  for (auto each = offsets.lower_bound(position); each != offsets.end(); ++each) {
    std::string step;
    put_varint(step, static_cast<std::uint64_t>(*each - last));
    if (note.size() + step.size() > runtime::kMaxNoteBytes) break;
    note += step;
    last = *each;
  }
  return note;
}

/// What begins after it may wake nobody where the two were one.
bool is_end(const Item& item) {
  return item.record.has_notification() && ends_incident(item.record.notification());
}

/// Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
DurationUs pause(std::uint32_t failures, double jitter) {
  constexpr std::uint32_t kMostDoublings = 10;
  const DurationUs ceiling = std::min(
      Backlog::kLastPauseUs, Backlog::kFirstPauseUs << std::min(failures - 1, kMostDoublings));
  return static_cast<DurationUs>(static_cast<double>(ceiling) * jitter);
}

}  // namespace

Backlog::Backlog(const BacklogOptions& options, const runtime::FollowerPlace& place)
    : options_(options), next_offset_(place.position), done_(decode_note(place)) {}

void Backlog::take(std::int64_t offset, std::optional<Item> item) {
  next_offset_ = offset + 1;
  if (!item || done_.contains(offset)) return;
  item->offsets = {offset};
  bytes_ += bytes_of(*item);
  open_.insert(offset);
  for (const std::string_view alert : alerts_of(*item))
    by_alert_[std::string(alert)].insert(offset);
  Queue& queue = queues_[item->key];
  queue.items.push_back(*std::move(item));
}

void Backlog::coalesce(TimeUs now) {
  for (auto& [key, queue] : queues_) {
    std::deque<Item>& items = queue.items;
    for (std::size_t i = 0;
         i + 1 < items.size() && items[i].append_time_us + options_.coalesce_after_us <= now;) {
      if (!can_fold(items[i], items[i + 1])) {
        ++i;
        continue;
      }
      bytes_ -= bytes_of(items[i]) + bytes_of(items[i + 1]);
      const Item earlier = std::move(items[i]);
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
      fold_into(earlier, items[i]);
      bytes_ += bytes_of(items[i]);
      const auto told = alerts_of(items[i]);
      for (const std::string_view alert : alerts_of(earlier))
        if (!std::ranges::binary_search(told, alert)) forget(alert, earlier.offsets);
      if (i > 0) --i;  // an end, which the one before may be, too
    }
  }
}

bool Backlog::can_fold(const Item& earlier, const Item& later) const {
  if (options_.keeps_incidents && is_end(earlier) && !is_end(later)) return false;
  return std::ranges::all_of(alerts_of(earlier), [&](std::string_view alert) {
    const std::set<std::int64_t>& offsets = by_alert_.find(alert)->second;
    const auto next = offsets.upper_bound(earlier.offsets.back());
    return next == offsets.end() || *next >= later.offsets.front();
  });
}

bool Backlog::is_first_of_alerts(const Item& item) const {
  return std::ranges::all_of(alerts_of(item), [&](std::string_view alert) {
    return std::ranges::binary_search(item.offsets, *by_alert_.find(alert)->second.begin());
  });
}

/// Those that failed least often first, then those that are oldest.
std::vector<Backlog::Queues::iterator> Backlog::due(TimeUs now) {
  std::vector<Queues::iterator> due;
  for (auto queue = queues_.begin(); queue != queues_.end(); ++queue)
    if (queue->second.paused_until <= now && is_first_of_alerts(queue->second.items.front()))
      due.push_back(queue);
  std::ranges::sort(due, {}, [](const Queues::iterator& each) {
    const Item& first = each->second.items.front();
    return std::pair(first.attempts, first.offsets.front());
  });
  return due;
}

std::vector<Item> Backlog::next(TimeUs now) {
  assert(in_flight_.empty());
  std::vector<Item> batch;
  if (queues_.empty() || paused(now)) return batch;
  coalesce(now);
  for (const Queues::iterator& each : due(now)) {
    const Item& first = each->second.items.front();
    if (!batch.empty() && (first.alone || batch.front().alone)) continue;
    batch.push_back(first);
    in_flight_.push_back(each->first);
    if (batch.size() == options_.batch) break;
  }
  return batch;
}

void Backlog::forget(std::string_view alert, const std::vector<std::int64_t>& offsets) {
  const auto found = by_alert_.find(alert);
  for (const std::int64_t offset : offsets) found->second.erase(offset);
  if (found->second.empty()) by_alert_.erase(found);
}

Finished Backlog::finish(Queues::iterator queue, const Outcome& outcome) {
  Item item = std::move(queue->second.items.front());
  queue->second.items.pop_front();
  bytes_ -= bytes_of(item);
  for (const std::int64_t offset : item.offsets) {
    open_.erase(offset);
    done_.insert(offset);
  }
  for (const std::string_view alert : alerts_of(item)) forget(alert, item.offsets);
  const std::int64_t position = open_.empty() ? next_offset_ : *open_.begin();
  done_.erase(done_.begin(), done_.lower_bound(position));
  while (done_.size() > kMaxNoted) done_.erase(done_.begin());
  if (queue->second.items.empty()) queues_.erase(queue);
  return {std::move(item), outcome.kind == Outcome::Kind::taken, outcome.text};
}

std::vector<Finished> Backlog::answered(const Outcome& outcome, TimeUs now, double jitter) {
  std::vector<Finished> finished;
  const std::vector<std::string> keys = std::exchange(in_flight_, {});
  const bool split = outcome.kind == Outcome::Kind::refused && keys.size() > 1;
  for (const std::string& key : keys) {
    const auto queue = queues_.find(key);
    Item& item = queue->second.items.front();
    if (split) {  // one of them is to blame: each for itself
      item.alone = true;
      continue;
    }
    ++item.attempts;
    const bool again = outcome.kind == Outcome::Kind::again &&
                       now - item.append_time_us < options_.give_up_after_us;
    if (again)
      queue->second.paused_until = now + pause(item.attempts, jitter);
    else
      finished.push_back(finish(queue, outcome));
  }
  pause_after(outcome, now, jitter);
  return finished;
}

void Backlog::pause_after(const Outcome& outcome, TimeUs now, double jitter) {
  if (outcome.kind != Outcome::Kind::again) {
    failures_ = 0;
    return;
  }
  ++failures_;
  paused_until_ = now + std::max(pause(failures_, jitter), outcome.retry_after.value_or(0));
}

std::size_t Backlog::size() const {
  std::size_t size = 0;
  for (const auto& [key, queue] : queues_) size += queue.items.size();
  return size;
}

std::optional<TimeUs> Backlog::oldest() const {
  std::optional<TimeUs> oldest;
  for (const auto& [key, queue] : queues_) {
    const TimeUs since = queue.items.front().append_time_us;
    oldest = std::min(oldest.value_or(since), since);
  }
  return oldest;
}

runtime::FollowerPlace Backlog::place() const {
  const std::int64_t position = open_.empty() ? next_offset_ : *open_.begin();
  return {position, encode_note(position, done_)};
}

}  // namespace weir::webhook
