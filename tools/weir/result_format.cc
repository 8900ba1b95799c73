#include "tools/weir/result_format.h"

#include <map>

#include <fmt/ranges.h>

#include "tools/weir/proto_json.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

constexpr std::string_view kPeak = "peak_requests_per_second";

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

/// The statuses that the success ratio of a row leaves out; null: it is not known.
const std::vector<std::string>* unrated(const KpiTable& table, const KpiRow& row) {
  const auto found = table.unrated.find(row.definitions_hash);
  return found == table.unrated.end() ? nullptr : &found->second;
}

std::string hash_text(const KpiRow& row) { return fmt::format("{:016x}", row.definitions_hash); }

Json json_of(const KpiTable& table, const KpiRow& row, bool all) {
  Json json;
  json["scope"] = table.scope;
  Json& series = json["series"] = Json::object();
  for (std::size_t i = 0; i < table.scope.size(); ++i)
    series[table.scope[i]] = text_or_null(row.series[i]);
  json["end_time"] = format_rfc3339(row.end_time_us);
  json["window"] = windows::to_string(table.window);
  json["complete"] = row.window.complete();
  json.update(to_json(row.window.value(), Absent::null));
  if (row.added_up) json[std::string(kPeak)] = nullptr;
  const auto* statuses = unrated(table, row);
  json["unrated_status"] = statuses == nullptr ? Json() : Json(*statuses);
  json["overflow"] = row.overflow;
  json["definitions_hash"] = hash_text(row);
  if (!all) return json;
  json["restates"] = row.restates;
  json["as_of"] = {{"partition", row.as_of_partition}, {"offset", row.as_of_offset}};
  const v1::WindowResult& window = row.window;
  json["restated"] = window.has_restated() ? to_json(window.restated(), Absent::null) : Json();
  json["difference"] =
      window.has_difference() ? to_json(window.difference(), Absent::null) : Json();
  return json;
}

void write_json(const KpiTable& table, bool all, Output& output) {
  for (const KpiRow& row : table.rows)
    if (!output.write(to_line(json_of(table, row, all)))) return;
}

std::string csv_value(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? csv_field(value.get<std::string>()) : value.dump();
}

std::string csv_header(const KpiTable& table, bool all) {
  std::string line = "end_time,window";
  for (const std::string& dimension : table.scope) line += ',' + dimension;
  line += ",complete";
  for_each_scalar(v1::KpiValues(),
                  [&](const std::string& name, const Json&) { line += ',' + name; });
  line += ",unrated_status,overflow,definitions_hash";
  if (!all) return line + '\n';
  line += ",restates,as_of.partition,as_of.offset";
  for (const std::string_view part : {"restated.", "difference."})
    for_each_scalar(v1::KpiValues(), [&](const std::string& name, const Json&) {
      line += fmt::format(",{}{}", part, name);
    });
  return line + '\n';
}

void append_values(const v1::KpiValues& values, bool present, bool peak_known, std::string& line) {
  for_each_scalar(values, [&](const std::string& name, const Json& value) {
    line += ',';
    if (present && (peak_known || name != kPeak)) line += csv_value(value);
  });
}

std::string csv_line(const KpiTable& table, const KpiRow& row, bool all) {
  std::string line =
      fmt::format("{},{}", format_rfc3339(row.end_time_us), windows::to_string(table.window));
  for (const std::string& value : row.series) line += ',' + csv_field(value);
  line += fmt::format(",{}", row.window.complete());
  append_values(row.window.value(), true, !row.added_up, line);
  const auto* statuses = unrated(table, row);
  line += fmt::format(",{},{},{}",
                      statuses == nullptr ? "" : fmt::format("{}", fmt::join(*statuses, " ")),
                      row.overflow, hash_text(row));
  if (!all) return line + '\n';
  line += fmt::format(",{},{},{}", row.restates, row.as_of_partition, row.as_of_offset);
  append_values(row.window.restated(), row.window.has_restated(), true, line);
  append_values(row.window.difference(), row.window.has_difference(), true, line);
  return line + '\n';
}

void write_csv(const KpiTable& table, bool all, Output& output) {
  output.write(csv_header(table, all));
  for (const KpiRow& row : table.rows)
    if (!output.write(csv_line(table, row, all))) return;
}

std::string duration_cell(bool known, double us) { return known ? short_duration(us) : "-"; }

std::string count_cell(bool known, std::int64_t count) { return known ? short_count(count) : "-"; }

/// What is unusual about a row.
std::string note(const KpiRow& row) {
  std::vector<std::string> notes;
  if (!row.window.complete()) notes.emplace_back("incomplete");
  if (row.restates)
    notes.push_back(fmt::format("restates ({:+} requests)", row.window.difference().requests()));
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
       count_cell(!row.added_up, value.peak_requests_per_second()),
       count_cell(value.has_input_tokens(), value.input_tokens()),
       count_cell(value.has_output_tokens(), value.output_tokens()), note(row)});
  return cells;
}

/// What the success ratio leaves out, where all rows agree; it is part of the number.
std::string rating(const KpiTable& table) {
  if (table.rows.empty()) return "";
  const auto* statuses = unrated(table, table.rows.back());
  if (statuses == nullptr) return "";
  return fmt::format("; success is ok / rated (not rated: {})",
                     statuses->empty() ? "nothing" : fmt::format("{}", fmt::join(*statuses, ", ")));
}

void write_table(const KpiTable& table, Output& output) {
  output.write(fmt::format("windows of {}, by their end{}\n", windows::to_string(table.window),
                           rating(table)));
  TextTable text;
  text.add_column("end", TextTable::Align::left);
  for (const std::string& dimension : table.scope)
    text.add_column(dimension, TextTable::Align::left);
  for (const char* title : {"requests", "success", "mean", "p50", "p95", "p99", "ttft p95",
                            "peak/s", "in tok", "out tok"})
    text.add_column(title, TextTable::Align::right);
  text.add_column("", TextTable::Align::left);
  for (const KpiRow& row : table.rows) text.add_row(cells_of(row));
  text.write(output);
}

}  // namespace

void add_format(CLI::App& app, Format& format) {
  static const std::map<std::string, Format> kFormats = {
      {"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}};
  app.add_option("--format", format, "table (default), json (one object a line) or csv")
      ->transform(CLI::CheckedTransformer(kFormats))
      ->option_text("NAME");
}

Result<void> write_kpi(const KpiTable& table, Format format, bool all) {
  Output output;
  switch (format) {
    case Format::table:
      write_table(table, output);
      break;
    case Format::json:
      write_json(table, all, output);
      break;
    case Format::csv:
      write_csv(table, all, output);
      break;
  }
  return output.finish();
}

}  // namespace weir::cli
