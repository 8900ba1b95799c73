#include "processors/ingest/otlp_decoder.h"

#include <cmath>
#include <optional>

#include <absl/strings/escaping.h>
#include <google/protobuf/util/json_util.h>

#include "processors/events/validate.h"
#include "processors/ingest/otlp_mapping.h"

namespace weir::ingest {
namespace {

namespace pb = otlp::v1;
using events::EventRow;
using events::Number;
using events::Text;
using Attributes = google::protobuf::RepeatedPtrField<pb::KeyValue>;

constexpr std::size_t kTraceIdBytes = 16;
constexpr std::size_t kSpanIdBytes = 8;
constexpr double kUsPerSecond = 1e6;
constexpr std::uint64_t kNanosPerUs = 1'000;

/// One span's attributes with its resource's behind them.
struct Found {
  const Attributes& span;
  const Attributes& resource;

  const pb::AnyValue* value(std::string_view name) const {
    for (const Attributes* attributes : {&span, &resource})
      for (const pb::KeyValue& attribute : *attributes)
        if (attribute.key() == name) return &attribute.value();
    return nullptr;
  }
  std::string_view text(std::string_view name) const {
    const pb::AnyValue* const found = value(name);
    return found == nullptr ? std::string_view() : std::string_view(found->string_value());
  }
  std::optional<double> number(std::string_view name) const {
    const pb::AnyValue* const found = value(name);
    if (found == nullptr) return std::nullopt;
    if (found->has_int_value()) return static_cast<double>(found->int_value());
    if (found->has_double_value() && std::isfinite(found->double_value()))
      return found->double_value();
    return std::nullopt;
  }
};

/// Beyond what an event takes either way, where that is so: then the event is rejected and says it.
std::int64_t rounded(double value) {
  constexpr double kLimit = 2.0 * static_cast<double>(events::kMaxNumber);
  return std::llround(std::clamp(value, -kLimit, kLimit));
}

bool is_request(const pb::Span& span) {
  bool gen_ai = false;
  for (const pb::KeyValue& attribute : span.attributes()) {
    gen_ai |= attribute.key().starts_with(kGenAiPrefix);
    if (attribute.key() == kOperationAttribute &&
        !is_inference_operation(attribute.value().string_value()))
      return false;
  }
  return gen_ai;
}

void fill_texts(const Found& found, EventRow& row) {
  for (const TextRule& rule : text_rules()) {
    std::string_view& text = row.text(rule.field);
    const bool named =
        !text.empty() && !(rule.field == Text::service && text.starts_with(kUnnamedService));
    if (named) continue;
    if (const std::string_view value = found.text(rule.attribute); !value.empty()) text = value;
  }
}

void fill_numbers(const Found& found, EventRow& row) {
  for (const NumberRule& rule : number_rules()) {
    if (row.has(rule.field)) continue;
    const auto value = found.number(rule.attribute);
    if (value)
      row.set(rule.field,
              rounded(rule.unit == NumberUnit::seconds ? *value * kUsPerSecond : *value));
  }
  if (row.has(Number::compute)) return;
  for (const std::string_view part : compute_parts())
    if (const auto value = found.number(part))
      row.set(Number::compute, row.number(Number::compute) + rounded(*value * kUsPerSecond));
}

void fill_status(const pb::Span& span, const Found& found, EventRow& row) {
  const std::string_view type = found.text(kErrorTypeAttribute);
  if (type.empty() && span.status().code() != pb::Status::STATUS_CODE_ERROR) {
    row.status = v1::INFERENCE_STATUS_OK;
    return;
  }
  const auto http = found.number(kHttpStatusAttribute);
  row.status =
      status_of_error(type.empty() && http ? fmt::format("{:.0f}", *http) : std::string(type));
  row.text(Text::error_detail) = span.status().message().empty() ? type : span.status().message();
}

/// An id as its bytes. JSON has hexadecimal digits where protobuf's own reading took base64; taking
/// that back gives the digits.
std::string id_bytes(const std::string& id, std::size_t size) {
  if (id.size() != size * 3 / 2) return id;
  return absl::HexStringToBytes(absl::Base64Escape(id));
}

std::string request_id(const pb::Span& span) {
  const std::string trace = id_bytes(span.trace_id(), kTraceIdBytes);
  const std::string id = id_bytes(span.span_id(), kSpanIdBytes);
  if (trace.size() != kTraceIdBytes || id.size() != kSpanIdBytes) return {};
  return trace.substr(kTraceIdBytes - kSpanIdBytes) + id;
}

void take_span(std::uint32_t index, const pb::Span& span, const Found& found, EventIntake& intake) {
  EventRow row;
  const std::string id = request_id(span);
  row.request_id = id;
  row.event_time_us = static_cast<TimeUs>(span.end_time_unix_nano() / kNanosPerUs);
  fill_texts(found, row);
  fill_numbers(found, row);
  fill_status(span, found, row);
  if (!row.has(Number::latency) && span.start_time_unix_nano() != 0)
    row.set(Number::latency,
            row.event_time_us - static_cast<TimeUs>(span.start_time_unix_nano() / kNanosPerUs));
  std::string_view user;
  for (const std::string_view name : user_attributes())
    if (user.empty()) user = found.text(name);
  if (const auto problem = events::check(row, index))
    intake.reject(index, *problem);
  else
    intake.add(row, user);
}

}  // namespace

Result<void> parse_otlp(OtlpEncoding encoding, std::string_view body,
                        pb::ExportTraceServiceRequest& request) {
  if (encoding == OtlpEncoding::protobuf) {
    if (request.ParseFromArray(body.data(), static_cast<int>(body.size()))) return {};
    return fail(ErrorCode::invalid_argument,
                "the body is no serialised ExportTraceServiceRequest of OTLP");
  }
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(body.data(), body.size()), &request, options);
  if (parsed.ok()) return {};
  return fail(ErrorCode::invalid_argument,
              "the body is no ExportTraceServiceRequest of OTLP in JSON: {}",
              events::as_utf8(std::string_view(parsed.message().data(), parsed.message().size())));
}

std::string write_otlp(OtlpEncoding encoding, const google::protobuf::Message& message) {
  if (encoding == OtlpEncoding::protobuf) return message.SerializeAsString();
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(message, &json);  // ours can be written
  return json;
}

std::uint64_t take_spans(const pb::ExportTraceServiceRequest& request, EventIntake& intake) {
  std::uint64_t others = 0;
  std::uint32_t index = 0;
  for (const pb::ResourceSpans& resource : request.resource_spans()) {
    for (const pb::ScopeSpans& scope : resource.scope_spans()) {
      for (const pb::Span& span : scope.spans()) {
        if (is_request(span))
          take_span(index, span, {span.attributes(), resource.resource().attributes()}, intake);
        else
          ++others;
        ++index;
      }
    }
  }
  return others;
}

}  // namespace weir::ingest
