// Builds serialised InferenceBatch records: what importers, the simulator and HTTP ingest append to
// `weir.inference`. The same events in the same order give the same bytes.
//
// Texts become dictionaries in order of appearance, with codes of the smallest width; a text that
// is the same for all events is written once; a column without any value is left out. Events that
// do not fit the columns (a number above u32, a time more than 71 minutes after or before the
// first, a status above 255) go into `other`, and so lose their place: they are indexed after the
// columns.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "processors/core/result.h"
#include "processors/events/event.h"

namespace weir::events {

class BatchWriter {
 public:
  static constexpr std::size_t kDefaultEvents = 512;
  /// A batch is closed at this many bytes, well below kMaxRecordBytes.
  static constexpr std::size_t kTargetBytes = 768 << 10;

  /// max_events: 1 .. kMaxEvents.
  explicit BatchWriter(std::size_t max_events = kDefaultEvents);
  ~BatchWriter();
  BatchWriter(BatchWriter&&) noexcept;
  BatchWriter& operator=(BatchWriter&&) noexcept;

  /// Copies the event. REQUIRES: !full(), and events::check(row) finds no problem. error_detail is
  /// cut at kMaxErrorDetailBytes.
  void add(const EventRow& row);

  std::size_t count() const;
  bool empty() const { return count() == 0; }
  /// The limit of events or bytes is reached: take() now.
  bool full() const;

  /// The serialised batch, below kMaxRecordBytes; the writer is empty again.
  std::string take();

 private:
  struct Columns;
  std::unique_ptr<Columns> columns_;
};

}  // namespace weir::events
