// Any bytes as a matcher: an error, or a condition that reads as the same from its own text, and
// says of labels what it says after that.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "processors/labels/matcher.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::labels::Matcher;
  const auto matcher = Matcher::parse({reinterpret_cast<const char*>(data), size});
  if (!matcher) return 0;
  const auto again = Matcher::parse(matcher->text());
  if (!again || again->proto().name() != matcher->proto().name() ||
      again->proto().operation() != matcher->proto().operation() ||
      again->proto().value() != matcher->proto().value())
    std::abort();
  const weir::labels::Labels labels = {{"service", "chat"}, {"severity", "page"}};
  if (again->matches(labels) != matcher->matches(labels)) std::abort();
  return 0;
}
