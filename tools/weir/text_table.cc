#include "tools/weir/text_table.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <absl/strings/escaping.h>
#include <fmt/format.h>

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

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(width_of(column.title));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  return widths;
}

void TextTable::append_line(const std::vector<std::string>& cells,
                            const std::vector<std::size_t>& widths, std::string& text) const {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - width_of(cells[i]), ' ');
    if (i > 0) text += "  ";
    if (columns_[i].align == Align::right) text += padding;
    text += cells[i];
    if (columns_[i].align == Align::left) text += padding;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
}

void TextTable::write(Output& output) const {
  const std::vector<std::size_t> widths = this->widths();
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::string line;
  append_line(titles, widths, line);
  for (const auto& row : rows_) {
    if (!output.write(line)) return;
    line.clear();
    append_line(row, widths, line);
  }
  output.write(line);
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
  const std::string_view shown = utf8 ? events::cut_utf8(bytes, limit) : bytes.substr(0, limit);
  const absl::string_view source(shown.data(), shown.size());
  std::string text = utf8 ? absl::Utf8SafeCEscape(source) : absl::CEscape(source);
  if (bytes.size() > shown.size()) text += "...";
  return text;
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
