// A condition on events, parsed once and evaluated for a batch at a time. The grammar is in
// README.md. Immutable once parsed; thread-safe but for the scratch memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/events/columns.h"
#include "processors/predicates/step.h"

namespace weir::predicates {

inline constexpr std::size_t kMaxTextBytes = 4'096;
inline constexpr int kMaxNesting = 32;

/// One byte an event: 1 where it matches, else 0.
using Mask = std::vector<std::uint8_t>;

class Predicate {
 public:
  /// Error: invalid_argument; what is wrong, then the text, then a caret under the place.
  static Result<Predicate> parse(std::string_view text);

  /// One space between tokens, whatever was written.
  const std::string& text() const { return text_; }

  /// Memory that is kept from batch to batch.
  using Scratch = std::vector<Mask>;
  /// The first `columns.count` entries of `out` (made where it is shorter) tell which events match.
  /// Never fails, whatever the events carry.
  void evaluate(const events::EventColumns& columns, Scratch& scratch, Mask& out) const;

 private:
  Predicate(std::string text, std::vector<Step> steps)
      : text_(std::move(text)), steps_(std::move(steps)) {}

  std::string text_;
  std::vector<Step> steps_;
};

}  // namespace weir::predicates
