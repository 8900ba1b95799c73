#include "processors/ingest/json_text.h"

#include <algorithm>

namespace weir::ingest {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kNone = std::string_view::npos;

/// Behind the string whose quote is at `at`; kNone where it does not end.
std::size_t string_end(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size()) {
    at = text.find_first_of("\"\\", at);
    if (at == kNone) return kNone;
    if (text[at] == '"') return at + 1;
    at += 2;  // with what is escaped
  }
  return kNone;
}

/// The first of a comma or a closing bracket outside every bracket and string of the text; kNone
/// where there is none.
std::size_t element_end(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      if (at == kNone) return kNone;
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']' || c == '}')) return at;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    ++at;
  }
  return kNone;
}

}  // namespace

std::string_view skip_space(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kSpace), text.size()));
}

bool is_one_object(std::string_view text) {
  text = skip_space(text);
  if (!text.starts_with('{')) return false;
  text.remove_prefix(1);
  for (std::size_t end = element_end(text); end != kNone; end = element_end(text)) {
    const char c = text[end];
    text.remove_prefix(end + 1);
    if (c == '}') return skip_space(text).empty();
    if (c == ']') return false;
  }
  return false;
}

JsonArray::JsonArray(std::string_view text) : rest_(skip_space(text).substr(1)) {}

std::optional<std::string_view> JsonArray::next() {
  if (complete_) return std::nullopt;
  if (first_ && skip_space(rest_).starts_with(']')) {
    complete_ = skip_space(skip_space(rest_).substr(1)).empty();
    return std::nullopt;
  }
  first_ = false;
  const std::size_t end = element_end(rest_);
  if (end == kNone || rest_[end] == '}') return std::nullopt;
  const std::string_view element = rest_.substr(0, end);
  const bool last = rest_[end] == ']';
  rest_.remove_prefix(end + 1);
  if (last) complete_ = skip_space(rest_).empty();
  return element;
}

}  // namespace weir::ingest
