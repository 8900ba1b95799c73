// Which series an event belongs to, by the values of some dimensions: numbers that are cheap to
// find and their texts. No number here shows in an output. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "processors/aggregates/definitions.h"
#include "processors/events/columns.h"
#include "processors/fold/series.h"

namespace weir::fold {

static_assert(static_cast<std::size_t>(aggregates::Dimension::service) ==
              static_cast<std::size_t>(events::Text::service));
static_assert(static_cast<std::size_t>(aggregates::Dimension::variant) ==
              static_cast<std::size_t>(events::Text::variant));

/// A dimension is a text of the event: both lists begin alike.
constexpr events::Text text_of(aggregates::Dimension dimension) {
  return static_cast<events::Text>(dimension);
}

/// Ids of one dimension's values. A batch resolves its dictionary once, not its events.
struct DimensionIds {
  NameTable names;
  std::vector<std::uint32_t> by_event;  // of the batch in hand

  void resolve(const events::TextColumn& column, std::size_t count);

 private:
  std::vector<std::uint32_t> by_value_;
};
using AllDimensionIds = std::array<DimensionIds, aggregates::kDimensions>;

class SeriesIds {
 public:
  explicit SeriesIds(std::vector<aggregates::Dimension> dimensions);

  /// Series of every event of the batch, from the ids of its dimensions.
  void resolve(const AllDimensionIds& ids, std::size_t count);
  /// Of the resolved batch.
  const std::uint32_t* by_event() const { return by_event_.data(); }
  /// The series of one event, resolved or not.
  std::uint32_t of_event(const events::EventColumns& columns, std::size_t event,
                         AllDimensionIds& ids);

  /// Every number is below this.
  std::size_t count() const { return count_; }

  /// Learns the text of a series from an event of it.
  void learn(const events::EventColumns& columns, std::size_t event, std::uint32_t series);
  /// aggregates::encode_series. REQUIRES: learned.
  const std::string& text(std::uint32_t series) const { return texts_[series]; }

  /// After the names were cleared, too.
  void forget();
  /// Of what forget() frees.
  std::size_t learned_bytes() const;

 private:
  std::vector<aggregates::Dimension> dimensions_;
  std::vector<PairTable> pairs_;  // of dimensions 0 and 1, of that pair and dimension 2, ...
  std::vector<std::uint32_t> by_event_;
  std::size_t count_ = 1;
  std::vector<std::string> texts_;  // by series; empty: not learned
  std::size_t text_bytes_ = 0;
};

}  // namespace weir::fold
