// Any bytes as OpenSLO documents: objectives or errors, and what can run is a definition that is
// accepted again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "processors/objectives/objective.h"
#include "processors/objectives/open_slo.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::objectives;
  std::string text(reinterpret_cast<const char*>(data), size);
  const auto read = read_open_slo({{"fuzz", std::move(text)}}, {});
  if (!read) return 0;
  const auto run = to_run(*read);
  if (run && !Objectives::make(*run)) std::abort();
  return 0;
}
