#include "tools/weir/severity_matcher.h"

#include <algorithm>

#include "processors/core/severity.h"

namespace weir::cli {
namespace {

bool is_negative(v1::MatchOperation operation) {
  return operation == v1::MATCH_OPERATION_NOT_EQUAL || operation == v1::MATCH_OPERATION_NOT_REGEX;
}

}  // namespace

std::string severity_trouble(const labels::Matcher& matcher) {
  if (matcher.proto().name() != "severity") return "";
  const bool negative = is_negative(matcher.proto().operation());
  const bool names_one = std::ranges::any_of(kSeverities, [&](std::string_view severity) {
    return matcher.matches({{"severity", std::string(severity)}}) != negative;
  });
  if (names_one) return "";
  return fmt::format("{} holds of {} alert: a severity is page, ticket or info", matcher.text(),
                     negative ? "every" : "no");
}

}  // namespace weir::cli
