#include "processors/labels/labels.h"

#include <fmt/format.h>

#include "processors/core/hash.h"

namespace weir::labels {
namespace {

constexpr char kSeparator = '\xff';

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

std::string_view value_of(const Labels& labels, std::string_view name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

std::string fingerprint(const Labels& labels) {
  std::string bytes;
  for (const auto& [name, value] : labels) {
    bytes += name;
    bytes += kSeparator;
    bytes += value;
    bytes += kSeparator;
  }
  return fmt::format("{:016x}", hash64(bytes));
}

std::string to_text(const Labels& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text += ", ";
    text += fmt::format("{}=\"{}\"", name, escaped(value));
  }
  return text + '}';
}

Labels common(const Labels& a, const Labels& b) {
  Labels both;
  for (const auto& [name, value] : a) {
    const auto found = b.find(name);
    if (found != b.end() && found->second == value) both.emplace(name, value);
  }
  return both;
}

void put(const Labels& labels, google::protobuf::RepeatedPtrField<v1::Label>& to) {
  to.Clear();
  for (const auto& [name, value] : labels) {
    v1::Label& label = *to.Add();
    label.set_name(name);
    label.set_value(value);
  }
}

Labels read(const google::protobuf::RepeatedPtrField<v1::Label>& from) {
  Labels labels;
  for (const v1::Label& label : from) labels.emplace(label.name(), label.value());
  return labels;
}

}  // namespace weir::labels
