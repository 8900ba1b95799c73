// Columns for people: cells padded to the widest, and numbers in units that fit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/weir/output.h"

namespace weir::cli {

/// Rows are written some thousand at a time, so that a table may be long: a column is as wide as
/// the widest cell so far.
class TextTable {
 public:
  enum class Align : bool { left, right };

  /// `output` outlives this.
  explicit TextTable(Output& output) : output_(output) {}

  /// Before the first row.
  void add_column(std::string title, Align align) { columns_.push_back({std::move(title), align}); }
  /// As many cells as there are columns. False: there is no point in going on.
  bool add_row(std::vector<std::string> cells);
  /// Writes what is left. Where there was no row: the titles, and on standard error `nothing`, if
  /// it says something.
  void finish(std::string_view nothing = {});

 private:
  struct Column {
    std::string title;
    Align align = Align::left;
    std::size_t width = 0;
  };

  bool write_rows();
  std::string line_of(const std::vector<std::string>& cells) const;

  Output& output_;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  bool titled_ = false;
};

/// "840us", "41.2ms", "3.40s", "2.5m", "1.2h".
std::string short_duration(double us);
/// "812", "8.2k", "18.1M", "1.0G".
std::string short_count(std::int64_t count);
/// "812B", "1.2KiB", "20GiB".
std::string short_bytes(std::uint64_t bytes);

/// At most `limit` bytes as text: what does not print, and a backslash, is escaped as in C (quotes
/// are not), and "..." stands for what was cut off.
std::string printable(std::string_view bytes, std::size_t limit);

/// The same of what people wrote, whose line ends, with the blanks around them, become one blank.
std::string printable_line(std::string_view text, std::size_t limit);

/// A field of CSV, quoted where RFC 4180 asks for it.
std::string csv_field(std::string_view text);

}  // namespace weir::cli
