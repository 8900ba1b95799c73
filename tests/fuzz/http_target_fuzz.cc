// Any bytes as the target of a request: an error, or a path and a query that, encoded again, read
// as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "processors/net/target.h"

namespace {

std::string encode(std::string_view text, std::string_view kept) {
  std::string encoded;
  for (const char c : text) {
    if (kept.find(c) != std::string_view::npos)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string encode(const weir::net::Target& target) {
  std::string text = encode(target.path, "/");
  char separator = '?';
  for (const auto& [name, value] : target.query) {
    text += separator + encode(name, "") + "=" + encode(value, "");
    separator = '&';
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto target = weir::net::parse_target({reinterpret_cast<const char*>(data), size});
  if (!target) return 0;
  const auto again = weir::net::parse_target(encode(*target));
  if (!again || again->path != target->path || again->query != target->query) std::abort();
  return 0;
}
