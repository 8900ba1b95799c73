#include "sinks/results/alert_board.h"

#include "sinks/results/record_scan.h"

namespace weir::results {

Result<void> AlertBoard::update(const runtime::Reader& log) {
  const auto partitions = log.partitions(kAlertTopic);
  if (!partitions && partitions.error().code == ErrorCode::not_found) return {};
  if (!partitions) return std::unexpected(partitions.error());
  const runtime::TopicPartition where{std::string(kAlertTopic), 0};
  if (next_offset_ < 0) {
    WEIR_ASSIGN(next_offset_, last_offsets(log, where, kBoardKeepsUs));
  }
  WEIR_TRY(
      scan_partition(log, where, next_offset_, [this](const runtime::Record& from) -> Result<bool> {
        v1::AlertRecord record;
        WEIR_TRY(parse_record(from, record));
        take(record, from);
        return true;
      }));
  forget();
  return {};
}

void AlertBoard::take(const v1::AlertRecord& record, const runtime::Record& from) {
  append_time_us_ = from.append_time_us;
  next_offset_ = from.offset + 1;
  if (record.has_alert()) {
    alerts_[record.alert().fingerprint()] = record.alert();
  } else if (record.has_notification()) {
    notifications_[std::string(from.key)] = record.notification();
  } else if (record.has_silence()) {
    silences_[record.silence().id()] = record.silence();
  }
}

void AlertBoard::forget() {
  if (append_time_us_ == kMinTime) return;
  const TimeUs before = append_time_us_ - kBoardKeepsUs;
  std::erase_if(alerts_, [&](const auto& each) {
    return each.second.state() == v1::ALERT_STATE_RESOLVED && each.second.append_time_us() < before;
  });
  std::erase_if(notifications_,
                [&](const auto& each) { return each.second.append_time_us() < before; });
  std::erase_if(silences_, [&](const auto& each) { return each.second.ends_at_us() < before; });
}

std::string state_text(v1::AlertState state) {
  switch (state) {
    case v1::ALERT_STATE_PENDING:
      return "pending";
    case v1::ALERT_STATE_FIRING:
      return "firing";
    default:
      return "resolved";
  }
}

}  // namespace weir::results
