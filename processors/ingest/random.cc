#include "processors/ingest/random.h"

#include <cassert>
#include <numeric>

namespace weir::ingest {

Weighted::Weighted(const std::vector<double>& weights) : slots_(weights.size()) {
  assert(!weights.empty());
  const double mean =
      std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(weights.size());
  std::vector<double> share;  // of a slot; 1 fills it
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    share.push_back(weights[i] / mean);
    (share[i] < 1 ? small : large).push_back(i);
    slots_[i] = {0xffff'ffff, i};
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t to = small.back();
    const std::uint32_t from = large.back();
    small.pop_back();
    slots_[to] = {static_cast<std::uint32_t>(share[to] * 0xffff'ffff), from};
    share[from] -= 1 - share[to];
    if (share[from] >= 1) continue;
    large.pop_back();
    small.push_back(from);
  }
}

}  // namespace weir::ingest
