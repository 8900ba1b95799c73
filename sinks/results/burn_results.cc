#include "sinks/results/burn_results.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "sinks/results/record_scan.h"

namespace weir::results {
namespace {

bool wants(const BurnQuery& query, const v1::BurnResult& result) {
  return (query.objective.empty() || result.objective() == query.objective) &&
         result.end_time_us() >= query.from_us && result.end_time_us() <= query.to_us;
}

Result<void> read_all(const runtime::Reader& log, const BurnQuery& query, const VisitBurn& visit) {
  WEIR_ASSIGN(const std::int32_t partitions, log.partitions(kBurnTopic));
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    const runtime::TopicPartition where{std::string(kBurnTopic), partition};
    WEIR_ASSIGN(const runtime::Bounds bounds, log.bounds(where));
    WEIR_TRY(scan_partition(log, where, query.newest == 0 ? 0 : bounds.end - query.newest,
                            [&](const runtime::Record& record) -> Result<bool> {
                              v1::BurnResult result;
                              WEIR_TRY(parse_record(record, result));
                              return !wants(query, result) || visit(result);
                            }));
  }
  return {};
}

}  // namespace

Result<std::int32_t> burn_partitions(const runtime::Reader& log) {
  auto partitions = log.partitions(kBurnTopic);
  if (!partitions && partitions.error().code == ErrorCode::not_found) return 0;
  return partitions;
}

Result<void> read_burn(const runtime::Reader& log, const BurnQuery& query, const VisitBurn& visit) {
  if (!query.last) return read_all(log, query, visit);
  std::map<std::tuple<std::string, std::string>, v1::BurnResult> last;
  WEIR_TRY(read_all(log, query, [&last](const v1::BurnResult& result) {
    last[{result.objective(), series_text(result)}] = result;
    return true;
  }));
  for (const auto& [name, result] : last)
    if (!visit(result)) return {};
  return {};
}

std::string series_text(const Texts& scope, const Texts& series) {
  std::string text;
  for (int i = 0; i < std::min(scope.size(), series.size()); ++i)
    text += fmt::format("{}{}={}", i == 0 ? "" : ",", scope[i], series[i]);
  return text;
}

std::string series_text(const v1::BurnResult& result) {
  return series_text(result.scope(), result.series());
}

}  // namespace weir::results
