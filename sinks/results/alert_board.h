// Alerts, notifications and silences as they stand: the last record of each key of `weir.alert`.
#pragma once

#include <map>
#include <string>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"
#include "sinks/results/record_scan.h"
#include "weir/v1/alert.pb.h"

namespace weir::results {

inline constexpr std::string_view kAlertTopic = "weir.alert";

/// What resolved, ended or was told longer ago than this, by append time, is forgotten.
inline constexpr DurationUs kBoardKeepsUs = 30 * kDayUs;

/// A value; one thread, or many that only read.
class AlertBoard {
 public:
  /// Takes what was written since the last call; the first one reads the last kBoardKeepsUs of the
  /// topic, in which everything that stands is told. A log without it has nothing. Errors: the
  /// reader's; a record that cannot be read is passed over, see unreadable().
  Result<void> update(const runtime::Reader& log);

  /// By fingerprint.
  const std::map<std::string, v1::Alert>& alerts() const { return alerts_; }
  /// By receiver, then group.
  const std::map<std::string, v1::Notification>& notifications() const { return notifications_; }
  /// By id; also those that have ended.
  const std::map<std::string, v1::Silence>& silences() const { return silences_; }
  const Unreadable& unreadable() const { return tail_.unreadable; }

 private:
  void take(const runtime::Record& from, v1::AlertRecord& record);
  void forget();

  Tail tail_;
  std::map<std::string, v1::Alert> alerts_;
  std::map<std::string, v1::Notification> notifications_;
  std::map<std::string, v1::Silence> silences_;
};

/// "pending", "firing", "resolved".
std::string state_text(v1::AlertState state);

}  // namespace weir::results
