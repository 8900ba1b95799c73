// Rows of comma-separated values as RFC 4180 has them: fields may be quoted, quotes are doubled
// inside quotes, and a quoted field may hold commas and line ends. LF ends a line as well as CRLF.
// One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/ingest/input_file.h"

namespace weir::ingest {

/// Views live until the next row is read.
struct CsvRow {
  std::int64_t line = 0;  // where it begins
  std::string_view text;  // as in the file, without its end; cut where it is too long
  std::vector<std::string_view> fields;  // unquoted; empty where there is a problem
  std::string_view problem;              // empty: a good row
};

class CsvReader {
 public:
  explicit CsvReader(InputFile& file) : file_(file) {}

  /// The next row that is no blank line; false at the end. A row that breaks the rules, or is
  /// longer than kMaxRowBytes, is returned with its problem; the next one begins at the next line.
  /// (A quote that is never closed takes what follows with it, up to that length.)
  bool next(CsvRow& row);

 private:
  bool read_text(CsvRow& row);
  std::string_view split(CsvRow& row);
  std::string_view unquote(std::string_view& rest, std::string_view& field);

  InputFile& file_;
  std::string text_;
  std::string unquoted_;  // fields that had doubled quotes; never longer than text_
};

}  // namespace weir::ingest
