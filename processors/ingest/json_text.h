// Where the parts of a JSON text begin and end: brackets, commas and strings alone are looked at,
// so that a part that is wrong costs only itself; the parts are for a real parser. Pure, without
// recursion; any bytes are taken.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace weir::ingest {

/// Without the white space of JSON at its beginning.
std::string_view skip_space(std::string_view text);

/// Whether the text is one {...}, over any number of lines, and nothing else.
bool is_one_object(std::string_view text);

/// The elements of one array, one after another, as views into the text.
class JsonArray {
 public:
  /// REQUIRES: text begins with '[' (behind white space).
  explicit JsonArray(std::string_view text);

  /// Absent after the last.
  std::optional<std::string_view> next();
  /// After the last: whether the array was closed, and nothing but white space follows.
  bool complete() const { return complete_; }

 private:
  std::string_view rest_;
  bool first_ = true;
  bool complete_ = false;
};

}  // namespace weir::ingest
