#include "processors/ingest/otlp_decoder.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include <absl/container/flat_hash_map.h>
#include <absl/strings/escaping.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include "processors/core/json_fault.h"
#include "processors/events/validate.h"
#include "processors/events/wire.h"
#include "processors/ingest/otlp_mapping.h"

namespace weir::ingest {
namespace {

namespace pb = otlp::v1;
using events::EventRow;
using events::Number;
using events::Text;
using events::WireReader;

constexpr std::size_t kTraceIdBytes = 16;
constexpr std::size_t kSpanIdBytes = 8;
constexpr double kUsPerSecond = 1e6;
constexpr std::uint64_t kNanosPerUs = 1'000;

/// By name; of a repeated one the first.
using Attributes = absl::flat_hash_map<std::string_view, const pb::AnyValue*>;

void index_attributes(const google::protobuf::RepeatedPtrField<pb::KeyValue>& list,
                      Attributes& attributes) {
  attributes.clear();
  for (const pb::KeyValue& attribute : list)
    attributes.try_emplace(attribute.key(), &attribute.value());
}

/// One span's attributes with its resource's behind them.
struct Found {
  const Attributes& span;
  const Attributes& resource;

  const pb::AnyValue* value(std::string_view name) const {
    for (const Attributes* const attributes : {&span, &resource})
      if (const auto found = attributes->find(name); found != attributes->end())
        return found->second;
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

void hand_over(std::uint32_t index, const pb::Span& span, const Found& found, EventIntake& intake) {
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

template <class... Args>
std::unexpected<Error> refused(fmt::format_string<Args...> text, Args&&... args) {
  return fail(ErrorCode::invalid_argument, text, std::forward<Args>(args)...);
}

std::unexpected<Error> no_request() {
  return refused("the body is no serialised ExportTraceServiceRequest of OTLP");
}

/// Hands each message in that field of `bytes` to `take`, in order, until one is refused.
template <class Take>
Result<void> for_each(std::string_view bytes, std::uint32_t field, Take&& take) {
  WireReader wire(bytes);
  while (wire.next()) {
    if (wire.tag() != events::wire_tag(field, events::WireType::bytes)) {
      wire.skip();
      continue;
    }
    const std::string_view message = wire.bytes();
    if (wire.ok()) WEIR_TRY(take(message));
  }
  return wire.ok() ? Result<void>() : no_request();
}

Result<std::size_t> count_of(std::string_view bytes, std::uint32_t field) {
  std::size_t count = 0;
  WEIR_TRY(for_each(bytes, field, [&count](std::string_view) {
    ++count;
    return Result<void>();
  }));
  return count;
}

/// Walks the serialised form and holds one span at a time.
class SpanWalk {
 public:
  explicit SpanWalk(EventIntake& intake) : intake_(intake) {}

  Result<std::uint64_t> take(std::string_view request) {
    WEIR_TRY(for_each(request, pb::ExportTraceServiceRequest::kResourceSpansFieldNumber,
                      [this](std::string_view spans) { return take_resource(spans); }));
    return others_;
  }

 private:
  /// The resource may come behind its spans.
  Result<void> take_resource(std::string_view bytes) {
    resource_.Clear();
    WEIR_TRY(for_each(bytes, pb::ResourceSpans::kResourceFieldNumber,
                      [this](std::string_view resource) { return merge_resource(resource); }));
    index_attributes(resource_.attributes(), of_resource_);
    return for_each(bytes, pb::ResourceSpans::kScopeSpansFieldNumber, [this](auto scope) {
      return for_each(scope, pb::ScopeSpans::kSpansFieldNumber,
                      [this](std::string_view span) { return take_span(span); });
    });
  }

  Result<void> merge_resource(std::string_view bytes) {
    WEIR_ASSIGN(std::size_t attributes, count_of(bytes, pb::Resource::kAttributesFieldNumber));
    attributes += static_cast<std::size_t>(resource_.attributes_size());
    if (attributes > kMaxAttributes)
      return refused("a resource has {} attributes; at most {} are taken", attributes,
                     kMaxAttributes);
    if (!resource_.MergeFromString(std::string(bytes))) return no_request();
    return {};
  }

  Result<void> take_span(std::string_view bytes) {
    const std::uint32_t index = spans_++;
    if (index == kMaxSpans)
      return refused("the body has more than {} spans; send them in several", kMaxSpans);
    WEIR_ASSIGN(const std::size_t attributes, count_of(bytes, pb::Span::kAttributesFieldNumber));
    if (attributes > kMaxAttributes) {
      intake_.reject(index, {.event = index,
                             .reason = v1::DEAD_LETTER_REASON_OUT_OF_RANGE,
                             .text = fmt::format("it has {} attributes; at most {} are taken",
                                                 attributes, kMaxAttributes),
                             .field = "attributes"});
      return {};
    }
    if (!span_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return no_request();
    if (!is_request(span_)) {
      ++others_;
      return {};
    }
    index_attributes(span_.attributes(), of_span_);
    hand_over(index, span_, {of_span_, of_resource_}, intake_);
    return {};
  }

  EventIntake& intake_;
  pb::Resource resource_;
  pb::Span span_;
  Attributes of_resource_;
  Attributes of_span_;
  std::uint32_t spans_ = 0;
  std::uint64_t others_ = 0;
};

/// The serialised form of a request in JSON.
Result<std::string> to_protobuf(std::string_view json) {
  // Its converter remembers every object of a body.
  const auto objects = static_cast<std::size_t>(std::ranges::count(json, '{'));
  if (objects > kMaxJsonObjects)
    return refused("the body has {} objects; at most {} are taken: send it in several", objects,
                   kMaxJsonObjects);
  static const std::unique_ptr<google::protobuf::util::TypeResolver> types(
      google::protobuf::util::NewTypeResolverForDescriptorPool(
          "", google::protobuf::DescriptorPool::generated_pool()));
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  std::string bytes;
  const auto parsed = google::protobuf::util::JsonToBinaryString(
      types.get(), "/" + pb::ExportTraceServiceRequest::descriptor()->full_name(),
      google::protobuf::StringPiece(json.data(), json.size()), &bytes, options);
  if (parsed.ok()) return bytes;
  const std::string fault = json_fault(json);
  return refused("the body is no ExportTraceServiceRequest of OTLP in JSON: {}",
                 fault.empty() ? events::as_utf8(std::string_view(parsed.message().data(),
                                                                  parsed.message().size()))
                               : fault);
}

}  // namespace

Result<std::uint64_t> take_spans(OtlpEncoding encoding, std::string_view body,
                                 EventIntake& intake) {
  if (encoding == OtlpEncoding::protobuf) return SpanWalk(intake).take(body);
  WEIR_ASSIGN(const std::string bytes, to_protobuf(body));
  return SpanWalk(intake).take(bytes);
}

std::string write_otlp(OtlpEncoding encoding, const google::protobuf::Message& message) {
  if (encoding == OtlpEncoding::protobuf) return message.SerializeAsString();
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(message, &json);  // ours can be written
  return json;
}

}  // namespace weir::ingest
