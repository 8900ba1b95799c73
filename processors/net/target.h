// The target of a request line, taken apart. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processors/core/result.h"

namespace weir::net {

struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};

/// "/a%20b?x=1&y=a+b" as path "/a b" and query {x: "1"}, {y: "a b"}; also the absolute form
/// "http://host/a". In the query "+" is a blank and an empty pair ("&&") is left out.
/// Error: invalid_argument where it is of another form, a "%" is not followed by two hex digits,
/// the path has a "." or ".." segment or a control character after decoding, or the query has more
/// than 1,000 pairs.
Result<Target> parse_target(std::string_view target);

/// A name or a value of a query as it is written there: all but letters, digits, '-', '.', '_' and
/// '~' as %XX.
std::string encode_query(std::string_view text);

}  // namespace weir::net
