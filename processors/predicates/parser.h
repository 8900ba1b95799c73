// Tokens to steps, by recursive descent. Internal to processors/predicates.
#pragma once

#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/predicates/lexer.h"
#include "processors/predicates/step.h"

namespace weir::predicates {

/// `text` is what the tokens were made of, for errors. Error: invalid_argument, as error_at.
Result<std::vector<Step>> parse_steps(std::string_view text, const std::vector<Token>& tokens);

}  // namespace weir::predicates
