// A predicate as steps on a stack of masks: tests push one, connectives take theirs and push one.
// Internal to processors/predicates.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "processors/events/event.h"

namespace weir::predicates {

enum class Connective : std::uint8_t { both, either, negation };

/// Every event.
struct Always {};

struct TextTest {
  events::Text field{};
  std::vector<std::string> values;  // ascending; none: only whether it is there
  bool negated = false;             // none of the values, but there
};

/// A number of the event, or the time per output token.
struct NumberTest {
  events::Number field{};
  bool tpot = false;
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;  // [first, last], any of them
  bool negated = false;                                       // in none of them, but there
};

struct StatusTest {
  std::array<std::uint8_t, 256> matches{};  // by InferenceStatus as columns hold it
};

struct FlagTest {
  std::uint8_t known = 0;  // bits of InferenceFlag
  std::uint8_t flag = 0;
  bool yes = true;
  bool no = false;
};

using Step = std::variant<Connective, Always, TextTest, NumberTest, StatusTest, FlagTest>;

}  // namespace weir::predicates
