#include "processors/net/target.h"

#include <absl/strings/ascii.h>

#include "processors/net/text.h"

namespace weir::net {
namespace {

// Calls `part` with each piece of `text` between separators, also the empty ones, until it fails.
template <class Part>
Result<void> for_each_part(std::string_view text, char separator, Part part) {
  while (true) {
    const std::size_t end = text.find(separator);
    WEIR_TRY(part(text.substr(0, end)));
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

constexpr std::size_t kMaxPairs = 1000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' && plus_is_blank ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return fail(ErrorCode::invalid_argument,
                  "a '%' in the address is not followed by two hexadecimal digits");
    decoded += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return decoded;
}

// Only what is left of the target after the scheme and host of the absolute form.
std::string_view strip_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!starts_with_ignoring_case(target, scheme)) continue;
    const std::size_t slash = target.find_first_of("/?", scheme.size());
    if (slash == std::string_view::npos) return "/";
    return target.substr(slash);
  }
  return target;
}

Result<std::string> decode_path(std::string_view raw) {
  WEIR_ASSIGN(std::string path, percent_decode(raw, false));
  for (const char c : path)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return fail(ErrorCode::invalid_argument, "the path has a control character");
  WEIR_TRY(for_each_part(path, '/', [](std::string_view segment) -> Result<void> {
    if (segment == "." || segment == "..")
      return fail(ErrorCode::invalid_argument, "the path has a '.' or '..' segment");
    return {};
  }));
  return path;
}

Result<void> add_parameter(std::string_view pair, Target& target) {
  if (pair.empty()) return {};
  if (target.query.size() == kMaxPairs)
    return fail(ErrorCode::invalid_argument, "the query has more than {} parameters", kMaxPairs);
  const std::size_t equals = std::min(pair.find('='), pair.size());
  WEIR_ASSIGN(std::string name, percent_decode(pair.substr(0, equals), true));
  const std::size_t value_at = std::min(equals + 1, pair.size());
  WEIR_ASSIGN(std::string value, percent_decode(pair.substr(value_at), true));
  target.query.emplace_back(std::move(name), std::move(value));
  return {};
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
  target = strip_authority(target);
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  const std::string_view raw_path = target.substr(0, mark);
  if (!raw_path.starts_with('/'))
    return fail(ErrorCode::invalid_argument, "the address does not begin with '/'");
  Target parsed;
  WEIR_ASSIGN(parsed.path, decode_path(raw_path));
  if (mark == std::string_view::npos) return parsed;
  WEIR_TRY(for_each_part(target.substr(mark + 1), '&',
                         [&](std::string_view pair) { return add_parameter(pair, parsed); }));
  return parsed;
}

std::string encode_query(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
        std::string_view("-._~").find(c) != std::string_view::npos)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace weir::net
