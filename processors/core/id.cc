#include "processors/core/id.h"

#include "processors/core/text.h"

namespace weir {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string format_id(const Id& id) {
  return to_hex({reinterpret_cast<const char*>(id.data()), id.size()});
}

Result<Id> parse_id(std::string_view text) {
  Id id{};
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    const int value = digit_value(c);
    if (value < 0 || digits == 2 * id.size()) {
      digits = 0;
      break;
    }
    auto& byte = id[digits / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++digits;
  }
  if (digits != 2 * id.size())
    return fail(ErrorCode::invalid_argument, "{} is not an id; write 32 hexadecimal digits",
                quote(text));
  return id;
}

}  // namespace weir
