#include "processors/ingest/media_type.h"

#include <algorithm>

#include <absl/strings/ascii.h>

namespace weir::ingest {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(trimmed(text));
  absl::AsciiStrToLower(&result);
  return result;
}

std::string_view unquoted(std::string_view text) {
  text = trimmed(text);
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

/// The text up to `separator`, which is taken off with it.
std::string_view take_until(std::string_view& text, char separator) {
  const std::string_view piece = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(piece.size() + 1, text.size()));
  return piece;
}

}  // namespace

std::optional<std::string_view> MediaType::parameter(std::string_view parameter_name) const {
  for (const auto& [key, value] : parameters)
    if (key == parameter_name) return value;
  return std::nullopt;
}

MediaType parse_media_type(std::string_view text) {
  MediaType type{.name = lower(take_until(text, ';'))};
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    std::string key = lower(take_until(value, '='));
    type.parameters.emplace_back(std::move(key), unquoted(value));
  }
  return type;
}

}  // namespace weir::ingest
