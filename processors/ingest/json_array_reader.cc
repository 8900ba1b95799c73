#include "processors/ingest/json_array_reader.h"

#include <utility>

namespace weir::ingest {
namespace {

bool is_space(int c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void keep(int c, JsonElement& element) {
  if (element.text.size() <= kMaxRowBytes) element.text += static_cast<char>(c);
}

}  // namespace

Result<bool> JsonArrayReader::next(JsonElement& element) {
  if (!std::exchange(begun_, true) && skip_space() != '[')
    return fail(ErrorCode::invalid_argument, "{}:{}: expected a JSON array, beginning with '['",
                file_.path(), file_.line());
  element.text.clear();
  element.problem = {};
  int c = skip_space();
  if (!ended_) {
    while (c == ',') c = skip_space();
    element.line = file_.line();
    ended_ = c == ']';
    if (!ended_) {
      read_element(c, element);
      return true;
    }
    c = skip_space();
  }
  if (c == -1) return false;
  element.line = file_.line();
  element.problem = "something follows the ']' that closes the array; put all into one array";
  for (; c != -1; c = file_.get()) keep(c, element);
  return true;
}

/// The first byte that is no space; -1 at the end.
int JsonArrayReader::skip_space() {
  int c = file_.get();
  while (is_space(c)) c = file_.get();
  return c;
}

/// To the comma or bracket that ends the element. Where the file ended before, which is a problem,
/// it may have nothing.
void JsonArrayReader::read_element(int first, JsonElement& element) {
  int depth = 0;
  bool quoted = false;
  bool escaped = false;
  for (int c = first; c != -1; c = file_.get()) {
    if (quoted) {
      quoted = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (depth == 0 && (c == ',' || c == ']')) {
      ended_ = c == ']';
      return;
    } else {
      quoted = c == '"';
      depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    }
    keep(c, element);
  }
  ended_ = true;
  element.problem = "the file ends inside the array";
}

}  // namespace weir::ingest
