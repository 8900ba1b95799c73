// Any bytes: a decoded aggregate is written as it was read, merging its bytes is merging it, and
// its values can be published.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/aggregates/kpi_values.h"

namespace {

std::string encoded(const weir::aggregates::InferenceAggregate& aggregate) {
  std::string bytes;
  aggregate.encode(bytes);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::aggregates;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto aggregate = InferenceAggregate::decode(bytes);
  if (!aggregate) return 0;
  if (encoded(*aggregate) != bytes) std::abort();

  InferenceAggregate same = *aggregate;
  InferenceAggregate adjacent = *aggregate;
  if (!same.merge_same_encoded(bytes) || !adjacent.merge_adjacent_encoded(bytes)) std::abort();
  InferenceAggregate expected = *aggregate;
  expected.merge_same(*aggregate);
  if (!(same == expected)) std::abort();
  expected = *aggregate;
  expected.merge_adjacent(*aggregate);
  if (!(adjacent == expected)) std::abort();

  Scope scope;
  scope.sketched.fill(true);
  scope.distinct_users = scope.distinct_tenants = true;
  std::array<bool, kStatuses> rated{};
  rated.fill(true);
  const auto values = to_values(*aggregate, weir::kMinuteUs, scope, rated);
  if (difference(values, values).requests() != 0) std::abort();
  return 0;
}
