// What a scrape finds, for comparison.
#pragma once

#include <regex>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "sinks/prometheus/exposition.h"

namespace weir::prometheus {

/// The lines of the page that match, after another look into the log; or the error that there is
/// instead.
inline std::string exposed(Exposition& exposition, const std::string& pattern) {
  EXPECT_TRUE(exposition.look());
  const auto text = exposition.text();
  if (!text) return text.error().message;
  const std::regex wanted(pattern);
  std::string matching;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);)
    if (std::regex_search(line, wanted)) matching += line + '\n';
  return matching;
}

}  // namespace weir::prometheus
