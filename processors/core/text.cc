#include "processors/core/text.h"

#include <algorithm>
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

std::string caret_below(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t end = std::min(text.find('\n', at), text.size());
  return fmt::format("\n  {}\n  {:>{}}", text.substr(begin, end - begin), '^', at - begin + 1);
}

}  // namespace weir
