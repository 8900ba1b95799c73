#include "sinks/webhook/firing.h"

#include <algorithm>

#include "sinks/webhook/payload.h"

namespace weir::webhook {
bool Firing::see(const v1::Alert& alert) {
  const auto known = alerts_.find(alert.fingerprint());
  if (alert.state() != v1::ALERT_STATE_FIRING) {
    // Pending again, its next life has begun: its end was in a record before.
    if (alert.state() != v1::ALERT_STATE_RESOLVED) return false;
    // It may have been told of one whose beginning has left the log.
    return alerts_.erase(alert.fingerprint()) > 0 || (alert.fired_at_us() != 0 && !is_muted(alert));
  }
  if (is_muted(alert)) return alerts_.erase(alert.fingerprint()) > 0;
  if (known != alerts_.end()) {
    const bool begins = known->second.alert.life() != alert.life();
    known->second.alert = alert;
    return begins;
  }
  alerts_[alert.fingerprint()].alert = alert;
  return true;
}

void Firing::told(const std::string& fingerprint, TimeUs now) {
  const auto known = alerts_.find(fingerprint);
  if (known != alerts_.end()) known->second.told_us = now;
}

std::vector<const v1::Alert*> Firing::due(TimeUs now, std::size_t most) const {
  std::vector<const Entry*> due;
  for (const auto& [fingerprint, entry] : alerts_)
    if (entry.told_us == kMinTime || entry.told_us + resend_us_ <= now) due.push_back(&entry);
  std::ranges::stable_sort(due, {}, &Entry::told_us);
  if (due.size() > most) due.resize(most);
  std::vector<const v1::Alert*> alerts;
  for (const Entry* entry : due) alerts.push_back(&entry->alert);
  return alerts;
}

}  // namespace weir::webhook
