#include "processors/objectives/parts.h"

#include <charconv>

namespace weir::objectives {

Result<std::int64_t> parse_ppb(std::string_view text) {
  constexpr std::size_t kDigits = 9;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = text.substr(std::min(point + 1, text.size()));
  std::string digits(whole);
  digits += part;
  const bool ends_in_point = point < text.size() && part.empty();
  const bool good = !whole.empty() && whole.size() <= kDigits && part.size() <= kDigits &&
                    !ends_in_point && digits.find_first_not_of("0123456789") == std::string::npos;
  if (!good)
    return fail(ErrorCode::invalid_argument,
                "'{}' is not a number; write it as 0.999 or 14.4, with at most {} digits behind "
                "the point",
                text, kDigits);
  digits.append(kDigits - part.size(), '0');
  std::int64_t ppb = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), ppb);
  return ppb;
}

std::string format_ppb(std::int64_t ppb) {
  std::string text = fmt::format("{}.{:09}", ppb / kPpb, ppb % kPpb);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string describe_count(std::int64_t count, v1::BudgetingMethod method) {
  if (method != v1::BUDGETING_METHOD_RATIO_TIMESLICES) return fmt::format("{}", count);
  return fmt::format("{:.6g}", static_cast<double>(count) / static_cast<double>(kPpb));
}

}  // namespace weir::objectives
