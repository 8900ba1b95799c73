// A ledger as it is told. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "processors/slo/conditions.h"
#include "processors/slo/ledger.h"
#include "weir/v1/burn.pb.h"

namespace weir::slo {

/// The values of the ledger's series.
std::vector<std::string> series_of(const Ledger& ledger);
/// "chat-latency", "chat-latency{tenant=a,model=b}".
std::string ledger_name(const Ledger& ledger);

/// Everything but what depends on the moment (completeness, where it comes from, maintenance).
v1::BurnResult result_of(const Ledger& ledger, const std::vector<Evaluation>& evaluations);

}  // namespace weir::slo
