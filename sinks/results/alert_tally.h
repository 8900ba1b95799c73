// What statistics of alerts need of their decisions, taken as they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "processors/core/time.h"
#include "weir/v1/alert.pb.h"

namespace weir::results {

/// An alert from its firing to its end.
struct AlertLife {
  std::string service;
  TimeUs fired_us = 0;  // event time; what is no append time is
  TimeUs fired_append_us = 0;
  std::optional<TimeUs> resolved_us;
  std::optional<TimeUs> acknowledged_append_us;  // first, whoever took it over then
  std::optional<bool> useful;                    // as it was marked last
  bool muted = false;                            // at some time
  bool told = false;

  bool is_hidden() const { return muted && !told && !acknowledged_append_us && !useful; }
};

/// Notifications by id: the append time of the last decision that says so of it.
struct AlertNotifications {
  std::map<std::string, TimeUs> told;
  std::map<std::string, TimeUs> sent;
  std::map<std::string, TimeUs> failed;
};

/// A value; one thread, or many that only read. Some hundred bytes a life and a notification.
class AlertTally {
 public:
  AlertTally() = default;  // keeps all
  /// So many lives and notifications, and so long by append time; above 0.
  AlertTally(std::size_t most, DurationUs keeps_us) : most_(most), keeps_us_(keeps_us) {}

  /// In the order they were taken. What is said of a life that did not fire here is passed over.
  /// Where twice the most are kept, it fits them in.
  void take(const v1::Decision& decision);
  /// Lives that fired before that append time go, and what was said of notifications before.
  void forget_before(TimeUs append_time_us);
  /// Forgets what is too old now; where more than the most are left, the older half of the time,
  /// again and again until they fit.
  void fit(TimeUs now);

  /// By fingerprint and number.
  using Lives = std::map<std::pair<std::string, std::uint32_t>, AlertLife>;
  const Lives& lives() const { return lives_; }
  /// By service.
  const std::map<std::string, AlertNotifications>& notifications() const { return notifications_; }
  /// Of both, a notification once for each of its services and each thing said of it.
  std::size_t size() const { return size_; }

 private:
  void take_of_notification(const v1::Decision& decision);

  std::size_t most_ = std::numeric_limits<std::size_t>::max();
  DurationUs keeps_us_ = kMaxTime;
  Lives lives_;
  std::map<std::string, AlertNotifications> notifications_;
  std::size_t size_ = 0;
};

}  // namespace weir::results
