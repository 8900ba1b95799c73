#include "sinks/results/alert_board.h"

namespace weir::results {

Result<void> AlertBoard::update(const runtime::Reader& log) {
  WEIR_TRY(read_new<v1::AlertRecord>(
      log, kAlertTopic, kBoardKeepsUs, tail_,
      [this](const runtime::Record& from, v1::AlertRecord& record) { take(from, record); }));
  forget();
  return {};
}

void AlertBoard::take(const runtime::Record& from, v1::AlertRecord& record) {
  if (record.has_alert()) {
    v1::Alert& alert = *record.mutable_alert();
    alerts_[alert.fingerprint()] = std::move(alert);
  } else if (record.has_notification()) {
    notifications_[std::string(from.key)] = std::move(*record.mutable_notification());
  } else if (record.has_silence()) {
    v1::Silence& silence = *record.mutable_silence();
    silences_[silence.id()] = std::move(silence);
  }
}

void AlertBoard::forget() {
  if (tail_.append_time_us == kMinTime) return;
  const TimeUs before = tail_.append_time_us - kBoardKeepsUs;
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
