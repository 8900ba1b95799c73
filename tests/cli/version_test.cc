#include "tools/weir/version.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

// A format that changes is a line in CHANGELOG.md, too.
TEST(Version, TellsTheFormatsThatAreWritten) {
  EXPECT_EQ(version_text("1.2.3"),
            "weir 1.2.3\n"
            "reads and writes:\n"
            "  log directory   format 1\n"
            "  segment frames  format 1\n"
            "  kafka state     format 1\n"
            "  messages        weir.v1 (proto/weir/v1), version 1 of each\n"
            "  state           fold 4, kpi 2, slo 3, alert 2, receiver 1, aggregate 2, "
            "sources 3");
}

}  // namespace
}  // namespace weir::cli
