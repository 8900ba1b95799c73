#include "tools/weir/json_rows.h"

#include <vector>

#include <fmt/ranges.h>

#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

constexpr std::size_t kMaxCellBytes = 160;

void write_csv(const results::Json& rows, std::span<const JsonColumn> columns, Output& output) {
  std::vector<std::string> titles;
  for (const JsonColumn& column : columns) titles.emplace_back(column.title);
  output.write(fmt::format("{}\n", fmt::join(titles, ",")));
  for (const results::Json& row : rows) {
    std::vector<std::string> cells;
    for (const JsonColumn& column : columns) cells.push_back(csv_field(column.cell(row)));
    if (!output.write(fmt::format("{}\n", fmt::join(cells, ",")))) break;
  }
}

void write_table(const results::Json& rows, std::span<const JsonColumn> columns, Output& output,
                 std::string_view nothing) {
  TextTable table(output);
  for (const JsonColumn& column : columns) table.add_column(column.title, TextTable::Align::left);
  for (const results::Json& row : rows) {
    std::vector<std::string> cells;
    for (const JsonColumn& column : columns) {
      const std::string cell = printable_line(column.cell(row), kMaxCellBytes);
      cells.push_back(cell.empty() ? "-" : cell);
    }
    if (!table.add_row(std::move(cells))) break;
  }
  table.finish(nothing);
}

}  // namespace

const results::Json& field(const results::Json& row, const char* name) {
  static const results::Json none;
  const auto found = row.is_object() ? row.find(name) : row.end();
  return found == row.end() ? none : *found;
}

std::string text_of(const results::Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string text_of(const results::Json& row, const char* name) {
  return text_of(field(row, name));
}

std::string joined(const results::Json& list) {
  std::vector<std::string> texts;
  for (const results::Json& each : list) texts.push_back(text_of(each));
  return fmt::format("{}", fmt::join(texts, ","));
}

Result<void> write_rows(const results::Json& rows, std::span<const JsonColumn> columns,
                        Format format, Output& output, std::string_view nothing) {
  if (format == Format::csv) {
    write_csv(rows, columns, output);
  } else if (format == Format::table) {
    write_table(rows, columns, output, nothing);
  } else {
    for (const results::Json& row : rows)
      if (!output.write(results::to_line(row))) break;
  }
  return output.finish();
}

}  // namespace weir::cli
