// Columns for people: cells padded to the widest, and numbers in units that fit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/weir/output.h"

namespace weir::cli {

class TextTable {
 public:
  enum class Align : bool { left, right };

  void add_column(std::string title, Align align) { columns_.push_back({std::move(title), align}); }
  /// As many cells as there are columns.
  void add_row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void write(Output& output) const;

 private:
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  std::vector<std::size_t> widths() const;
  void append_line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                   std::string& text) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "840us", "41.2ms", "3.40s", "2.5m", "1.2h".
std::string short_duration(double us);
/// "812", "8.2k", "18.1M", "1.0G".
std::string short_count(std::int64_t count);
/// "812B", "1.2KiB", "20GiB".
std::string short_bytes(std::uint64_t bytes);

/// Bytes as text of at most `limit` bytes: what does not print is escaped as in C, and "..." stands
/// for what was cut off.
std::string printable(std::string_view bytes, std::size_t limit);

/// A field of CSV, quoted where RFC 4180 asks for it.
std::string csv_field(std::string_view text);

}  // namespace weir::cli
