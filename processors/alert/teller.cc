#include "processors/alert/teller.h"

#include <algorithm>

#include "processors/alert/notification.h"
#include "processors/alert/routing.h"

namespace weir::alert {
namespace {

std::string_view reason_text(v1::NotificationReason reason) {
  switch (reason) {
    case v1::NOTIFICATION_REASON_FIRST:
      return "the group is new";
    case v1::NOTIFICATION_REASON_CHANGED:
      return "the group changed";
    case v1::NOTIFICATION_REASON_REPEAT:
      return "nobody has acknowledged it yet";
    case v1::NOTIFICATION_REASON_RESOLVED:
      return "nothing of the group fires any more that is not hidden";
    case v1::NOTIFICATION_REASON_ACKNOWLEDGED:
      return "somebody took it on";
    default:
      return "it is one of several groups in a digest";
  }
}

v1::NotificationReason reason_of(const Group& group, const Pending& pending, bool any_fires) {
  if (!any_fires) return v1::NOTIFICATION_REASON_RESOLVED;
  if (!pending.any()) return v1::NOTIFICATION_REASON_REPEAT;
  if (pending.begun.empty() && pending.ended.empty()) return v1::NOTIFICATION_REASON_ACKNOWLEDGED;
  const bool is_first = group.sequence == 0 && !pending.begun.empty();
  return is_first ? v1::NOTIFICATION_REASON_FIRST : v1::NOTIFICATION_REASON_CHANGED;
}

bool is_taken_on(const v1::Notification& notification) {
  return notification.firing() > 0 && notification.acknowledged() == notification.firing();
}

std::string cause_of(std::int64_t changes, std::int64_t repeats) {
  if (repeats == 0) return fmt::format("{} groups changed at once", changes);
  const std::string again =
      fmt::format("nobody has acknowledged {} group{} yet", repeats, repeats == 1 ? "" : "s");
  return changes == 0 ? again : fmt::format("{} groups changed, and {}", changes, again);
}

/// What a notification of the group tells of.
std::vector<const Entry*> alerts_of(const Pending& pending, const Group& group, const Book& book) {
  std::vector<const Entry*> alerts = visible_of(group, book);
  alerts.insert(alerts.end(), pending.ended.begin(), pending.ended.end());
  return alerts;
}

}  // namespace

void Teller::settle() {
  tell_changed();
  measure_backlog();
  std::vector<Waiting> all = look_at_groups();
  for (auto from = all.begin(); from != all.end();) {
    const auto to = std::find_if(from, all.end(), [&](const Waiting& each) {
      return each.key.receiver != from->key.receiver;
    });
    const std::string receiver = from->key.receiver;
    tell_receiver(receiver, {std::make_move_iterator(from), std::make_move_iterator(to)});
    from = to;
  }
  if (book_.head().behind_since_us != kMaxTime) return;
  book_.head().was_behind = false;
  incidents_.settle_digests();
}

void Teller::tell_changed() {
  std::vector<std::string> changed;
  for (const auto& [fingerprint, entry] : book_.entries())
    if (entry.changed) changed.push_back(fingerprint);
  for (const std::string& fingerprint : changed) {
    Entry& entry = book_.entry(fingerprint);
    join(entry);
    entry.changed = false;
    entry.alert.set_append_time_us(outbox_.cause().append_time_us);
    entry.alert.set_as_of_offset(outbox_.cause().offset);
    outbox_.tell(entry.alert);
  }
}

/// One that fires is always in its groups; one that resolved only where it has just been there.
void Teller::join(Entry& entry) {
  if (entry.alert.fired_at_us() == 0) return;
  if (!entry.is_firing() && entry.grouped_life == entry.alert.life()) return;
  entry.grouped_life = entry.alert.life();
  entry.alert.clear_receiver();
  std::set<std::string> receivers;
  for (const Target& target : targets_of(config_, entry.alert)) {
    Group& group = book_.group(target.key);
    group.route = target.route;
    group.labels = target.labels;
    group.members.try_emplace(entry.alert.fingerprint());
    receivers.insert(target.key.receiver);
  }
  for (const std::string& receiver : receivers) entry.alert.add_receiver(receiver);
}

void Teller::measure_backlog() {
  Head& head = book_.head();
  const TimeUs reached = head.reached_us();
  if (reached == kMinTime) return;
  if (now() - reached < config_.storm.backlog_after_us) {
    head.behind_since_us = kMaxTime;
  } else if (head.behind_since_us == kMaxTime) {
    head.behind_since_us = now();
    head.was_behind = true;
  }
}

std::vector<Teller::Waiting> Teller::look_at_groups() {
  std::vector<Waiting> all;
  std::vector<GroupKey> keys;
  for (const auto& [key, group] : book_.groups())
    if (key.group != kDigest) keys.push_back(key);
  for (const GroupKey& key : keys) {
    const Group& seen = book_.groups().at(key);
    drop_lapsed(key);
    if (seen.members.empty()) {
      book_.erase_group(key);
      continue;
    }
    Waiting waiting{.key = key, .pending = pending_of(seen, book_)};
    if (waiting.pending.any() != (seen.dirty_since_us != kMaxTime))
      book_.group(key).dirty_since_us = waiting.pending.any() ? now() : kMaxTime;
    if (waiting.pending.time_us() != seen.dirty_time_us)
      book_.group(key).dirty_time_us = waiting.pending.time_us();
    const Grouping& grouping = grouping_of(config_, seen.route);
    waiting.due = is_due(grouping, seen, waiting.pending, book_);
    waiting.repeat = !waiting.pending.any() && is_repeat_due(grouping, seen, book_);
    if (waiting.pending.any() || waiting.repeat) all.push_back(std::move(waiting));
  }
  return all;
}

bool Teller::is_in_another_group(const GroupKey& key, const std::string& fingerprint) const {
  return std::ranges::any_of(book_.groups(), [&](const auto& each) {
    return each.first.receiver == key.receiver && each.first != key &&
           each.second.members.contains(fingerprint);
  });
}

/// Of what ended hidden the receiver hears nothing, whatever was said to wait for a digest.
void Teller::drop_lapsed(const GroupKey& key) {
  for (const std::string& fingerprint : lapsed_of(book_.groups().at(key), book_)) {
    const Entry* entry = book_.find(fingerprint);
    if (entry != nullptr && !is_in_another_group(key, fingerprint))
      outbox_.decide(
          entry->alert,
          {v1::DECISION_KIND_LAPSED,
           fmt::format("it resolved while it was hidden; no notification has told {} of it",
                       key.receiver)},
          {.receiver = key.receiver});
    book_.group(key).members.erase(fingerprint);
  }
}

void Teller::tell_receiver(const std::string& receiver, std::vector<Waiting> waiting) {
  const Head& head = book_.head();
  if (head.behind_since_us != kMaxTime) return tell_behind(receiver, waiting);
  const auto changes = [](const Waiting& each) { return each.pending.any(); };
  if (head.was_behind && std::ranges::count_if(waiting, changes) > 1) {
    std::erase_if(waiting, [](const Waiting& each) { return each.repeat; });
    return tell_digest(receiver, waiting,
                       "Weir was behind and has caught up: all that changed meanwhile");
  }
  std::erase_if(waiting, [](const Waiting& each) { return !each.due && !each.repeat; });
  if (waiting.empty()) return;
  const std::int64_t repeats = std::ranges::count_if(waiting, &Waiting::repeat);
  if (std::ssize(waiting) > config_.storm.groups_at_once)
    return tell_together(receiver, waiting, cause_of(std::ssize(waiting) - repeats, repeats));
  // One digest for all: with one of its own, repeats would leave none to what has changed.
  if (!has_share(receiver)) return tell_together(receiver, waiting, had_its_share(receiver));
  // What only a digest told is told again by one: its incident is there.
  const auto by_digest = std::ranges::stable_partition(waiting, [&](const Waiting& each) {
    return !each.repeat || book_.groups().at(each.key).sequence > 0;
  });
  const std::vector<Waiting> of_digests(by_digest.begin(), by_digest.end());
  waiting.erase(by_digest.begin(), by_digest.end());
  if (!of_digests.empty()) tell_together(receiver, of_digests, cause_of(0, std::ssize(of_digests)));
  tell_each(receiver, waiting);
}

void Teller::tell_behind(const std::string& receiver, const std::vector<Waiting>& waiting) {
  const TimeUs since = book_.head().behind_since_us;
  const bool late = now() - since >= config_.storm.digest_every_us && is_digest_due(receiver);
  std::vector<Waiting> changes;
  for (const Waiting& each : waiting)
    if (each.pending.any()) changes.push_back(each);
  if (changes.empty()) return;
  const std::string cause =
      fmt::format("Weir is behind its events since {}", format_rfc3339(since));
  if (late) return tell_digest(receiver, changes, cause);
  for (const Waiting& each : changes) throttle(each, cause + ": it waits for the digest");
}

bool Teller::has_share(const std::string& receiver) {
  Load& load = book_.load(receiver);
  std::erase_if(load.told, [&](TimeUs each) { return each <= now() - kHourUs; });
  return std::ssize(load.told) < config_.storm.per_hour;
}

void Teller::tell_each(const std::string& receiver, const std::vector<Waiting>& waiting) {
  std::vector<Waiting> beyond;
  for (const Waiting& each : waiting) {
    if (has_share(receiver)) {
      book_.load(receiver).told.push_back(now());
      tell_group(each);
    } else if (!each.repeat) {
      beyond.push_back(each);
    }
  }
  if (!beyond.empty()) tell_together(receiver, beyond, had_its_share(receiver));
}

void Teller::tell_together(const std::string& receiver, const std::vector<Waiting>& waiting,
                           const std::string& cause) {
  if (has_share(receiver) || is_digest_due(receiver)) return tell_digest(receiver, waiting, cause);
  for (const Waiting& each : waiting)
    if (!each.repeat) throttle(each, had_its_share(receiver) + ": it waits for the digest");
}

std::string Teller::had_its_share(const std::string& receiver) const {
  return fmt::format("{} was told {} times within an hour", receiver, config_.storm.per_hour);
}

void Teller::tell_group(const Waiting& waiting) {
  const Group& group = book_.groups().at(waiting.key);
  const std::vector<const Entry*> alerts = alerts_of(waiting.pending, group, book_);
  const bool any_fires = alerts.size() > waiting.pending.ended.size();
  const auto reason = reason_of(group, waiting.pending, any_fires);
  // A digest told of what fires, or nobody was told of what is over.
  const bool has_incident = group.sequence > 0 || !waiting.pending.begun.empty();
  if (!all_acknowledged(visible_of(group, book_))) incidents_.end_if_taken_on(waiting.key);
  const v1::Notification notification =
      make_notification({.key = waiting.key,
                         .group_labels = group.labels,
                         .reason = reason,
                         .sequence = has_incident ? group.sequence + 1 : 0,
                         .page_url = config_.page_url},
                        alerts, outbox_.cause());
  outbox_.tell(notification);
  Pending said = waiting.pending;
  if (waiting.repeat) said.begun = alerts;
  say_grouped(said, notification);
  book_.group(waiting.key).sequence = any_fires ? notification.sequence() : 0;
  mark_told(waiting);
}

void Teller::tell_digest(const std::string& receiver, const std::vector<Waiting>& waiting,
                         const std::string& cause) {
  NotificationParts parts{.key = {receiver, kDigest},
                          .reason = v1::NOTIFICATION_REASON_DIGEST,
                          .sequence = 1,
                          .page_url = config_.page_url,
                          .digest_cause = cause};
  auto [alerts, hidden] = incidents_.standing_of(parts.key);
  for (const Waiting& each : waiting) {
    parts.digest_groups.push_back(each.key.group);
    const auto of_group = alerts_of(each.pending, book_.groups().at(each.key), book_);
    alerts.insert(alerts.end(), of_group.begin(), of_group.end());
  }
  const v1::Notification notification = make_notification(parts, alerts, outbox_.cause());
  const bool taken_on = is_taken_on(notification);
  const bool stands = notification.firing() > 0 && !taken_on;
  if (stands) incidents_.end_if_taken_on(parts.key);
  outbox_.tell(notification);
  outbox_.probe().digests.add();
  Load& load = book_.load(receiver);
  load.last_digest_us = now();
  load.told.push_back(now());
  incidents_.begin_anew(receiver, hidden);
  incidents_.stand(parts.key, alerts, taken_on);
  for (const Waiting& each : waiting) {
    Pending said = each.pending;
    if (each.repeat) said.begun = visible_of(book_.groups().at(each.key), book_);
    say_grouped(said, notification);
    incidents_.follow_digest(each.key, each.pending.ended);
    mark_told(each);
  }
}

void Teller::throttle(const Waiting& waiting, const std::string& because) {
  if (book_.groups().at(waiting.key).throttled) return;
  book_.group(waiting.key).throttled = true;
  for (const auto* entries : {&waiting.pending.begun, &waiting.pending.ended})
    for (const Entry* entry : *entries)
      outbox_.decide(entry->alert, {v1::DECISION_KIND_THROTTLED, because},
                     {.receiver = waiting.key.receiver});
  outbox_.probe().throttled.add();
}

void Teller::say_grouped(const Pending& pending, const v1::Notification& notification) {
  const bool is_digest = notification.reason() == v1::NOTIFICATION_REASON_DIGEST;
  std::string because = notification.digest_cause();
  if (because.empty()) because = reason_text(notification.reason());
  const auto others = notification.firing() + notification.resolved() - 1;
  if (others > 0) because += fmt::format("; told with {} other{}", others, others == 1 ? "" : "s");
  for (const auto* entries : {&pending.begun, &pending.ended, &pending.acknowledged})
    for (const Entry* entry : *entries)
      outbox_.decide(entry->alert, {v1::DECISION_KIND_GROUPED, because},
                     {.receiver = notification.receiver(),
                      .notification_id = notification.id(),
                      .reference = is_digest ? kDigest : ""});
}

void Teller::mark_told(const Waiting& waiting) {
  Group& group = book_.group(waiting.key);
  note_told(waiting.pending, now(), book_, group);
  if (group.members.empty()) book_.erase_group(waiting.key);
}

bool Teller::is_digest_due(const std::string& receiver) const {
  const TimeUs last = book_.load(receiver).last_digest_us;
  return last == kMinTime || now() - last >= config_.storm.digest_every_us;
}

}  // namespace weir::alert
