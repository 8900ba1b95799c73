// Any bytes as a predicate: parsed or refused, and what is parsed is read back from its own text
// and evaluates anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "processors/predicates/predicate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::predicates::Predicate;
  const auto predicate =
      Predicate::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!predicate) return 0;
  // Spaces between tokens may take it above the limit.
  if (predicate->text().size() <= weir::predicates::kMaxTextBytes) {
    const auto again = Predicate::parse(predicate->text());
    if (!again || again->text() != predicate->text()) std::abort();
  }
  weir::events::EventRow row{.event_time_us = 1};
  row.set(weir::events::Number::latency, 7);
  weir::events::EventColumns columns;
  columns.append(row);
  columns.append({});
  Predicate::Scratch scratch;
  weir::predicates::Mask out;
  predicate->evaluate(columns, scratch, out);
  if (out.size() < 2 || out[0] > 1 || out[1] > 1) std::abort();
  return 0;
}
