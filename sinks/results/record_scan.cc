#include "sinks/results/record_scan.h"

#include <google/protobuf/util/json_util.h>

namespace weir::results {

bool parse_message(std::string_view content_type, std::string_view value,
                   google::protobuf::Message& message) {
  if (content_type != runtime::kJsonType)
    return message.ParseFromArray(value.data(), static_cast<int>(value.size()));
  message.Clear();
  return google::protobuf::util::JsonStringToMessage({value.data(), value.size()}, &message).ok();
}

}  // namespace weir::results
