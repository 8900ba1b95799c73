// Messages of weir.v1 as JSON for people and programs: fields named as in the proto, bytes as
// hexadecimal digits, enums by name. Counts and times are numbers, to compute with: they stay below
// 2^53. Ids and hashes, the fields of type fixed64, do not, and many readers round what is above:
// they are text, as in protobuf's own JSON, which reads both.
#pragma once

#include <functional>
#include <string>

#include <google/protobuf/message.h>
#include <nlohmann/json.hpp>

namespace weir::results {

using Json = nlohmann::ordered_json;

/// What becomes of a field that is absent. A number without presence never is.
enum class Absent : bool { left_out, null };

Json to_json(const google::protobuf::Message& message, Absent absent);

/// Calls `visit` with the name of each scalar in the message, dots between names
/// ("latency_us.p50"), in the order of the proto, and its value: null where it or its message is
/// absent. Messages must not repeat or contain themselves.
using VisitScalar = std::function<void(const std::string& name, const Json& value)>;
void for_each_scalar(const google::protobuf::Message& message, const VisitScalar& visit);

/// One line; text that is not UTF-8 shows replacement characters.
std::string to_line(const Json& json);

}  // namespace weir::results
