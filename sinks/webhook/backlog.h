// What one receiver has yet to be told, and when: order, retries, folding, and how far the log is
// done with. A state machine without clock, socket or randomness; one thread.
//
// - Of one key, items are told in their order, the next after the last one's end. Keys wait for
//   each other only where they tell of the same alert, as a digest and a group do: what came first
//   is told first. One that fails again and again holds up no key but those: where a digest waits
//   for a group, also what waits for the digest, until it ends with `give_up_after`. A digest tells
//   again of all that earlier ones said and that still fires, and waits for that, too.
// - After a failure the key, and the receiver as a whole, pause: a random part of 500 ms, 1 s, 2 s,
//   … 1 min (exponential back-off with full jitter), or as long as Retry-After says.
// - Where the first of a key has waited for `coalesce_after`, all that waits of the key becomes one
//   (item.h), unless another key has something to tell of its alerts in between; but what ends an
//   incident (item.h) stays apart from what begins after it, so that this wakes somebody: at most
//   an end and a beginning wait so. What has waited for `give_up_after` ends with the next failure.
//
// Its place in the log: everything before `position` is done with; of what lies behind it, the note
// holds the offsets that are done, so that a start does not repeat them (the latest 1,000).
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/time.h"
#include "processors/runtime/follower.h"
#include "sinks/webhook/item.h"
#include "sinks/webhook/outcome.h"

namespace weir::webhook {

/// Of the note of what was told out of order: drawn in backlog.cc.
inline constexpr std::uint64_t kNoteVersion = 1;

struct BacklogOptions {
  DurationUs coalesce_after_us = 2 * kMinuteUs;
  DurationUs give_up_after_us = 3 * kDayUs;
  std::size_t batch = 1;                // keys of one request
  bool keeps_incidents = false;         // the receiver does: an end is no part of what begins then
  std::size_t max_bytes = 64ULL << 20;  // that wait; above it the log waits
};

/// An item that is done with.
struct Finished {
  Item item;
  bool sent = false;  // false: it goes to the dead letters
  std::string text;   // the answer's
};

class Backlog {
 public:
  static constexpr DurationUs kFirstPauseUs = 500 * kMillisecondUs;
  static constexpr DurationUs kLastPauseUs = kMinuteUs;

  /// Where it goes on; a note that cannot be read is as good as none.
  Backlog(const BacklogOptions& options, const runtime::FollowerPlace& place);

  /// The next offset to be read.
  std::int64_t next_offset() const { return next_offset_; }
  bool has_room() const { return bytes_ < options_.max_bytes; }
  /// The record at that offset was read; `item`: what it has for this receiver, if anything.
  void take(std::int64_t offset, std::optional<Item> item);
  /// Nothing more is to be read before that offset; no effect where reading is behind it already.
  void skip_to(std::int64_t offset) { next_offset_ = std::max(next_offset_, offset); }

  /// What to send now; it stays first of its keys until answered(). Empty: nothing is due.
  std::vector<Item> next(TimeUs now);
  /// What became of it. `jitter` is random, from 0 to below 1.
  std::vector<Finished> answered(const Outcome& outcome, TimeUs now, double jitter);

  /// For requests that are not of this backlog (resends): whether the receiver may be asked, and
  /// what came of it.
  bool paused(TimeUs now) const { return now < paused_until_; }
  void pause_after(const Outcome& outcome, TimeUs now, double jitter);

  bool waits(const std::string& key) const { return queues_.contains(key); }
  std::size_t size() const;
  /// Since when the oldest waits; nullopt: nothing does.
  std::optional<TimeUs> oldest() const;
  runtime::FollowerPlace place() const;

 private:
  struct Queue {
    std::deque<Item> items;
    TimeUs paused_until = kMinTime;
  };
  using Queues = std::map<std::string, Queue>;

  void coalesce(TimeUs now);
  /// No other key tells of the earlier one's alerts between the two, and the earlier one does not
  /// end an incident before the later one's.
  bool can_fold(const Item& earlier, const Item& later) const;
  /// Nothing that came before it tells of its alerts.
  bool is_first_of_alerts(const Item& item) const;
  std::vector<Queues::iterator> due(TimeUs now);
  /// Nothing at these offsets tells of it any more.
  void forget(std::string_view alert, const std::vector<std::int64_t>& offsets);
  Finished finish(Queues::iterator queue, const Outcome& outcome);

  BacklogOptions options_;
  std::int64_t next_offset_ = 0;
  std::set<std::int64_t> done_;  // finished, behind the first that waits
  std::set<std::int64_t> open_;  // read, not finished
  std::map<std::string, std::set<std::int64_t>, std::less<>> by_alert_;  // the same, of each alert
  Queues queues_;
  std::vector<std::string> in_flight_;  // keys
  std::size_t bytes_ = 0;
  std::uint32_t failures_ = 0;  // of the receiver, one after the other
  TimeUs paused_until_ = kMinTime;
};

}  // namespace weir::webhook
