// The facts that one receiver reports.
#pragma once

#include <string>

#include "processors/runtime/probe.h"

namespace weir::webhook {

struct Probe {
  Probe(runtime::Metrics& metrics, const std::string& receiver);

  runtime::Counter& sent;                // notifications, or changes of alerts, that it took
  runtime::Counter& failed;              // that went to the dead letters
  runtime::Counter& retried;             // attempts that are to be repeated
  runtime::Counter& resent;              // Alertmanager: alerts that fire on, told again
  runtime::Gauge& waiting;               // read and not delivered
  runtime::Gauge& oldest_waiting_s;      // the oldest of them, since it was decided; 0: none
  runtime::Gauge& last_success_s;        // when an attempt was taken last, since the epoch; 0: none
  runtime::Gauge& last_failure_s;        // and when one was not
  runtime::DurationHistogram& delivery;  // from the decision, as the log stamped it, to the answer
  runtime::DurationHistogram& request;   // one attempt
};

}  // namespace weir::webhook
