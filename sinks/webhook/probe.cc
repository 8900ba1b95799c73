#include "sinks/webhook/probe.h"

namespace weir::webhook {

Probe::Probe(runtime::Metrics& metrics, const std::string& receiver)
    : sent(metrics.counter("weir_webhook_sent_total", "What a receiver of alerts took.",
                           {{"receiver", receiver}})),
      failed(metrics.counter("weir_webhook_failed_total",
                             "What a receiver of alerts refused for good: it is a dead letter.",
                             {{"receiver", receiver}})),
      retried(metrics.counter("weir_webhook_retried_total",
                              "Attempts that failed and are repeated.", {{"receiver", receiver}})),
      resent(metrics.counter("weir_webhook_resent_total",
                             "Alerts that fire on, of which Alertmanager was told again.",
                             {{"receiver", receiver}})),
      waiting(metrics.gauge("weir_webhook_waiting", "What a receiver of alerts has yet to take.",
                            {{"receiver", receiver}})),
      oldest_waiting_s(metrics.gauge("weir_webhook_oldest_waiting_seconds",
                                     "How long the oldest of it has waited.",
                                     {{"receiver", receiver}})),
      last_success_s(metrics.gauge("weir_webhook_last_success_timestamp_seconds",
                                   "When a receiver of alerts took something last.",
                                   {{"receiver", receiver}})),
      last_failure_s(metrics.gauge("weir_webhook_last_failure_timestamp_seconds",
                                   "When an attempt failed last.", {{"receiver", receiver}})),
      delivery(metrics.duration("weir_webhook_delivery_seconds",
                                "From the decision in the log to the receiver's answer.",
                                {{"receiver", receiver}})),
      request(metrics.duration("weir_webhook_request_seconds", "One attempt.",
                               {{"receiver", receiver}})) {}

}  // namespace weir::webhook
