#include "processors/ingest/raw_writer.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "processors/events/dead_letter.h"
#include "processors/events/validate.h"
#include "weir/v1/dead_letter.pb.h"

namespace weir::ingest {

RawWriter::RawWriter(runtime::Appender& appender, std::int32_t partitions, TimeUs latest_us)
    : latest_us_(latest_us),
      raw_(appender, "weir.inference"),
      dead_letters_(appender, "weir.deadletter"),
      greatest_(static_cast<std::size_t>(partitions), kMinTime) {
  assert(partitions >= 1);
}

Result<void> RawWriter::add(const events::EventRow& row, const RowOrigin& origin) {
  if (const auto problem = events::check(row)) return refuse(origin, problem->text);
  if (row.event_time_us > latest_us_)
    return refuse(origin, fmt::format("event time {} is in the future; is its unit right?",
                                      format_rfc3339(row.event_time_us)));
  batch_.add(row);
  batch_greatest_ = std::max(batch_greatest_, row.event_time_us);
  first_ = std::min(first_, row.event_time_us);
  last_ = std::max(last_, row.event_time_us);
  ++accepted_;
  return batch_.full() ? end_batch() : Result<void>();
}

Result<void> RawWriter::refuse(const RowOrigin& origin, std::string_view reason) {
  v1::DeadLetter letter;
  letter.set_source(fmt::format("{}:{}", origin.file, origin.line));
  const events::Problem problem{0, v1::DEAD_LETTER_REASON_REFUSED_ROW, std::string(reason)};
  events::fill_dead_letter(letter, {&problem, 1}, origin.text);
  ++refused_;
  return dead_letters_.add(
      0, {.value = letter.SerializeAsString(), .append_time_us = last_ == kMinTime ? 0 : last_});
}

Result<void> RawWriter::finish() {
  WEIR_TRY(end_batch());
  WEIR_TRY(raw_.flush());
  return dead_letters_.flush();
}

Result<void> RawWriter::end_batch() {
  if (batch_.empty()) return {};
  TimeUs& greatest = greatest_[partition_];
  greatest = std::max(greatest, std::exchange(batch_greatest_, kMinTime));
  const auto partition = static_cast<std::int32_t>(partition_);
  partition_ = (partition_ + 1) % greatest_.size();
  return raw_.add(partition, {.content_type = std::string(runtime::kInferenceBatchType),
                              .value = batch_.take(),
                              .append_time_us = greatest});
}

}  // namespace weir::ingest
