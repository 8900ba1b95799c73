#include "sinks/webhook/generic.h"

#include "sinks/results/proto_json.h"

namespace weir::webhook {
namespace {

std::string_view type_of(const v1::Notification& notification) {
  if (notification.reason() == v1::NOTIFICATION_REASON_ACKNOWLEDGED) return "alert.acknowledged";
  return notification.firing() > 0 ? "alert.firing" : "alert.resolved";
}

}  // namespace

std::string generic_body(const v1::Notification& notification) {
  return dump({{"type", type_of(notification)},
               {"timestamp", format_rfc3339(notification.append_time_us())},
               {"data", results::to_json(notification, results::Absent::left_out)}});
}

}  // namespace weir::webhook
