#include "tests/fold/scope_specs.h"

#include "processors/windows/window.h"

namespace weir::fold {

std::shared_ptr<const aggregates::Definitions> define(const std::vector<ScopeSpec>& specs) {
  v1::Definitions message;
  for (const windows::Tier& tier : windows::default_tiers()) {
    v1::TierDefinition& out = *message.add_tier();
    out.set_span_us(tier.span_us);
    out.set_lateness_us(tier.lateness_us);
  }
  for (const ScopeSpec& spec : specs) {
    v1::ScopeDefinition& scope = *message.add_scope();
    for (const std::string& dimension : spec.dimensions) scope.add_dimension(dimension);
    for (const std::string& sketch : spec.sketches) scope.add_sketch(sketch);
    scope.set_distinct_users(spec.distinct);
    scope.set_distinct_tenants(spec.distinct);
    v1::WindowDefinition& window = *scope.add_window();
    window.set_length_us(spec.hop_us);
    window.set_hop_us(spec.hop_us);
  }
  return aggregates::Definitions::make(message).value();
}

}  // namespace weir::fold
