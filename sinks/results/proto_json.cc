#include "sinks/results/proto_json.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include "processors/core/id.h"

namespace weir::results {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// A value of a field: the one at `index` where it repeats.
class FieldValue {
 public:
  FieldValue(const Message& message, const FieldDescriptor& field, int index = -1)
      : message_(message), reflection_(*message.GetReflection()), field_(field), index_(index) {}

  Json json(Absent absent) const {
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return pick(&R::GetInt32, &R::GetRepeatedInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return pick(&R::GetInt64, &R::GetRepeatedInt64);
      case FieldDescriptor::CPPTYPE_UINT32:
        return pick(&R::GetUInt32, &R::GetRepeatedUInt32);
      case FieldDescriptor::CPPTYPE_UINT64:
        return number_or_text(pick(&R::GetUInt64, &R::GetRepeatedUInt64));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return pick(&R::GetDouble, &R::GetRepeatedDouble);
      case FieldDescriptor::CPPTYPE_FLOAT:
        return pick(&R::GetFloat, &R::GetRepeatedFloat);
      case FieldDescriptor::CPPTYPE_BOOL:
        return pick(&R::GetBool, &R::GetRepeatedBool);
      case FieldDescriptor::CPPTYPE_ENUM:
        return enum_name(pick(&R::GetEnumValue, &R::GetRepeatedEnumValue));
      case FieldDescriptor::CPPTYPE_STRING:
        return text(pick(&R::GetString, &R::GetRepeatedString));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    return to_json(index_ < 0 ? reflection_.GetMessage(message_, &field_)
                              : reflection_.GetRepeatedMessage(message_, &field_, index_),
                   absent);
  }

 private:
  using R = google::protobuf::Reflection;

  template <class T>
  T pick(T (R::*one)(const Message&, const FieldDescriptor*) const,
         T (R::*repeated)(const Message&, const FieldDescriptor*, int) const) const {
    return index_ < 0 ? (reflection_.*one)(message_, &field_)
                      : (reflection_.*repeated)(message_, &field_, index_);
  }

  Json number_or_text(std::uint64_t value) const {
    return field_.type() == FieldDescriptor::TYPE_FIXED64 ? Json(fmt::to_string(value))
                                                          : Json(value);
  }

  /// A value from a newer writer is its number.
  Json enum_name(int value) const {
    const auto* known = field_.enum_type()->FindValueByNumber(value);
    return known == nullptr ? Json(value) : Json(known->name());
  }

  Json text(std::string value) const {
    return field_.type() == FieldDescriptor::TYPE_BYTES ? to_hex(value) : std::move(value);
  }

  const Message& message_;
  const R& reflection_;
  const FieldDescriptor& field_;
  const int index_;
};

bool is_absent(const Message& message, const FieldDescriptor& field) {
  return field.has_presence() && !message.GetReflection()->HasField(message, &field);
}

void visit_scalars(const Message* message, const google::protobuf::Descriptor& type,
                   const std::string& prefix, const VisitScalar& visit) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string name = prefix + field.name();
    const bool absent = message == nullptr || is_absent(*message, field);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const Message* nested =
          absent ? nullptr : &message->GetReflection()->GetMessage(*message, &field);
      visit_scalars(nested, *field.message_type(), name + ".", visit);
    } else {
      visit(name, absent ? Json() : FieldValue(*message, field).json(Absent::null));
    }
  }
}

}  // namespace

Json to_json(const Message& message, Absent absent) {
  Json json = Json::object();
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_repeated()) {
      const int count = message.GetReflection()->FieldSize(message, &field);
      if (count == 0 && absent == Absent::left_out) continue;
      Json& items = json[field.name()] = Json::array();
      for (int item = 0; item < count; ++item)
        items.push_back(FieldValue(message, field, item).json(absent));
    } else if (!is_absent(message, field)) {
      json[field.name()] = FieldValue(message, field).json(absent);
    } else if (absent == Absent::null) {
      json[field.name()] = nullptr;
    }
  }
  return json;
}

void for_each_scalar(const Message& message, const VisitScalar& visit) {
  visit_scalars(&message, *message.GetDescriptor(), "", visit);
}

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weir::results
