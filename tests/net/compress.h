// Bodies as clients compress them.
#pragma once

#include <string>
#include <string_view>

namespace weir::net {

std::string gzip(std::string_view text);
/// `window_log` 0: the library's choice.
std::string zstd(std::string_view text, int window_log = 0);

}  // namespace weir::net
