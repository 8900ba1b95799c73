#include "processors/config/byte_size.h"

#include <array>
#include <charconv>
#include <limits>

namespace weir::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

// Largest first, as format_bytes picks them.
constexpr std::array kUnits = {Unit{"TiB", 1ULL << 40}, Unit{"GiB", 1ULL << 30},
                               Unit{"MiB", 1ULL << 20}, Unit{"KiB", 1ULL << 10}, Unit{"B", 1}};
constexpr std::uint64_t kMostBytes = std::numeric_limits<std::int64_t>::max();

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{}) {
    const std::string_view suffix(stop, static_cast<std::size_t>(end - stop));
    for (const Unit& unit : kUnits)
      if (suffix == unit.name && number <= kMostBytes / unit.bytes) return number * unit.bytes;
  }
  return fail(
      ErrorCode::invalid_argument,
      "'{}' is not a size; write a whole number and B, KiB, MiB, GiB or TiB, for example 1GiB",
      text);
}

std::string format_bytes(std::uint64_t bytes) {
  for (const Unit& unit : kUnits)
    if (bytes % unit.bytes == 0 && bytes != 0)
      return fmt::format("{}{}", bytes / unit.bytes, unit.name);
  return "0B";
}

}  // namespace weir::config
