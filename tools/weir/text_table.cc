#include "tools/weir/text_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include <absl/strings/escaping.h>
#include <absl/strings/str_replace.h>
#include <fmt/format.h>

#include "processors/core/text.h"
#include "processors/events/validate.h"

namespace weir::cli {
namespace {

struct Unit {
  double size;
  std::string_view name;
};

constexpr std::array<Unit, 5> kDurations = {
    {{3.6e9, "h"}, {6e7, "m"}, {1e6, "s"}, {1e3, "ms"}, {1, "us"}}};
constexpr std::array<Unit, 4> kCounts = {{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}}};
constexpr std::array<Unit, 5> kBytes = {
    {{1099511627776., "TiB"}, {1073741824., "GiB"}, {1048576., "MiB"}, {1024., "KiB"}, {1, "B"}}};

constexpr std::size_t kRowsAtOnce = 2'000;

/// In the largest unit that leaves at least 1, with three digits.
template <std::size_t N>
std::string in_units(double value, const std::array<Unit, N>& units) {
  const double magnitude = value < 0 ? -value : value;
  const auto fits = [magnitude](const Unit& unit) { return magnitude >= unit.size; };
  const auto found = std::ranges::find_if(units, fits);
  const Unit& unit = found == units.end() ? units.back() : *found;
  const double scaled = value / unit.size;
  if (unit.size == 1) return fmt::format("{:.0f}{}", scaled, unit.name);
  return fmt::format("{:.{}f}{}", scaled, magnitude / unit.size < 100 ? 1 : 0, unit.name);
}

/// Characters, as far as UTF-8 tells.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

bool TextTable::add_row(std::vector<std::string> cells) {
  rows_.push_back(std::move(cells));
  return rows_.size() < kRowsAtOnce || write_rows();
}

void TextTable::finish(std::string_view nothing) {
  if (!titled_ && rows_.empty() && !nothing.empty()) fmt::print(stderr, "weir: {}\n", nothing);
  write_rows();
}

bool TextTable::write_rows() {
  if (!titled_) {
    std::vector<std::string> titles;
    for (const Column& column : columns_) titles.push_back(column.title);
    rows_.insert(rows_.begin(), std::move(titles));
    titled_ = true;
  }
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      columns_[i].width = std::max(columns_[i].width, width_of(row[i]));
  bool go_on = true;
  for (const auto& row : rows_) go_on = go_on && output_.write(line_of(row));
  rows_.clear();
  return go_on;
}

std::string TextTable::line_of(const std::vector<std::string>& cells) const {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(columns_[i].width - width_of(cells[i]), ' ');
    if (i > 0) line += "  ";
    if (columns_[i].align == Align::right) line += padding;
    line += cells[i];
    if (columns_[i].align == Align::left) line += padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string short_duration(double us) { return in_units(us, kDurations); }

std::string short_count(std::int64_t count) {
  return in_units(static_cast<double>(count), kCounts);
}

std::string short_bytes(std::uint64_t bytes) {
  return in_units(static_cast<double>(bytes), kBytes);
}

std::string printable(std::string_view bytes, std::size_t limit) {
  const bool utf8 = events::is_utf8(bytes);
  const std::string_view shown = utf8 ? cut_utf8(bytes, limit) : bytes.substr(0, limit);
  const absl::string_view source(shown.data(), shown.size());
  std::string text = utf8 ? absl::Utf8SafeCEscape(source) : absl::CEscape(source);
  // Nothing stands around it that a quote could end.
  absl::StrReplaceAll({{"\\\"", "\""}, {"\\'", "'"}}, &text);
  if (bytes.size() > shown.size()) text += "...";
  return text;
}

std::string printable_line(std::string_view text, std::size_t limit) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    line += text.substr(0, end);
    text.remove_prefix(end);
    if (text.empty()) break;
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    line.erase(line.find_last_not_of(kBlanks) + 1);
    if (!line.empty() && !text.empty()) line += ' ';
  }
  return printable(line, limit);
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace weir::cli
