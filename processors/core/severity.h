// How urgent an alert is. Documents, configurations and labels have these names and no others.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace weir {

/// The most urgent first: a page wakes somebody, a ticket waits for the morning.
inline constexpr std::array<std::string_view, 3> kSeverities = {"page", "ticket", "info"};

/// Its place among them, the most urgent 0; behind all of them what is none.
constexpr std::size_t severity_rank(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find(kSeverities, text) - kSeverities.begin());
}

constexpr bool is_severity(std::string_view text) {
  return severity_rank(text) < kSeverities.size();
}

}  // namespace weir
