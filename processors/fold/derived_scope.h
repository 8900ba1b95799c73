// Scopes that are not folded event by event: their deltas are merged from those of a finer scope
// when these leave.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "processors/aggregates/definitions.h"
#include "processors/aggregates/inference_aggregate.h"

namespace weir::fold {

/// One delta on its way out; views live as long as the sink's call.
struct Delta {
  std::uint32_t scope = 0;  // index into Definitions::scopes()
  std::string_view series;  // aggregates::encode_series
  std::uint32_t tier = 0;
  std::int64_t pane = 0;
  std::string_view aggregate;  // aggregates::encode
};
using DeltaSink = std::function<void(const Delta&)>;

/// For each scope the one it is derived from, which is itself folded: the one with the fewest
/// dimensions among those that have all of its dimensions, keep at least what it keeps, and take
/// late events in the same tiers. None: it is folded.
std::vector<std::optional<std::size_t>> plan_derivation(
    const std::vector<aggregates::Scope>& scopes);

/// Not thread-safe.
class DerivedScope {
 public:
  /// Both must outlive it.
  DerivedScope(std::uint32_t index, const aggregates::Scope& scope,
               const aggregates::Scope& parent);

  /// A delta of the parent. `parent_series` is its number, the same for the same text until
  /// forget_series().
  void merge(const Delta& delta, std::uint32_t parent_series);
  /// Gives the merged deltas, in the order in which they were opened, and forgets them.
  void drain(const DeltaSink& sink);

  void forget_series();
  std::size_t learned_bytes() const;

 private:
  /// Aggregates whose memory is kept from drain to drain.
  static constexpr std::size_t kKeptAggregates = 1'024;

  struct Open {
    std::uint32_t series = 0;
    std::uint32_t tier = 0;
    std::int64_t pane = 0;
    aggregates::InferenceAggregate aggregate;
  };

  std::uint32_t series_of(std::string_view parent_text, std::uint32_t parent_series);
  void encode(const Open& open, std::string& out) const;

  std::uint32_t index_;
  const aggregates::Scope* scope_;
  std::vector<std::size_t> positions_;  // of its dimensions among the parent's
  std::size_t parent_dimensions_;
  std::vector<std::uint32_t> by_parent_;  // own series + 1; 0: not known yet
  std::vector<std::string> texts_;        // by series
  absl::flat_hash_map<std::string, std::uint32_t> series_;
  absl::flat_hash_map<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>, std::size_t>
      index_of_;
  std::vector<Open> open_;  // the first open_count_ are in use
  std::size_t open_count_ = 0;
};

}  // namespace weir::fold
