// The elements of one JSON array as texts, one after another, so that a file of any size is read
// in bounded memory and a bad element costs only itself. Looks at brackets, commas and strings
// alone; the elements are for a real parser. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "processors/ingest/input_file.h"

namespace weir::ingest {

struct JsonElement {
  std::int64_t line = 0;  // where it begins
  std::string text;       // no more than kMaxRowBytes + 1 are kept, which is how a longer one shows
  bool complete = true;   // false: the file ended inside it
};

class JsonArrayReader {
 public:
  explicit JsonArrayReader(InputFile& file) : file_(file) {}

  /// The next element; false after the last. Error: invalid_argument where the file does not begin
  /// with '['. What follows the closing ']' is not looked at.
  Result<bool> next(JsonElement& element);

 private:
  int skip_space();
  bool read_rest(int first, JsonElement& element);

  InputFile& file_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace weir::ingest
