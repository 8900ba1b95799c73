// What `weir --version` says: this binary, and the formats that it reads and writes.
#pragma once

#include <string>

namespace weir::cli {

/// Of a binary that calls itself `version`; several lines, the last one without its end.
std::string version_text(const std::string& version);

}  // namespace weir::cli
