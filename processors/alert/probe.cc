#include "processors/alert/probe.h"

namespace weir::alert {

Probe::Probe(runtime::Metrics& metrics)
    : alert_changes(metrics.counter("weir_alert_changes_total", "Alerts told on weir.alert")),
      notifications(metrics.counter("weir_alert_notifications_total",
                                    "Notifications decided, digests among them")),
      digests(metrics.counter("weir_alert_digests_total",
                              "Digests decided: several groups in one notification")),
      throttled(metrics.counter("weir_alert_throttled_total",
                                "Groups that wait for a digest: their receiver had enough")),
      decisions(metrics.counter("weir_alert_decisions_total", "Decisions told on weir.decision")),
      refused_alerts(metrics.counter("weir_alert_refused_total",
                                     "Alerts that are not followed: alert.max_alerts are")),
      unknown_signals(metrics.counter("weir_alert_unknown_signals_total",
                                      "Signals about what is not kept, or of a newer weir")),
      firing(metrics.gauge("weir_alert_firing", "Alerts that fire")) {}

}  // namespace weir::alert
