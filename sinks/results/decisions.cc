#include "sinks/results/decisions.h"

#include <algorithm>

#include "sinks/results/record_scan.h"

namespace weir::results {

Result<void> read_decisions(const runtime::Reader& log, const DecisionQuery& query,
                            const VisitDecision& visit) {
  const auto partitions = log.partitions(kDecisionTopic);
  if (!partitions && partitions.error().code == ErrorCode::not_found) return {};
  return scan_topic(log, kDecisionTopic,
                    [&](std::int32_t, const runtime::Record& record) -> Result<bool> {
                      if (!query.alert.empty() && record.key != query.alert) return true;
                      v1::Decision decision;
                      WEIR_TRY(parse_record(record, decision));
                      const TimeUs time = decision.append_time_us();
                      if (time < query.from_us || time > query.to_us) return true;
                      return visit(decision);
                    });
}

std::string kind_text(v1::DecisionKind kind) {
  std::string name = v1::DecisionKind_Name(kind);
  if (name.empty()) return "unknown";
  name.erase(0, sizeof "DECISION_KIND_" - 1);
  std::ranges::transform(name, name.begin(), [](char c) {
    if (c == '_') return ' ';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

}  // namespace weir::results
