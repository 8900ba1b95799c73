// Whom an alert is for, and with which others it is told. Pure functions of the configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "processors/alert/config.h"
#include "processors/alert/state.h"

namespace weir::alert {

/// One group that an alert belongs to.
struct Target {
  GroupKey key;
  std::string route;  // its matchers; empty: none
  labels::Labels labels;
};

/// Where the objective's document names receivers that there are, those; else what the routes say;
/// else everybody. Each group once.
std::vector<Target> targets_of(const Config& config, const v1::Alert& alert);

/// The intervals of a route by its matchers; the defaults where it is gone.
const Grouping& grouping_of(const Config& config, std::string_view route);

}  // namespace weir::alert
