#include "processors/ingest/json_array_reader.h"

#include <utility>

namespace weir::ingest {
namespace {

bool is_space(int c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

Result<bool> JsonArrayReader::next(JsonElement& element) {
  if (!std::exchange(begun_, true) && skip_space() != '[')
    return fail(ErrorCode::invalid_argument, "{}:{}: expected a JSON array, beginning with '['",
                file_.path(), file_.line());
  if (ended_) return false;
  int c = skip_space();
  while (c == ',') c = skip_space();
  element.line = file_.line();
  element.text.clear();
  if (c == ']' || c == -1) {
    ended_ = true;
    element.complete = c == ']';
    return c == -1;  // an array that is not closed: an element that is not there
  }
  element.complete = read_rest(c, element);
  return true;
}

/// The first byte that is no space; -1 at the end.
int JsonArrayReader::skip_space() {
  int c = file_.get();
  while (is_space(c)) c = file_.get();
  return c;
}

/// To the comma or bracket that ends the element. False where the file ended before.
bool JsonArrayReader::read_rest(int first, JsonElement& element) {
  int depth = 0;
  bool quoted = false;
  bool escaped = false;
  for (int c = first; c != -1; c = file_.get()) {
    if (quoted) {
      quoted = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (depth == 0 && (c == ',' || c == ']')) {
      ended_ = c == ']';
      return true;
    } else {
      quoted = c == '"';
      depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    }
    if (element.text.size() <= kMaxRowBytes) element.text += static_cast<char>(c);
  }
  ended_ = true;
  return false;
}

}  // namespace weir::ingest
