// An OTLP export of traces as inference events: those spans that are requests to a model, by the
// rules of otlp_mapping.h. One thread.
//
// event_time is the span's end, request_id the last half of its trace id and its span id, latency
// `gen_ai.latency.e2e` or else end less start. A span without an error is ok; one with a status of
// error or an `error.type` has the status that its type says, and the status's message as detail.
// A number that is no number, and an attribute of another type than its rule's, is absent.
//
// JSON is protobuf's JSON mapping, but for ids in hexadecimal digits, as OTLP has it; unknown
// fields are ignored.
//
// A body is read span by span, so that one costs no memory beyond its own bytes (JSON: those of its
// protobuf form) and no time beyond one look at each attribute, whatever it holds.
#pragma once

#include <cstdint>
#include <string_view>

#include "processors/core/result.h"
#include "processors/ingest/event_intake.h"
#include "weir/otlp/v1/trace.pb.h"

namespace weir::ingest {

enum class OtlpEncoding : std::uint8_t { protobuf, json };

/// What a body may hold. A span with more attributes is rejected; a body above any other limit is
/// refused as a whole.
inline constexpr std::uint32_t kMaxSpans = 65'536;
inline constexpr std::size_t kMaxAttributes = 256;  // of a span, of a resource
inline constexpr std::size_t kMaxJsonObjects = 1 << 20;

/// Hands every request to a model to `intake`, indexed among all spans, and returns how many other
/// spans there were. Error: invalid_argument, saying why the body is no ExportTraceServiceRequest
/// or too large a one; what `intake` took until then is for the caller to drop.
Result<std::uint64_t> take_spans(OtlpEncoding encoding, std::string_view body, EventIntake& intake);

/// A message of trace.proto in that encoding.
std::string write_otlp(OtlpEncoding encoding, const google::protobuf::Message& message);

}  // namespace weir::ingest
