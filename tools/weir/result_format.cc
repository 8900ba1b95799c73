#include "tools/weir/result_format.h"

#include <map>

#include <fmt/ranges.h>

#include "sinks/results/kpi_json.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using results::for_each_scalar;
using results::hash_text;
using results::Json;
using results::json_of;
using results::KpiResults;
using results::KpiRow;

Result<void> write_json(const KpiResults& results, Output& output) {
  return results.read(
      [&](const KpiRow& row) { return output.write(results::to_line(json_of(results, row))); });
}

std::string csv_value(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? csv_field(value.get<std::string>()) : value.dump();
}

std::string csv_header(const KpiResults& results) {
  std::string line = "end_time,window";
  for (const std::string& dimension : results.scope()) line += ',' + dimension;
  line += ",complete";
  for_each_scalar(v1::KpiValues(),
                  [&](const std::string& name, const Json&) { line += ',' + name; });
  line += ",unrated_status,overflow,definitions_hash";
  if (!results.all()) return line + '\n';
  line += ",restates,as_of.partition,as_of.offset";
  for (const std::string_view part : {"restated.", "difference."})
    for_each_scalar(v1::KpiValues(), [&](const std::string& name, const Json&) {
      line += fmt::format(",{}{}", part, name);
    });
  return line + '\n';
}

void append_values(const v1::KpiValues& values, bool present, std::string& line) {
  for_each_scalar(values, [&](const std::string&, const Json& value) {
    line += ',';
    if (present) line += csv_value(value);
  });
}

std::string csv_line(const KpiResults& results, const KpiRow& row) {
  std::string line =
      fmt::format("{},{}", format_rfc3339(row.end_time_us), windows::to_string(results.window()));
  for (const std::string& value : row.series) line += ',' + csv_field(value);
  line += fmt::format(",{}", row.window.complete());
  append_values(row.window.value(), true, line);
  const auto* statuses = results.unrated(row.definitions_hash);
  line += fmt::format(",{},{},{}",
                      statuses == nullptr ? "" : fmt::format("{}", fmt::join(*statuses, " ")),
                      row.overflow, hash_text(row));
  if (!results.all()) return line + '\n';
  line += fmt::format(",{},{},{}", row.restates, row.as_of_partition, row.as_of_offset);
  append_values(row.window.restated(), row.window.has_restated(), line);
  append_values(row.window.difference(), row.window.has_difference(), line);
  return line + '\n';
}

Result<void> write_csv(const KpiResults& results, Output& output) {
  output.write(csv_header(results));
  return results.read([&](const KpiRow& row) { return output.write(csv_line(results, row)); });
}

std::string duration_cell(bool known, double us) { return known ? short_duration(us) : "-"; }

std::string count_cell(bool known, std::int64_t count) { return known ? short_count(count) : "-"; }

/// A window of which nothing was told was empty: its first value, told late, restates that.
std::string restatement(const v1::WindowResult& window) {
  const std::int64_t change = window.difference().requests();
  const bool was_empty = window.has_restated() && window.restated().requests() == 0;
  return fmt::format("{} ({:+} request{})", was_empty ? "late, was empty" : "restates", change,
                     change == 1 || change == -1 ? "" : "s");
}

/// What is unusual about a row.
std::string note(const KpiRow& row) {
  std::vector<std::string> notes;
  if (!row.window.complete()) notes.emplace_back("incomplete");
  if (row.restates) notes.push_back(restatement(row.window));
  return fmt::format("{}", fmt::join(notes, ", "));
}

std::vector<std::string> cells_of(const KpiRow& row) {
  const v1::KpiValues& value = row.window.value();
  const v1::Distribution& latency = value.latency_us();
  const v1::Distribution& ttft = value.ttft_us();
  std::vector<std::string> cells = {format_rfc3339(row.end_time_us)};
  for (const std::string& part : row.series)
    cells.push_back(part.empty() ? "-" : printable(part, 40));
  cells.insert(
      cells.end(),
      {fmt::format("{}", value.requests()),
       value.has_success_ratio() ? fmt::format("{:.2f}%", 100 * value.success_ratio()) : "-",
       duration_cell(value.has_latency_us(), latency.mean()),
       duration_cell(latency.has_p50(), static_cast<double>(latency.p50())),
       duration_cell(latency.has_p95(), static_cast<double>(latency.p95())),
       duration_cell(latency.has_p99(), static_cast<double>(latency.p99())),
       duration_cell(ttft.has_p95(), static_cast<double>(ttft.p95())),
       count_cell(value.has_peak_requests_per_second(), value.peak_requests_per_second()),
       count_cell(value.has_input_tokens(), value.input_tokens()),
       count_cell(value.has_output_tokens(), value.output_tokens()), note(row)});
  return cells;
}

/// What the success ratio leaves out is part of the number.
std::string caption(const KpiResults& results, const KpiRow& row) {
  const auto* statuses = results.unrated(row.definitions_hash);
  std::string text = fmt::format("windows of {}, by their end; success is ok / rated",
                                 windows::to_string(results.window()));
  if (statuses != nullptr && !statuses->empty())
    text += fmt::format(" (not rated: {})", fmt::join(*statuses, ", "));
  return text + '\n';
}

Result<void> write_table(const KpiResults& results, Output& output) {
  TextTable table(output);
  table.add_column("end", TextTable::Align::left);
  for (const std::string& dimension : results.scope())
    table.add_column(dimension, TextTable::Align::left);
  for (const char* title : {"requests", "success", "mean", "p50", "p95", "p99", "ttft p95",
                            "peak/s", "in tok", "out tok"})
    table.add_column(title, TextTable::Align::right);
  table.add_column("", TextTable::Align::left);
  bool captioned = false;
  WEIR_TRY(results.read([&](const KpiRow& row) {
    if (!std::exchange(captioned, true)) output.write(caption(results, row));
    return table.add_row(cells_of(row));
  }));
  table.finish(
      fmt::format("no window of {} matches, or none was told yet; without --where, --from and --to "
                  "all are shown",
                  windows::to_string(results.window())));
  return {};
}

}  // namespace

void add_format(CLI::App& app, Format& format) {
  static const std::map<std::string, Format> formats = {
      {"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}};
  app.add_option("--format", format, "table (default), json (one object a line) or csv")
      ->transform(CLI::CheckedTransformer(formats))
      ->option_text("NAME");
}

Result<void> write_kpi(const KpiResults& results, Format format) {
  Output output;
  switch (format) {
    case Format::table:
      WEIR_TRY(write_table(results, output));
      break;
    case Format::json:
      WEIR_TRY(write_json(results, output));
      break;
    case Format::csv:
      WEIR_TRY(write_csv(results, output));
      break;
  }
  return output.finish();
}

}  // namespace weir::cli
