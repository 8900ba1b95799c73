// Labels: names and values that identify an alert or a group of them. Values and pure functions.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <google/protobuf/repeated_ptr_field.h>

#include "weir/v1/alert.pb.h"

namespace weir::labels {

/// By name. A label that is not there has the value "".
using Labels = std::map<std::string, std::string, std::less<>>;

std::string_view value_of(const Labels& labels, std::string_view name);

/// 16 hexadecimal digits: XXH3 of each name and value, each followed by a byte 0xff, which no UTF-8
/// text has.
std::string fingerprint(const Labels& labels);

/// `{model="m", service="chat"}`; quotes and backslashes in values are escaped.
std::string to_text(const Labels& labels);

/// What both have alike.
Labels common(const Labels& a, const Labels& b);

/// Ascending by name.
void put(const Labels& labels, google::protobuf::RepeatedPtrField<v1::Label>& to);
Labels read(const google::protobuf::RepeatedPtrField<v1::Label>& from);

}  // namespace weir::labels
