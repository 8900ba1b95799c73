#include "processors/alert/groups.h"

#include <algorithm>

#include "processors/core/severity.h"

namespace weir::alert {
namespace {

/// How long other tasks are waited for, and when one counts as gone.
constexpr DurationUs kStragglersUs = 15 * kSecondUs;
constexpr DurationUs kGoneAfterUs = 30 * kSecondUs;

bool is_resolved(const Entry& entry) { return entry.alert.state() == v1::ALERT_STATE_RESOLVED; }

bool all_reached(const Head& head, TimeUs time) {
  return std::ranges::all_of(head.sources, [&](const auto& each) {
    const Source& source = each.second;
    return source.time_us >= time || source.append_time_us < head.append_time_us - kGoneAfterUs;
  });
}

bool is_page(const Entry& entry) { return entry.alert.severity() == kSeverities.front(); }

/// Whether a page begins where the group has told of none that fires: who is to wake does not wait
/// for what was said of a ticket.
bool wakes_anew(const Group& group, const Pending& pending, const Book& book) {
  if (std::ranges::none_of(pending.begun, [](const Entry* entry) { return is_page(*entry); }))
    return false;
  return std::ranges::none_of(group.members, [&](const auto& each) {
    const Entry* entry = book.find(each.first);
    return entry != nullptr && is_page(*entry) && each.second.life == entry->alert.life();
  });
}

}  // namespace

TimeUs Pending::time_us() const {
  TimeUs time = kMinTime;
  for (const auto* entries : {&begun, &ended, &acknowledged})
    for (const Entry* entry : *entries) time = std::max(time, entry->alert.time_us());
  return time;
}

Pending pending_of(const Group& group, const Book& book) {
  Pending pending;
  for (const auto& [fingerprint, member] : group.members) {
    const Entry* entry = book.find(fingerprint);
    if (entry == nullptr) continue;
    if (is_resolved(*entry)) {
      if (member.life != 0 || !entry->is_muted()) pending.ended.push_back(entry);
    } else if (entry->is_firing() && !entry->is_muted()) {
      if (member.life != entry->alert.life()) {
        pending.begun.push_back(entry);
      } else if (entry->is_acknowledged() && !member.acknowledged) {
        pending.acknowledged.push_back(entry);
      }
    }
  }
  return pending;
}

std::vector<const Entry*> visible_of(const Group& group, const Book& book) {
  std::vector<const Entry*> visible;
  for (const auto& [fingerprint, member] : group.members) {
    const Entry* entry = book.find(fingerprint);
    if (entry != nullptr && entry->is_firing() && !entry->is_muted()) visible.push_back(entry);
  }
  return visible;
}

std::vector<std::string> lapsed_of(const Group& group, const Book& book) {
  std::vector<std::string> lapsed;
  for (const auto& [fingerprint, member] : group.members) {
    const Entry* entry = book.find(fingerprint);
    if (entry == nullptr || (is_resolved(*entry) && member.life == 0 && entry->is_muted()))
      lapsed.push_back(fingerprint);
  }
  return lapsed;
}

bool is_due(const Grouping& grouping, const Group& group, const Pending& pending,
            const Book& book) {
  if (!pending.any()) return false;
  const Head& head = book.head();
  const TimeUs now = head.append_time_us;
  TimeUs from = group.dirty_since_us;
  if (group.last_told_us == kMinTime || wakes_anew(group, pending, book)) {
    from += grouping.wait_us;
  } else if (!pending.begun.empty() || !pending.ended.empty()) {
    from = std::max(from, group.last_told_us + grouping.interval_us);
  }
  if (now < from) return false;
  return all_reached(head, group.dirty_time_us) || now >= group.dirty_since_us + kStragglersUs;
}

bool is_repeat_due(const Grouping& grouping, const Group& group, const Book& book) {
  if (group.last_told_us == kMinTime ||
      book.head().append_time_us < group.last_told_us + grouping.repeat_us)
    return false;
  const auto visible = visible_of(group, book);
  return std::ranges::any_of(visible, [](const Entry* entry) { return !entry->is_acknowledged(); });
}

bool is_taken_on(const Group& group) {
  bool any = false;
  for (const auto& [fingerprint, member] : group.members) {
    if (member.life == 0 || member.life == kSaidOver) continue;
    if (!member.acknowledged) return false;
    any = true;
  }
  return any;
}

void note_told(const Pending& pending, TimeUs now, const Book& book, Group& group) {
  for (const Entry* entry : pending.ended) group.members.erase(entry->alert.fingerprint());
  for (auto& [fingerprint, member] : group.members) {
    const Entry* entry = book.find(fingerprint);
    if (entry == nullptr || !entry->is_firing()) continue;
    if (!entry->is_muted())
      member = {.life = entry->alert.life(), .acknowledged = entry->is_acknowledged()};
    else if (member.life == entry->alert.life())
      member.life = kSaidOver;
  }
  group.last_told_us = now;
  group.dirty_since_us = kMaxTime;
  group.dirty_time_us = kMinTime;
  group.throttled = false;
}

}  // namespace weir::alert
