// What Alertmanager has been told of as firing, and is to be told again and again, or it takes it
// for ended. A state machine without a clock; one thread.
//
// It is made anew from weir.alert at every start, from its last two days, in which all that fires
// is told: before anything is sent it knows all of that.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "processors/core/time.h"
#include "weir/v1/alert.pb.h"

namespace weir::webhook {

class Firing {
 public:
  explicit Firing(DurationUs resend_us) : resend_us_(resend_us) {}

  /// Each record of an alert that is routed to this receiver, in the log's order. True: the
  /// receiver is to be told now, because a life of the alert begins or ends for it. One that is
  /// silenced or inhibited ends for it where it had been told, and begins again when it is shown
  /// again while it fires. The end of one that was never seen is told, where it is not hidden:
  /// somebody may know its beginning.
  bool see(const v1::Alert& alert);

  /// Told at `now`: again after the interval.
  void told(const std::string& fingerprint, TimeUs now);
  /// Alerts that are to be told again, longest ago first; at most `most`. They live until the next
  /// see().
  std::vector<const v1::Alert*> due(TimeUs now, std::size_t most) const;

  std::size_t size() const { return alerts_.size(); }

 private:
  struct Entry {
    v1::Alert alert;
    TimeUs told_us = kMinTime;
  };

  const DurationUs resend_us_;
  std::map<std::string, Entry> alerts_;  // by fingerprint
};

}  // namespace weir::webhook
