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
#pragma once

#include <cstdint>
#include <string_view>

#include "processors/core/result.h"
#include "processors/ingest/event_intake.h"
#include "weir/otlp/v1/trace.pb.h"

namespace weir::ingest {

enum class OtlpEncoding : std::uint8_t { protobuf, json };

/// Error: invalid_argument, saying why the body is no such request.
Result<void> parse_otlp(OtlpEncoding encoding, std::string_view body,
                        otlp::v1::ExportTraceServiceRequest& request);

/// A message of trace.proto in that encoding.
std::string write_otlp(OtlpEncoding encoding, const google::protobuf::Message& message);

/// Hands every request to a model to `intake`, indexed among all spans, and returns how many other
/// spans there were.
std::uint64_t take_spans(const otlp::v1::ExportTraceServiceRequest& request, EventIntake& intake);

}  // namespace weir::ingest
