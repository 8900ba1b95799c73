// The sink of everything that becomes raw history: batches events onto `weir.inference` and what
// was refused onto `weir.deadletter`. One thread.
//
// Events of a batch stay together and in order; batches go to the partitions in turn. Append times
// are the running maximum of event time in a partition, as for every history: an event from the
// future would make all that follows too old, so the time of the import bounds it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/events/batch_writer.h"
#include "processors/events/event.h"
#include "processors/ingest/append_buffer.h"
#include "processors/runtime/io.h"

namespace weir::ingest {

/// Where a row came from.
struct RowOrigin {
  std::string_view file;
  std::int64_t line = 0;
  std::string_view text;  // the row itself
};

class RawWriter {
 public:
  /// `weir.inference` has `partitions` partitions (>= 1); dead letters go to partition 0 of theirs.
  /// No event can be later than `latest_us`.
  RawWriter(runtime::Appender& appender, std::int32_t partitions, TimeUs latest_us);

  /// Takes the event, or refuses the row where it is too late or breaks a rule of events::check.
  Result<void> add(const events::EventRow& row, const RowOrigin& origin);
  /// The row becomes a dead letter; `reason` is for a person.
  Result<void> refuse(const RowOrigin& origin, std::string_view reason);
  /// Appends what is left. Nothing may follow.
  Result<void> finish();

  std::int64_t accepted() const { return accepted_; }
  std::int64_t refused() const { return refused_; }
  TimeUs first_event_time() const { return first_; }  // kMaxTime where there is none
  TimeUs last_event_time() const { return last_; }    // kMinTime where there is none

 private:
  Result<void> end_batch();

  const TimeUs latest_us_;
  AppendBuffer raw_;
  AppendBuffer dead_letters_;
  events::BatchWriter batch_;
  TimeUs batch_greatest_ = kMinTime;
  std::vector<TimeUs> greatest_;  // by partition
  std::size_t partition_ = 0;     // of the open batch
  std::int64_t accepted_ = 0;
  std::int64_t refused_ = 0;
  TimeUs first_ = kMaxTime;
  TimeUs last_ = kMinTime;
};

}  // namespace weir::ingest
