// Ratios and factors as whole parts of a billion: they are compared exactly, on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "processors/core/result.h"
#include "weir/v1/objective.pb.h"

namespace weir::objectives {

inline constexpr std::int64_t kPpb = 1'000'000'000;

/// Products of two 64-bit numbers.
__extension__ using Wide = __int128;

/// A decimal number >= 0 ("0.999", "14.4") with at most nine digits behind the point. Error:
/// invalid_argument.
Result<std::int64_t> parse_ppb(std::string_view text);
/// The shortest text that parse_ppb reads so.
std::string format_ppb(std::int64_t ppb);

/// A count of an objective of that method for people: events or slices as they are; of slices that
/// count as their ratio, which are billionths, with six digits: 2750000000 is "2.75".
std::string describe_count(std::int64_t count, v1::BudgetingMethod method);

}  // namespace weir::objectives
