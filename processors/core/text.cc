#include "processors/core/text.h"

#include <cstdint>

#include <fmt/format.h>

namespace weir {

std::string_view cut_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<std::uint8_t>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

std::string quote(std::string_view text) {
  if (text.size() <= kMaxQuotedBytes) return fmt::format("'{}'", text);
  return fmt::format("'{}...' ({} bytes)", cut_utf8(text, kMaxQuotedBytes), text.size());
}

}  // namespace weir
