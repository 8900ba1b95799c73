#include "tools/weir/demo_objectives.h"

#include "processors/objectives/open_slo.h"

namespace weir::cli {
namespace {

constexpr std::string_view kDocument = R"(apiVersion: openslo/v1
kind: SLO
metadata:
  name: chat-latency
  displayName: Answers of chat are complete within 14 s
spec:
  service: chat
  indicator:
    metadata:
      name: chat-fast
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: weir
            spec:
              query: latency <= 14s
              per: [model]
        total:
          metricSource:
            type: weir
            spec:
              query: service == chat && status == ok
              per: [model]
  timeWindow:
    - duration: 1d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.998
)";

}  // namespace

Result<v1::Objectives> demo_objectives(const objectives::LowTraffic& low_traffic) {
  WEIR_ASSIGN(const auto read,
              objectives::read_open_slo({{"demo", std::string(kDocument)}}, low_traffic));
  return objectives::to_run(read);
}

}  // namespace weir::cli
