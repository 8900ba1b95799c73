// A Content-Type as RFC 9110 has it: "type/subtype; name=value". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::ingest {

struct MediaType {
  std::string name;                                             // lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case

  /// The first of that name; "" for one without a value.
  std::optional<std::string_view> parameter(std::string_view parameter_name) const;
};

/// Takes any text; what is no media type has a name that nobody asks for. Quotes around a value are
/// taken off.
MediaType parse_media_type(std::string_view text);

}  // namespace weir::ingest
