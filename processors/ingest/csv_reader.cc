#include "processors/ingest/csv_reader.h"

namespace weir::ingest {
namespace {

/// Whether a quoted field is open behind the text, given whether one was before it. A quote opens a
/// field only where the field begins.
bool ends_quoted(std::string_view text, bool quoted) {
  if (!text.contains('"')) return quoted;
  bool begin = !quoted;
  bool closed = false;  // by the character before: another quote is a quote of the field
  for (const char c : text) {
    const bool was_quoted = quoted;
    quoted = quoted ? c != '"' : c == '"' && (begin || closed);
    closed = was_quoted && !quoted;
    begin = !quoted && c == ',';
  }
  return quoted;
}

}  // namespace

bool CsvReader::next(CsvRow& row) {
  do {
    if (!read_text(row)) return false;
  } while (row.text.empty());
  row.fields.clear();
  row.problem = text_.size() > kMaxRowBytes ? "the row is longer than 1 MiB" : split(row);
  if (!row.problem.empty()) row.fields.clear();
  return true;
}

/// Lines, until all quoted fields are closed.
bool CsvReader::read_text(CsvRow& row) {
  text_.clear();
  row.line = file_.line();
  if (!file_.append_line(text_)) return false;
  bool open = ends_quoted(text_, false);
  while (open && text_.size() <= kMaxRowBytes) {
    const std::size_t end = text_.size();
    text_ += '\n';
    if (!file_.append_line(text_)) {
      text_.resize(end);
      break;
    }
    open = ends_quoted(std::string_view(text_).substr(end), true);
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
