// Definitions for tests of the accumulator, from what matters of a scope there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "processors/aggregates/definitions.h"

namespace weir::fold {

struct ScopeSpec {
  std::vector<std::string> dimensions;
  std::vector<std::string> sketches;
  bool distinct = false;               // users and tenants are counted
  DurationUs hop_us = 10 * kSecondUs;  // of its one window, and as long
};

/// With the default tiers.
std::shared_ptr<const aggregates::Definitions> define(const std::vector<ScopeSpec>& specs);

}  // namespace weir::fold
