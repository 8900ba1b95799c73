#include "processors/ingest/event_intake.h"

#include <utility>

#include "processors/core/bytes.h"

namespace weir::ingest {

void EventIntake::add(events::EventRow& row, std::string_view user_id) {
  if (!user_id.empty()) {
    row.user_hash = rules_.user_key.hash(user_id);
  } else if (row.user_hash != 0) {
    std::string bytes;
    put_fixed(bytes, row.user_hash);
    row.user_hash = rules_.user_key.hash(bytes);
  }
  if (!rules_.keep_error_detail) row.text(events::Text::error_detail) = {};
  batch_.add(row);
  ++accepted_;
  if (batch_.full()) end_batch();
}

void EventIntake::reject(std::uint32_t index, const events::Problem& problem) {
  if (rejected_.size() < kMaxRejected)
    rejected_.push_back({index, std::string(problem.field), problem.text});
  ++rejected_total_;
}

std::vector<runtime::NewRecord> EventIntake::take_records() {
  if (!batch_.empty()) end_batch();
  return std::exchange(records_, {});
}

void EventIntake::clear() {
  take_records();
  rejected_.clear();
  accepted_ = 0;
  rejected_total_ = 0;
}

void EventIntake::end_batch() {
  records_.push_back(
      {.content_type = std::string(runtime::kInferenceBatchType), .value = batch_.take()});
}

}  // namespace weir::ingest
