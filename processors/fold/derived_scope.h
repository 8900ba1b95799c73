// Scopes that are not folded event by event: their deltas are merged from those of a finer scope
// when these leave, one after the other, so that one aggregate at a time is in memory.
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

/// What was noted takes some 100 bytes a delta of the parent at most, beside the names that it
/// learns; drain() holds one aggregate more, and then gives all but names back. Not thread-safe.
class DerivedScope {
 public:
  /// Both must outlive it.
  DerivedScope(std::uint32_t index, const aggregates::Scope& scope,
               const aggregates::Scope& parent);

  /// Notes a delta of the parent. Its aggregate begins at `begin` of what drain() is given.
  /// `parent_series` is its number, the same for the same text until forget_series().
  void note(const Delta& delta, std::uint32_t parent_series, std::size_t begin);
  /// Merges what was noted, a delta at a time, gives the deltas in the order in which the first of
  /// each was noted, and forgets them.
  void drain(std::string_view parent_aggregates, const DeltaSink& sink);
  /// Of what was noted.
  std::size_t noted_bytes() const;

  /// REQUIRES: drained.
  void forget_series();
  std::size_t learned_bytes() const;

 private:
  /// A delta of the parent.
  struct Part {
    std::size_t begin;
    std::uint32_t bytes;
    std::uint32_t next;  // of the same group
  };
  /// Those that become one delta.
  struct Group {
    std::uint32_t series;
    std::uint32_t tier;
    std::int64_t pane;
    std::uint32_t first;  // of parts_
    std::uint32_t last;
  };
  /// By series, tier and pane; an index into groups_.
  using GroupIndex =
      absl::flat_hash_map<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>, std::uint32_t>;

  std::uint32_t series_of(std::string_view parent_text, std::uint32_t parent_series);
  void encode(const aggregates::InferenceAggregate& aggregate, std::string& out) const;

  std::uint32_t index_;
  const aggregates::Scope* scope_;
  std::vector<std::size_t> positions_;  // of its dimensions among the parent's
  std::size_t parent_dimensions_;
  std::vector<std::uint32_t> by_parent_;  // own series + 1; 0: not known yet
  std::vector<std::string> texts_;        // by series
  absl::flat_hash_map<std::string, std::uint32_t> series_;
  GroupIndex group_of_;
  std::vector<Group> groups_;
  std::vector<Part> parts_;
};

}  // namespace weir::fold
