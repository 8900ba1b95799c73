// The elements of one JSON array as texts, one after another, so that a file of any size is read
// in bounded memory and a bad element costs only itself. Looks at brackets, commas and strings
// alone; the elements are for a real parser, which sees whether each is one value. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "processors/ingest/input_file.h"

namespace weir::ingest {

struct JsonElement {
  std::int64_t line = 0;  // where it begins
  std::string text;       // no more than kMaxRowBytes + 1 are kept, which is how a longer one shows
  std::string_view problem;  // a literal; empty: the array has such an element
};

class JsonArrayReader {
 public:
  explicit JsonArrayReader(InputFile& file) : file_(file) {}

  /// The next element; false after the last. What is none has a problem: one inside which the file
  /// ends, and all that follows the closing ']', as one. Error: invalid_argument where the file
  /// does not begin with '['.
  Result<bool> next(JsonElement& element);

 private:
  int skip_space();
  void read_element(int first, JsonElement& element);

  InputFile& file_;
  bool begun_ = false;
  bool ended_ = false;  // the array
};

}  // namespace weir::ingest
