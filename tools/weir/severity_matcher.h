// Matchers of severities that no alert has, as one brings them from another tool. Pure.
#pragma once

#include <string>

#include "processors/labels/matcher.h"

namespace weir::cli {

/// Why a matcher of `severity` tells no alerts apart: what it names, none of them has. Empty of any
/// other matcher.
std::string severity_trouble(const labels::Matcher& matcher);

}  // namespace weir::cli
