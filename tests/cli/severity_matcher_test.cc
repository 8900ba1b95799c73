// What is said of a severity that no alert has.
#include "tools/weir/severity_matcher.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

std::string trouble(std::string_view text) {
  return severity_trouble(*labels::Matcher::parse(text));
}

TEST(SeverityMatcher, IsTroubleWhereItNamesNone) {
  const std::string why = " alert: a severity is page, ticket or info";
  EXPECT_EQ(trouble("severity=critical"), "severity=\"critical\" holds of no" + why);
  EXPECT_EQ(trouble("severity=~\"warning|critical\""),
            "severity=~\"warning|critical\" holds of no" + why);
  EXPECT_EQ(trouble("severity!=pgae"), "severity!=\"pgae\" holds of every" + why);
  EXPECT_EQ(trouble("severity!~\"pga.*\""), "severity!~\"pga.*\" holds of every" + why);
  for (const char* good :
       {"severity=page", "severity=ticket", "severity=info", "severity!=page",
        "severity=~\"page|critical\"", "severity=~\".*\"", "severity!~\"t.*\"", "service=critical"})
    EXPECT_EQ(trouble(good), "") << good;
}

}  // namespace
}  // namespace weir::cli
