// A log with results by hand, as one answers requests from it: `chat` over 1m/10s.
#pragma once

#include <fmt/format.h>

#include "sinks/dashboard/api.h"
#include "tests/fakes/memory_log.h"
#include "weir/v1/config.pb.h"
#include "weir/v1/dead_letter.pb.h"

namespace weir::dashboard {

class Told {
 public:
  Told() {
    for (const char* topic : {"weir.config", "weir.kpi", "weir.deadletter", "weir.burn"})
      (void)log.create_topic({.name = topic, .partitions = 1});
    v1::ConfigRecord config;
    config.set_version(1);
    v1::ScopeDefinition& scope = *config.mutable_definitions()->add_scope();
    scope.add_dimension("service");
    v1::WindowDefinition& window = *scope.add_window();
    window.set_length_us(kMinuteUs);
    window.set_hop_us(10 * kSecondUs);
    append("weir.config", config);
  }

  void tell(TimeUs end_s, std::int64_t requests) {
    v1::KpiResult result;
    result.set_version(1);
    result.add_scope("service");
    result.add_series("chat");
    result.set_end_time_us(end_s * kSecondUs);
    v1::WindowResult& window = *result.add_window();
    window.set_length_us(kMinuteUs);
    window.set_hop_us(10 * kSecondUs);
    window.set_complete(true);
    window.mutable_value()->set_requests(requests);
    append("weir.kpi", result);
  }

  void refuse(int events) {
    v1::DeadLetter letter;
    letter.set_version(1);
    letter.set_topic("weir.inference");
    letter.set_original("secret");
    for (int i = 0; i < events; ++i) {
      v1::DeadLetterEntry& entry = *letter.add_entry();
      entry.set_event_index(static_cast<std::uint32_t>(i));
      entry.set_reason(v1::DEAD_LETTER_REASON_MALFORMED);
      entry.set_text("latency_us is <b>");
    }
    append("weir.deadletter", letter);
  }

  fakes::MemoryLog log;
  runtime::Metrics metrics;
  view::Probe probe{metrics};
  view::LiveView view{log, {}, probe};
  PipelineFacts facts;
  const Api api{{.view = view,
                 .log = log,
                 .pipeline = [this] { return facts; },
                 .clock = [] { return 90 * kSecondUs; },
                 .version = "1.2.3"}};

 private:
  void append(const std::string& topic, const google::protobuf::Message& message) {
    const runtime::NewRecord record{.value = message.SerializeAsString(),
                                    .append_time_us = ++appended_};
    (void)log.append({topic, 0}, {&record, 1});
  }

  TimeUs appended_ = 0;
};

inline net::HttpRequest asking(std::vector<std::pair<std::string, std::string>> query) {
  return {.method = "GET", .query = std::move(query)};
}

}  // namespace weir::dashboard
