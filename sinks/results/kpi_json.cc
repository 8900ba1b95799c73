#include "sinks/results/kpi_json.h"

namespace weir::results {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

std::string hash_text(const KpiRow& row) { return fmt::format("{:016x}", row.definitions_hash); }

Json json_of(const KpiResults& results, const KpiRow& row) {
  Json json;
  json["scope"] = results.scope();
  Json& series = json["series"] = Json::object();
  for (std::size_t i = 0; i < results.scope().size(); ++i)
    series[results.scope()[i]] = text_or_null(row.series[i]);
  json["end_time"] = format_rfc3339(row.end_time_us);
  json["window"] = windows::to_string(results.window());
  json["complete"] = row.window.complete();
  json.update(to_json(row.window.value(), Absent::null));
  const auto* statuses = results.unrated(row.definitions_hash);
  json["unrated_status"] = statuses == nullptr ? Json() : Json(*statuses);
  json["overflow"] = row.overflow;
  json["definitions_hash"] = hash_text(row);
  if (!results.all()) return json;
  json["restates"] = row.restates;
  json["as_of"] = {{"partition", row.as_of_partition}, {"offset", row.as_of_offset}};
  const v1::WindowResult& window = row.window;
  json["restated"] = window.has_restated() ? to_json(window.restated(), Absent::null) : Json();
  json["difference"] =
      window.has_difference() ? to_json(window.difference(), Absent::null) : Json();
  return json;
}

}  // namespace weir::results
