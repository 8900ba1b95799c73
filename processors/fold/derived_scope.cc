#include "processors/fold/derived_scope.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <set>

#include "processors/core/bytes.h"

namespace weir::fold {
namespace {

using aggregates::Scope;

bool has_dimensions(const Scope& fine, const Scope& coarse) {
  return std::ranges::all_of(coarse.dimensions, [&fine](aggregates::Dimension dimension) {
    return std::ranges::count(fine.dimensions, dimension) != 0;
  });
}

bool keeps_enough(const Scope& fine, const Scope& coarse) {
  for (std::size_t d = 0; d < aggregates::kDurations; ++d)
    if (coarse.sketched[d] && !fine.sketched[d]) return false;
  return (fine.distinct_users || !coarse.distinct_users) &&
         (fine.distinct_tenants || !coarse.distinct_tenants);
}

/// What WindowPlan::tier_for depends on beside the tiers, which all scopes share.
std::set<std::size_t> base_tiers(const Scope& scope) {
  std::set<std::size_t> tiers;
  for (std::size_t w = 0; w < scope.plan.windows().size(); ++w)
    tiers.insert(scope.plan.base_tier(w));
  return tiers;
}

bool can_derive(const Scope& fine, const Scope& coarse) {
  return fine.dimensions.size() > coarse.dimensions.size() && has_dimensions(fine, coarse) &&
         keeps_enough(fine, coarse) && base_tiers(fine) == base_tiers(coarse);
}

}  // namespace

std::vector<std::optional<std::size_t>> plan_derivation(const std::vector<Scope>& scopes) {
  std::vector<std::optional<std::size_t>> parents(scopes.size());
  std::vector<bool> folded(scopes.size());
  for (std::size_t s = 0; s < scopes.size(); ++s)
    folded[s] = std::ranges::none_of(
        scopes, [&scopes, s](const Scope& fine) { return can_derive(fine, scopes[s]); });
  for (std::size_t s = 0; s < scopes.size(); ++s) {
    for (std::size_t fine = 0; fine < scopes.size() && !folded[s]; ++fine) {
      if (!folded[fine] || !can_derive(scopes[fine], scopes[s])) continue;
      if (!parents[s] || scopes[fine].dimensions.size() < scopes[*parents[s]].dimensions.size())
        parents[s] = fine;
    }
  }
  return parents;
}

DerivedScope::DerivedScope(std::uint32_t index, const Scope& scope, const Scope& parent)
    : index_(index), scope_(&scope), parent_dimensions_(parent.dimensions.size()) {
  for (const aggregates::Dimension dimension : scope.dimensions)
    positions_.push_back(static_cast<std::size_t>(std::ranges::find(parent.dimensions, dimension) -
                                                  parent.dimensions.begin()));
}

void DerivedScope::note(const Delta& delta, std::uint32_t parent_series, std::size_t begin) {
  const std::uint32_t series = series_of(delta.series, parent_series);
  const auto part = static_cast<std::uint32_t>(parts_.size());
  parts_.push_back(
      {.begin = begin, .bytes = static_cast<std::uint32_t>(delta.aggregate.size()), .next = part});
  const auto [found, added] = group_of_.try_emplace({series, delta.tier, delta.pane},
                                                    static_cast<std::uint32_t>(groups_.size()));
  if (added) {
    groups_.push_back(
        {.series = series, .tier = delta.tier, .pane = delta.pane, .first = part, .last = part});
    return;
  }
  Group& group = groups_[found->second];
  parts_[group.last].next = part;
  group.last = part;
}

std::uint32_t DerivedScope::series_of(std::string_view parent_text, std::uint32_t parent_series) {
  if (by_parent_.size() <= parent_series) by_parent_.resize(parent_series + parent_series / 2 + 64);
  std::uint32_t& known = by_parent_[parent_series];
  if (known != 0) return known - 1;
  std::array<std::string_view, aggregates::kDimensions> values;
  ByteReader reader(parent_text);
  for (std::size_t k = 0; k < parent_dimensions_; ++k) values[k] = reader.bytes();
  std::array<std::string_view, aggregates::kDimensions> own;
  for (std::size_t k = 0; k < positions_.size(); ++k) own[k] = values[positions_[k]];
  std::string text = aggregates::encode_series(std::span(own).first(positions_.size()));
  const auto [found, added] = series_.try_emplace(text, static_cast<std::uint32_t>(texts_.size()));
  if (added) texts_.push_back(std::move(text));
  known = found->second + 1;
  return found->second;
}

void DerivedScope::drain(std::string_view parent_aggregates, const DeltaSink& sink) {
  aggregates::InferenceAggregate merged;
  std::string bytes;
  for (const Group& group : groups_) {
    for (std::uint32_t at = group.first;; at = parts_[at].next) {
      [[maybe_unused]] const auto taken =
          merged.merge_same_encoded(parent_aggregates.substr(parts_[at].begin, parts_[at].bytes));
      assert(taken.has_value());
      if (at == group.last) break;
    }
    bytes.clear();
    encode(merged, bytes);
    sink({index_, texts_[group.series], group.tier, group.pane, bytes});
    merged.clear();
  }
  group_of_.clear();
  // Assigned {}, a vector would keep its memory.
  groups_ = std::vector<Group>();
  parts_ = std::vector<Part>();
}

std::size_t DerivedScope::noted_bytes() const {
  return parts_.capacity() * sizeof(Part) + groups_.capacity() * sizeof(Group) +
         group_of_.capacity() * (sizeof(GroupIndex::value_type) + 1);
}

void DerivedScope::encode(const aggregates::InferenceAggregate& aggregate, std::string& out) const {
  aggregates::AggregateParts parts;
  parts.counters = aggregate.counters;
  if (scope_->distinct_users) parts.users = &aggregate.users;
  if (scope_->distinct_tenants) parts.tenants = &aggregate.tenants;
  for (std::size_t d = 0; d < aggregates::kDurations; ++d) {
    parts.durations[d].stats = aggregate.durations[d].stats;
    if (scope_->sketched[d]) parts.durations[d].sketch = &aggregate.durations[d].sketch;
  }
  aggregates::encode(parts, out);
}

void DerivedScope::forget_series() {
  by_parent_ = std::vector<std::uint32_t>();
  texts_ = std::vector<std::string>();
  series_.clear();
}

std::size_t DerivedScope::learned_bytes() const {
  constexpr std::size_t kSeriesBytes = 128;  // two copies of a text of some twenty bytes
  return by_parent_.capacity() * sizeof by_parent_[0] + texts_.size() * kSeriesBytes;
}

}  // namespace weir::fold
