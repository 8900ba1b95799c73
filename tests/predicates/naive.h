// Predicates as trees that tests make, spell and evaluate one event at a time: what the real ones
// are compared with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "processors/events/event.h"

namespace weir::predicates {

struct Naive {
  enum class Kind { number, text, status, has_number, negation, both, either };

  Kind kind = Kind::number;
  int field = 0;
  std::string op;
  std::int64_t number = 0;
  std::string value;
  std::vector<Naive> operands;

  std::string spell() const;
  bool matches(const events::EventRow& row) const;
};

/// A random tree of at most this depth, and rows that it may match.
Naive any_naive(int depth);
events::EventRow any_row();

}  // namespace weir::predicates
