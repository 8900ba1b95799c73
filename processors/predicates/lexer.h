// The text of a predicate as tokens. Internal to processors/predicates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"

namespace weir::predicates {

struct Token {
  enum class Kind : std::uint8_t { word, string, sign, end };

  Kind kind = Kind::end;
  std::string text;    // of a string: its value
  std::size_t at = 0;  // byte of its beginning
};

/// The last one is `end`. Error: invalid_argument, as error_at.
Result<std::vector<Token>> tokens_of(std::string_view text);

/// Tokens as they are written, one space between.
std::string spell(const std::vector<Token>& tokens);

/// "reason", then the line of the text that is meant, then a caret under the byte.
std::unexpected<Error> error_at(std::string_view text, std::size_t at, std::string_view reason);

}  // namespace weir::predicates
