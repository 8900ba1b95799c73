#include "processors/alert/incidents.h"

#include <algorithm>

#include "processors/alert/groups.h"
#include "processors/alert/notification.h"

namespace weir::alert {

bool all_acknowledged(const std::vector<const Entry*>& alerts) {
  return std::ranges::all_of(alerts, [](const Entry* entry) { return entry->is_acknowledged(); });
}

void Incidents::follow_digest(const GroupKey& key, const std::vector<const Entry*>& ended) {
  const Group& group = book_.groups().at(key);
  if (group.sequence == 0) return;
  const std::vector<const Entry*> visible = visible_of(group, book_);
  if (visible.empty()) {
    close(key, v1::NOTIFICATION_REASON_RESOLVED, ended);
    book_.group(key).sequence = 0;
  } else if (!all_acknowledged(visible)) {
    end_if_taken_on(key);
  } else if (!is_taken_on(group)) {
    acknowledge(key, visible);
  }
}

Incidents::Standing Incidents::standing_of(const GroupKey& digest) const {
  Standing standing;
  const auto group = book_.groups().find(digest);
  if (group == book_.groups().end()) return standing;
  for (const auto& [fingerprint, member] : group->second.members)
    if (const Entry* entry = book_.find(fingerprint);
        entry != nullptr && entry->is_firing() && entry->alert.life() == member.life)
      (entry->is_muted() ? standing.hidden : standing.visible).push_back(entry);
  return standing;
}

void Incidents::begin_anew(const std::string& receiver, const std::vector<const Entry*>& hidden) {
  std::vector<GroupKey> keys;
  for (const auto& [key, group] : book_.groups())
    if (key.receiver == receiver && key.group != kDigest && group.sequence == 0)
      keys.push_back(key);
  for (const GroupKey& key : keys)
    for (const Entry* entry : hidden)
      if (book_.groups().at(key).members.contains(entry->alert.fingerprint()))
        book_.group(key).members[entry->alert.fingerprint()].life = kSaidOver;
}

void Incidents::stand(const GroupKey& digest, const std::vector<const Entry*>& alerts,
                      bool taken_on) {
  Group& group = book_.group(digest);
  group.members.clear();
  for (const Entry* entry : alerts)
    if (entry->is_firing())
      group.members[entry->alert.fingerprint()] = {entry->alert.life(), taken_on};
  if (group.members.empty()) book_.erase_group(digest);
}

void Incidents::settle_digests() {
  std::vector<GroupKey> keys;
  for (const auto& [key, group] : book_.groups())
    if (key.group == kDigest) keys.push_back(key);
  for (const GroupKey& key : keys) {
    auto [alerts, hidden] = standing_of(key);
    const Group& group = book_.groups().at(key);
    const bool was_taken_on = is_taken_on(group);
    const bool some_ended = alerts.size() + hidden.size() != group.members.size();
    if (alerts.empty() && some_ended) {
      close(key, v1::NOTIFICATION_REASON_RESOLVED, ended_of(group));
      begin_anew(key.receiver, hidden);
      book_.erase_group(key);
    } else if (!was_taken_on && !alerts.empty() && all_acknowledged(alerts)) {
      acknowledge(key, alerts);
      begin_anew(key.receiver, hidden);
      stand(key, alerts, true);
    } else if (some_ended) {
      alerts.insert(alerts.end(), hidden.begin(), hidden.end());
      stand(key, alerts, was_taken_on);  // what is over is not kept for it
    }
  }
}

std::vector<const Entry*> Incidents::ended_of(const Group& digest) const {
  std::vector<const Entry*> ended;
  for (const auto& [fingerprint, member] : digest.members)
    if (const Entry* entry = book_.find(fingerprint);
        entry != nullptr && entry->alert.state() == v1::ALERT_STATE_RESOLVED &&
        entry->alert.life() == member.life)
      ended.push_back(entry);
  return ended;
}

void Incidents::close(const GroupKey& key, v1::NotificationReason reason,
                      const std::vector<const Entry*>& ended) {
  const Group& group = book_.groups().at(key);
  outbox_.tell(make_notification({.key = key,
                                  .group_labels = group.labels,
                                  .reason = reason,
                                  .sequence = group.sequence + 1,
                                  .page_url = page_url_,
                                  .closes = true},
                                 ended, outbox_.cause()));
}

void Incidents::end_if_taken_on(const GroupKey& key) {
  const auto group = book_.groups().find(key);
  const bool is_open =
      group != book_.groups().end() && (key.group == kDigest || group->second.sequence > 0);
  if (!is_open || !is_taken_on(group->second)) return;
  close(key, v1::NOTIFICATION_REASON_INCIDENT, {});
  book_.group(key).sequence = 0;
}

void Incidents::acknowledge(const GroupKey& key, const std::vector<const Entry*>& alerts) {
  const Group& group = book_.groups().at(key);
  outbox_.tell(make_notification({.key = key,
                                  .group_labels = group.labels,
                                  .reason = v1::NOTIFICATION_REASON_INCIDENT,
                                  .sequence = std::max(group.sequence, 1U),
                                  .page_url = page_url_},
                                 alerts, outbox_.cause()));
}

}  // namespace weir::alert
