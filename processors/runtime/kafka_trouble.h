// What goes wrong with a cluster, in the log of this process: at most one line a minute of each
// kind, because a broker that is away for a night would fill the disk. Thread-safe.
#pragma once

#include <string_view>

namespace weir::runtime {

void tell_trouble(std::string_view kind, std::string_view text);

}  // namespace weir::runtime
