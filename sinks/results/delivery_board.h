// Who was told of what, and what came of it: `weir.decision` as it stands, of each alert and each
// receiver.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"
#include "sinks/results/record_scan.h"
#include "weir/v1/alert.pb.h"

namespace weir::results {

/// What was decided last about telling one receiver of one alert, in its last life.
struct Delivery {
  std::uint32_t life = 0;
  /// grouped: a notification has it, and waits for the receiver; throttled: it waits for a digest;
  /// sent; failed: the notification is a dead letter; lapsed: it was hidden, or over, before.
  v1::DecisionKind kind = v1::DECISION_KIND_UNSPECIFIED;
  TimeUs append_time_us = kMinTime;
  std::string because = {};
  std::string notification_id = {};  // empty: throttled, or a receiver of alerts one by one
  TimeUs sent_us = kMinTime;         // when it took something of this life last; kMinTime: not yet
};

/// What became of what a receiver was to be told, all of it, whoever told it.
struct ReceiverHistory {
  TimeUs last_sent_us = kMinTime;  // kMinTime: never, as far back as the log goes
  TimeUs last_failed_us = kMinTime;
  std::string last_failure;
  // In the last hour, to the minute.
  std::int64_t notifications = 0;
  std::int64_t digests = 0;    // among them
  std::int64_t throttled = 0;  // alerts that were held back for a digest
};

/// A value; one thread, or many that only read.
class DeliveryBoard {
 public:
  /// Takes what was written since the last call; the first one reads the last kBoardKeepsUs of the
  /// topic. A log without it has nothing. Errors: the reader's; a record that cannot be read is
  /// passed over, see unreadable().
  Result<void> update(const runtime::Reader& log);

  /// By receiver; of an alert about which nothing was decided, empty.
  const std::map<std::string, Delivery>& of_alert(const std::string& fingerprint) const;
  /// By receiver; `now`: where the last hour ends.
  std::map<std::string, ReceiverHistory> receivers(TimeUs now) const;
  const Unreadable& unreadable() const { return tail_.unreadable; }

 private:
  struct Minute {
    std::int64_t notifications = 0;
    std::int64_t digests = 0;
    std::int64_t throttled = 0;
  };
  struct Receiver {
    ReceiverHistory history;  // its counts are not filled in
    // Notifications in the order they were made, by id; the latest kKeptIds.
    std::map<std::string, std::uint64_t> places;
    std::deque<std::string> ids;
    std::uint64_t next_place = 0;
    bool takes_alerts = false;         // each by itself, as Alertmanager; not notifications
    std::map<TimeUs, Minute> minutes;  // by their begin; the last hour
  };
  struct Alert {
    TimeUs append_time_us = kMinTime;  // of the last decision
    std::map<std::string, Delivery> deliveries;
  };

  void take(const v1::Decision& decision);
  static bool is_answer(const v1::Decision& decision, const Delivery& delivery,
                        const Receiver& receiver);
  void take_of_alert(const v1::Decision& decision, Receiver& receiver);
  static void count(const v1::Decision& decision, Receiver& receiver);
  void forget();

  Tail tail_;
  std::map<std::string, Alert> alerts_;
  std::map<std::string, Receiver> receivers_;
};

}  // namespace weir::results
