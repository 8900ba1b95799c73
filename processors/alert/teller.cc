#include "processors/alert/teller.h"

#include <algorithm>

#include "processors/alert/notification.h"
#include "processors/alert/routing.h"

namespace weir::alert {
namespace {

/// The group key of digests, and what decisions about what is in one refer to.
constexpr const char* kDigest = "digest";

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
  close_digests();
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
    for (const std::string& fingerprint : lapsed_of(seen, book_))
      book_.group(key).members.erase(fingerprint);
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
    waiting.due = is_due(grouping, seen, waiting.pending, book_.head());
    waiting.repeat = !waiting.pending.any() && is_repeat_due(grouping, seen, book_);
    if (waiting.pending.any() || waiting.repeat) all.push_back(std::move(waiting));
  }
  return all;
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
  const auto at_once = std::ranges::count_if(waiting, changes);
  if (at_once <= config_.storm.groups_at_once || !is_digest_due(receiver))
    return tell_each(receiver, waiting);
  std::erase_if(waiting, [](const Waiting& each) { return each.repeat; });
  tell_digest(receiver, waiting, fmt::format("{} groups changed at once", at_once));
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

void Teller::tell_each(const std::string& receiver, const std::vector<Waiting>& waiting) {
  Load& load = book_.load(receiver);
  std::erase_if(load.told, [&](TimeUs each) { return each <= now() - kHourUs; });
  std::vector<Waiting> beyond;
  for (const Waiting& each : waiting) {
    if (load.told.size() < static_cast<std::size_t>(config_.storm.per_hour)) {
      load.told.push_back(now());
      tell_group(each);
    } else if (!each.repeat) {
      beyond.push_back(each);
    }
  }
  if (beyond.empty()) return;
  const std::string cause =
      fmt::format("{} was told {} times within an hour", receiver, config_.storm.per_hour);
  if (is_digest_due(receiver)) return tell_digest(receiver, beyond, cause);
  for (const Waiting& each : beyond) throttle(each, cause + ": it waits for the digest");
}

void Teller::tell_group(const Waiting& waiting) {
  const Group& group = book_.groups().at(waiting.key);
  const std::vector<const Entry*> alerts = alerts_of(waiting.pending, group, book_);
  const bool any_fires = alerts.size() > waiting.pending.ended.size();
  const v1::Notification notification =
      make_notification({.key = waiting.key,
                         .group_labels = group.labels,
                         .reason = reason_of(group, waiting.pending, any_fires),
                         .sequence = group.sequence + 1,
                         .page_url = config_.page_url},
                        alerts, outbox_.cause());
  outbox_.tell(notification);
  Pending said = waiting.pending;
  if (waiting.repeat) said.begun = alerts;
  say_grouped(said, notification);
  Group& told = book_.group(waiting.key);
  ++told.sequence;
  if (!any_fires) note_over(book_, told);
  mark_told(waiting);
}

void Teller::tell_digest(const std::string& receiver, const std::vector<Waiting>& waiting,
                         const std::string& cause) {
  NotificationParts parts{.key = {receiver, kDigest},
                          .reason = v1::NOTIFICATION_REASON_DIGEST,
                          .sequence = 1,
                          .page_url = config_.page_url,
                          .digest_cause = cause};
  const std::vector<const Entry*> standing = standing_of(parts.key);
  std::vector<const Entry*> alerts;
  std::ranges::copy_if(standing, std::back_inserter(alerts),
                       [](const Entry* entry) { return !entry->is_muted(); });
  for (const Waiting& each : waiting) {
    parts.digest_groups.push_back(each.key.group);
    const auto of_group = alerts_of(each.pending, book_.groups().at(each.key), book_);
    alerts.insert(alerts.end(), of_group.begin(), of_group.end());
  }
  const v1::Notification notification = make_notification(parts, alerts, outbox_.cause());
  outbox_.tell(notification);
  outbox_.probe().digests.add();
  book_.load(receiver).last_digest_us = now();
  if (notification.firing() > 0)  // what is hidden stands on, where anything does
    alerts.insert(alerts.end(), standing.begin(), standing.end());
  else
    begin_anew(receiver, standing);
  stand(parts.key, alerts);
  for (const Waiting& each : waiting) {
    say_grouped(each.pending, notification);
    Group& group = book_.group(each.key);
    if (group.sequence > 0 && visible_of(group, book_).empty()) {
      close(each.key, group, each.pending.ended);
      note_over(book_, group);
    }
    mark_told(each);
  }
}

std::vector<const Entry*> Teller::standing_of(const GroupKey& digest) const {
  std::vector<const Entry*> standing;
  const auto group = book_.groups().find(digest);
  if (group == book_.groups().end()) return standing;
  for (const auto& [fingerprint, member] : group->second.members)
    if (const Entry* entry = book_.find(fingerprint);
        entry != nullptr && entry->is_firing() && entry->alert.life() == member.life)
      standing.push_back(entry);
  return standing;
}

/// Its receiver was told that nothing of its digests fires, while these are hidden.
void Teller::begin_anew(const std::string& receiver, const std::vector<const Entry*>& hidden) {
  std::vector<GroupKey> keys;
  for (const auto& [key, group] : book_.groups())
    if (key.receiver == receiver && key.group != kDigest && group.sequence == 0)
      keys.push_back(key);
  for (const GroupKey& key : keys)
    for (const Entry* entry : hidden)
      if (book_.groups().at(key).members.contains(entry->alert.fingerprint()))
        book_.group(key).members[entry->alert.fingerprint()].life = kSaidOver;
}

void Teller::stand(const GroupKey& digest, const std::vector<const Entry*>& alerts) {
  Group& group = book_.group(digest);
  group.members.clear();
  for (const Entry* entry : alerts)
    if (entry->is_firing()) group.members[entry->alert.fingerprint()] = {entry->alert.life()};
  if (group.members.empty()) book_.erase_group(digest);
}

void Teller::close_digests() {
  std::vector<GroupKey> keys;
  for (const auto& [key, group] : book_.groups())
    if (key.group == kDigest) keys.push_back(key);
  for (const GroupKey& key : keys) {
    const std::vector<const Entry*> standing = standing_of(key);
    const Group& group = book_.groups().at(key);
    if (standing.size() == group.members.size()) continue;
    std::vector<const Entry*> ended;
    for (const auto& [fingerprint, member] : group.members)
      if (const Entry* entry = book_.find(fingerprint);
          entry != nullptr && entry->alert.state() == v1::ALERT_STATE_RESOLVED &&
          entry->alert.life() == member.life)
        ended.push_back(entry);
    if (standing.empty()) close(key, group, ended);
    stand(key, standing);  // what is over is not kept for it
  }
}

void Teller::close(const GroupKey& key, const Group& group,
                   const std::vector<const Entry*>& ended) {
  outbox_.tell(make_notification({.key = key,
                                  .group_labels = group.labels,
                                  .reason = v1::NOTIFICATION_REASON_RESOLVED,
                                  .sequence = group.sequence + 1,
                                  .page_url = config_.page_url,
                                  .closes = true},
                                 ended, outbox_.cause()));
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
