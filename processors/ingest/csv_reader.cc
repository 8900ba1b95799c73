#include "processors/ingest/csv_reader.h"

#include <algorithm>

namespace weir::ingest {

bool CsvReader::next(CsvRow& row) {
  do {
    if (!read_text(row)) return false;
  } while (row.text.empty());
  row.fields.clear();
  row.problem = text_.size() > kMaxRowBytes ? "the row is longer than 1 MiB" : split(row);
  if (!row.problem.empty()) row.fields.clear();
  return true;
}

/// Lines, until all quotes are closed.
bool CsvReader::read_text(CsvRow& row) {
  text_.clear();
  row.line = file_.line();
  if (!file_.append_line(text_)) return false;
  std::size_t counted = 0;
  bool open = false;
  while (true) {
    open ^= std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted), text_.end(), '"') % 2;
    counted = text_.size();
    if (!open || counted > kMaxRowBytes) break;
    text_ += '\n';
    if (file_.append_line(text_)) continue;
    text_.pop_back();
    break;
  }
  row.text = text_;
  return true;
}

/// The problem, or nothing.
std::string_view CsvReader::split(CsvRow& row) {
  unquoted_.clear();
  unquoted_.reserve(text_.size());  // so that views into it stay
  std::string_view rest = text_;
  while (true) {
    std::string_view field;
    if (rest.starts_with('"')) {
      if (const auto problem = unquote(rest, field); !problem.empty()) return problem;
    } else {
      field = rest.substr(0, rest.find(','));
      if (field.contains('"')) return "a quote inside a field that does not begin with one";
      rest.remove_prefix(field.size());
    }
    row.fields.push_back(field);
    if (rest.empty()) return {};
    if (rest[0] != ',') return "something follows a closing quote";
    rest.remove_prefix(1);
  }
}

/// Takes a quoted field off `rest`.
std::string_view CsvReader::unquote(std::string_view& rest, std::string_view& field) {
  const std::size_t begin = unquoted_.size();
  rest.remove_prefix(1);
  while (true) {
    const std::size_t quote = rest.find('"');
    if (quote == std::string_view::npos) return "a quote is never closed";
    unquoted_ += rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) break;
    unquoted_ += '"';
    rest.remove_prefix(1);
  }
  field = std::string_view(unquoted_).substr(begin);
  return {};
}

}  // namespace weir::ingest
