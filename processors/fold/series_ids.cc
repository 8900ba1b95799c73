#include "processors/fold/series_ids.h"

#include <algorithm>
#include <span>

namespace weir::fold {

void DimensionIds::resolve(const events::TextColumn& column, std::size_t count) {
  std::uint32_t* const out = events::make_room(by_event, count);
  switch (column.form) {
    case events::TextColumn::Form::one:
      std::fill_n(out, count, names.id(column.at(0)));
      break;
    case events::TextColumn::Form::coded: {
      std::uint32_t* const ids = events::make_room(by_value_, column.values.size());
      names.ids(column.values, ids);
      for (std::size_t i = 0; i < count; ++i) out[i] = ids[column.codes[i]];
      break;
    }
    case events::TextColumn::Form::by_event:
      names.ids(std::span(column.each).first(count), out);
      break;
  }
}

SeriesIds::SeriesIds(std::vector<aggregates::Dimension> dimensions)
    : dimensions_(std::move(dimensions)),
      pairs_(dimensions_.size() < 2 ? 0 : dimensions_.size() - 1) {}

void SeriesIds::resolve(const AllDimensionIds& ids, std::size_t count) {
  std::uint32_t* const series = events::make_room(by_event_, count);
  if (dimensions_.empty()) return;  // series 0: entries are never written
  const auto ids_of = [&](std::size_t k) -> const DimensionIds& {
    return ids[static_cast<std::size_t>(dimensions_[k])];
  };
  std::copy_n(ids_of(0).by_event.begin(), count, series);
  count_ = ids_of(0).names.size();
  for (std::size_t k = 1; k < dimensions_.size(); ++k) {
    PairTable& pairs = pairs_[k - 1];
    pairs.prepare(count_, ids_of(k).names.size());
    const std::uint32_t* const next = ids_of(k).by_event.data();
    for (std::size_t i = 0; i < count; ++i) series[i] = pairs.id(series[i], next[i]);
    count_ = pairs.size();
  }
}

std::uint32_t SeriesIds::of_event(const events::EventColumns& columns, std::size_t event,
                                  AllDimensionIds& ids) {
  std::uint32_t series = 0;
  for (std::size_t k = 0; k < dimensions_.size(); ++k) {
    const auto dimension = static_cast<std::size_t>(dimensions_[k]);
    NameTable& names = ids[dimension].names;
    const std::uint32_t id = names.id(columns.texts[dimension].at(event));
    if (k == 0) {
      series = id;
      count_ = names.size();
    } else {
      pairs_[k - 1].prepare(count_, names.size());
      series = pairs_[k - 1].id(series, id);
      count_ = pairs_[k - 1].size();
    }
  }
  return series;
}

void SeriesIds::learn(const events::EventColumns& columns, std::size_t event,
                      std::uint32_t series) {
  if (texts_.size() <= series) texts_.resize(count_);
  std::string& text = texts_[series];
  if (!text.empty() || dimensions_.empty()) return;
  std::array<std::string_view, aggregates::kDimensions> values;
  for (std::size_t k = 0; k < dimensions_.size(); ++k)
    values[k] = columns.text(text_of(dimensions_[k])).at(event);
  text = aggregates::encode_series(std::span(values).first(dimensions_.size()));
  text_bytes_ += text.size();
}

void SeriesIds::forget() {
  for (PairTable& pairs : pairs_) pairs.clear();
  texts_ = std::vector<std::string>();  // assigned {} it would keep its memory
  text_bytes_ = 0;
  count_ = 1;
}

std::size_t SeriesIds::learned_bytes() const {
  std::size_t bytes = texts_.capacity() * sizeof texts_[0] + text_bytes_;
  for (const PairTable& pairs : pairs_) bytes += pairs.memory_bytes();
  return bytes;
}

}  // namespace weir::fold
