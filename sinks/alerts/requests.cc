#include "sinks/alerts/requests.h"

#include <algorithm>
#include <vector>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "processors/core/json_fault.h"
#include "processors/core/text.h"
#include "processors/labels/matcher.h"

namespace weir::alerts {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxTextBytes = 1024;
constexpr int kMaxMatchers = 32;
constexpr DurationUs kMaxSilenceUs = 366 * kDayUs;

/// An object whose names are all known.
Result<Json> read_object(std::string_view body, std::initializer_list<std::string_view> known) {
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded())
    return fail(ErrorCode::invalid_argument, "the body is not JSON: {}; send an object with: {}",
                json_fault(body), fmt::join(known, ", "));
  if (!json.is_object())
    return fail(ErrorCode::invalid_argument, "the body is no JSON object; send one with: {}",
                fmt::join(known, ", "));
  for (const auto& [name, value] : json.items())
    if (std::ranges::find(known, name) == known.end())
      return fail(ErrorCode::invalid_argument, "{}: there is no such field; there are: {}",
                  quote(name), fmt::join(known, ", "));
  return json;
}

Result<std::string> text_of(const Json& json, const char* name, bool required) {
  const auto found = json.find(name);
  if (found == json.end()) {
    if (required)
      return fail(ErrorCode::invalid_argument, "{}: is missing; send \"{}\": \"...\"", name, name);
    return std::string();
  }
  if (!found->is_string() || found->get_ref<const std::string&>().size() > kMaxTextBytes ||
      (required && found->get_ref<const std::string&>().empty()))
    return fail(ErrorCode::invalid_argument, "{}: must be a text of at most {} bytes", name,
                kMaxTextBytes);
  return found->get<std::string>();
}

template <class Parse>
Result<std::int64_t> parsed(const Json& json, const char* name, Parse parse,
                            std::int64_t otherwise) {
  if (!json.contains(name)) return otherwise;
  WEIR_ASSIGN(const std::string text, text_of(json, name, true));
  const auto value = parse(text);
  if (!value) return within(name, value.error());
  return *value;
}

using Matchers = google::protobuf::RepeatedPtrField<v1::LabelMatcher>;

Result<void> read_matchers(const Json& json, Matchers& matchers) {
  const auto found = json.find("matchers");
  const bool good = found != json.end() && found->is_array() && !found->empty() &&
                    found->size() <= static_cast<std::size_t>(kMaxMatchers);
  if (!good)
    return fail(ErrorCode::invalid_argument,
                "matchers: must be a list of 1 to {}; send \"matchers\": [\"service=chat\"]",
                kMaxMatchers);
  std::vector<labels::Matcher> made;
  for (const Json& each : *found) {
    if (!each.is_string())
      return fail(ErrorCode::invalid_argument, "matchers: each is a text like service=chat");
    WEIR_ASSIGN(made.emplace_back(), labels::Matcher::parse(each.get_ref<const std::string&>()));
    *matchers.Add() = made.back().proto();
  }
  if (labels::may_match_everything(made))
    return fail(ErrorCode::invalid_argument,
                "matchers: each of them holds of an alert without its label, or with any value of "
                "it, so that they may hold of everything; name what is meant, like service=chat");
  return {};
}

}  // namespace

bool is_fingerprint(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<v1::Signal> read_saying(std::string_view path, std::string_view body) {
  v1::Signal signal;
  v1::Acknowledgement& taken = *signal.mutable_acknowledgement();
  if (path == "ack") {
    WEIR_ASSIGN(const Json json, read_object(body, {"matchers", "by", "note"}));
    WEIR_TRY(read_matchers(json, *taken.mutable_matcher()));
    WEIR_ASSIGN(*taken.mutable_by(), text_of(json, "by", true));
    WEIR_ASSIGN(*taken.mutable_note(), text_of(json, "note", false));
    return signal;
  }
  const std::size_t slash = path.find('/');
  const std::string fingerprint(path.substr(0, slash));
  const std::string_view verb = slash == std::string_view::npos ? "" : path.substr(slash + 1);
  if (!is_fingerprint(fingerprint) || (verb != "ack" && verb != "mark"))
    return fail(ErrorCode::not_found,
                "there is no such path; POST to FINGERPRINT/ack, FINGERPRINT/mark or ack");
  if (verb == "ack") {
    WEIR_ASSIGN(const Json json, read_object(body, {"by", "note"}));
    taken.set_fingerprint(fingerprint);
    WEIR_ASSIGN(*taken.mutable_by(), text_of(json, "by", true));
    WEIR_ASSIGN(*taken.mutable_note(), text_of(json, "note", false));
    return signal;
  }
  WEIR_ASSIGN(const Json json, read_object(body, {"by", "useful", "note"}));
  v1::AlertMark& mark = *signal.mutable_mark();
  mark.set_fingerprint(fingerprint);
  WEIR_ASSIGN(*mark.mutable_by(), text_of(json, "by", true));
  WEIR_ASSIGN(*mark.mutable_note(), text_of(json, "note", false));
  const auto useful = json.find("useful");
  if (useful == json.end() || !useful->is_boolean())
    return fail(ErrorCode::invalid_argument, "useful: must be true or false");
  mark.set_useful(useful->get<bool>());
  return signal;
}

Result<v1::Silence> read_silence(std::string_view body, TimeUs now, std::string id) {
  WEIR_ASSIGN(const Json json,
              read_object(body, {"matchers", "by", "reason", "for", "from", "to"}));
  v1::Silence silence;
  silence.set_id(std::move(id));
  WEIR_TRY(read_matchers(json, *silence.mutable_matcher()));
  WEIR_ASSIGN(*silence.mutable_by(), text_of(json, "by", true));
  WEIR_ASSIGN(*silence.mutable_reason(), text_of(json, "reason", true));
  if (json.contains("for") == json.contains("to"))
    return fail(ErrorCode::invalid_argument,
                "for: how long, or `to`: until when, is needed; send \"for\": \"2h\"");
  WEIR_ASSIGN(const TimeUs from, parsed(json, "from", parse_rfc3339, now));
  WEIR_ASSIGN(const DurationUs length, parsed(json, "for", parse_duration, 0));
  if (length > kMaxSilenceUs) return fail(ErrorCode::invalid_argument, "for: must be at most 366d");
  WEIR_ASSIGN(const TimeUs to, parsed(json, "to", parse_rfc3339, from + length));
  if (to <= from || to <= now || to - now > kMaxSilenceUs)
    return fail(ErrorCode::invalid_argument,
                "to: must be after `from` and now, and within 366 days");
  silence.set_starts_at_us(from);
  silence.set_ends_at_us(to);
  return silence;
}

}  // namespace weir::alerts
