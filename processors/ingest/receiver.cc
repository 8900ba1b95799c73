#include "processors/ingest/receiver.h"

#include <cassert>
#include <utility>

#include <nlohmann/json.hpp>

#include "processors/core/bytes.h"
#include "processors/core/hash.h"
#include "processors/ingest/event_body.h"
#include "processors/ingest/media_type.h"
#include "processors/ingest/otlp_decoder.h"

namespace weir::ingest {
namespace {

constexpr std::string_view kTopic = "weir.inference";
constexpr std::string_view kBehindSeconds = "2";
constexpr std::string_view kFullSeconds = "10";

/// google.rpc.Code.
enum RpcCode : std::int32_t { kInvalidArgument = 3, kUnavailable = 14 };

using net::HttpRequest;
using net::HttpResponse;

HttpResponse later(HttpResponse response, std::string_view seconds) {
  response.headers.emplace_back("Retry-After", seconds);
  return response;
}

/// What was taken and what not. 400: there were events, and none was taken.
HttpResponse events_answer(const EventIntake& intake) {
  nlohmann::ordered_json json;
  json["accepted"] = intake.accepted();
  json["rejected"] = nlohmann::ordered_json::array();
  for (const RejectedEvent& event : intake.rejected())
    json["rejected"].push_back(
        {{"index", event.index}, {"field", event.field}, {"reason", event.reason}});
  json["rejected_total"] = intake.rejected_total();
  return {.status = intake.accepted() == 0 && intake.rejected_total() > 0 ? 400 : 200,
          .content_type = "application/json",
          .body = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n'};
}

std::string_view otlp_content_type(OtlpEncoding encoding) {
  return encoding == OtlpEncoding::json ? "application/json" : "application/x-protobuf";
}

HttpResponse otlp_error(OtlpEncoding encoding, int status, RpcCode code, std::string_view text) {
  otlp::v1::RpcStatus message;
  message.set_code(code);
  message.set_message(std::string(text));
  return {.status = status,
          .content_type = std::string(otlp_content_type(encoding)),
          .body = write_otlp(encoding, message)};
}

HttpResponse otlp_answer(OtlpEncoding encoding, const EventIntake& intake) {
  otlp::v1::ExportTraceServiceResponse message;
  if (intake.rejected_total() > 0) {
    const RejectedEvent& first = intake.rejected().front();
    auto& partial = *message.mutable_partial_success();
    partial.set_rejected_spans(static_cast<std::int64_t>(intake.rejected_total()));
    partial.set_error_message(fmt::format("span {}: {}", first.index, first.reason));
  }
  return {.content_type = std::string(otlp_content_type(encoding)),
          .body = write_otlp(encoding, message)};
}

std::optional<OtlpEncoding> otlp_encoding(const HttpRequest& request) {
  const MediaType type = parse_media_type(request.header("Content-Type").value_or(""));
  if (type.name == "application/x-protobuf") return OtlpEncoding::protobuf;
  if (type.name == "application/json") return OtlpEncoding::json;
  return std::nullopt;
}

/// Spans have ids and times of their own, so that equal exports are one export that was repeated.
RequestKey traces_key(const HttpRequest& request) {
  if (const auto given = request.header("Idempotency-Key"))
    return make_request_key(request.caller, *given);
  std::string bytes = "traces";
  put_fixed(bytes, hash64(request.body));
  put_fixed(bytes, std::uint64_t{request.body.size()});
  return make_request_key(request.caller, bytes);
}

std::string not_stored(const Error& error) {
  return fmt::format("the log does not take events now: {}", error.message);
}

constexpr std::string_view kConflict =
    "this Idempotency-Key came with other events before; send a new key with new events, and the "
    "same events with the same key";

}  // namespace

struct EventReceiver::Buffers {
  explicit Buffers(const IntakeRules& rules) : intake(rules) {}

  EventIntake intake;
  EventBodyReader bodies;
};

/// Buffers of the pool, given back at the end of its scope.
class EventReceiver::Borrowed {
 public:
  explicit Borrowed(EventReceiver& owner) : owner_(owner) {
    const std::lock_guard lock(owner_.mutex_);
    if (!owner_.idle_.empty()) {
      buffers_ = std::move(owner_.idle_.back());
      owner_.idle_.pop_back();
    } else {
      buffers_ = std::make_unique<Buffers>(owner_.options_.rules);
    }
  }
  ~Borrowed() {
    buffers_->intake.clear();
    const std::lock_guard lock(owner_.mutex_);
    owner_.idle_.push_back(std::move(buffers_));
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  Buffers* operator->() const { return buffers_.get(); }

 private:
  EventReceiver& owner_;
  std::unique_ptr<Buffers> buffers_;
};

EventReceiver::EventReceiver(ReceiverOptions options, std::int32_t partitions)
    : options_(std::move(options)), partitions_(partitions), seen_(options_.dedup_horizon_us) {}

EventReceiver::~EventReceiver() = default;

Result<std::unique_ptr<EventReceiver>> EventReceiver::open(ReceiverOptions options) {
  assert(options.appender != nullptr && options.reader != nullptr && options.probe != nullptr &&
         options.clock);
  WEIR_ASSIGN(const std::int32_t partitions, options.reader->partitions(kTopic));
  std::unique_ptr<EventReceiver> receiver(new EventReceiver(std::move(options), partitions));
  WEIR_TRY(receiver->seen_.load(*receiver->options_.reader, kTopic, receiver->options_.clock()));
  return receiver;
}

HttpResponse EventReceiver::receive_events(const HttpRequest& request) {
  if (const auto behind = why_behind())
    return later(net::error_response(429, *behind), kBehindSeconds);
  const auto format = parse_event_format(request.header("Content-Type"));
  if (!format) return net::error_response(415, format.error().message);
  const auto given = request.header("Idempotency-Key");
  if (given && given->empty())
    return net::error_response(400, "the Idempotency-Key is empty; send one, or no such header");

  const Borrowed buffers(*this);
  EventIntake& intake = buffers->intake;
  const std::uint64_t unknown = buffers->bodies.unknown_fields();
  const auto read = buffers->bodies.read(*format, request.body, intake);
  options_.probe->unknown_fields.add(buffers->bodies.unknown_fields() - unknown);
  if (!read) return net::error_response(400, read.error().message);

  const auto key = given ? std::optional(make_request_key(request.caller, *given)) : std::nullopt;
  const auto stored = store(intake, key);
  if (!stored) return later(net::error_response(503, not_stored(stored.error())), kFullSeconds);
  if (*stored == Stored::conflicting) return net::error_response(422, kConflict);
  return events_answer(intake);
}

HttpResponse EventReceiver::receive_traces(const HttpRequest& request) {
  const auto encoding = otlp_encoding(request);
  if (!encoding)
    return otlp_error(OtlpEncoding::json, 415, kInvalidArgument,
                      "this Content-Type is not taken; send OTLP as application/x-protobuf or "
                      "application/json");
  if (const auto behind = why_behind())
    return later(otlp_error(*encoding, 429, kUnavailable, *behind), kBehindSeconds);

  const Borrowed buffers(*this);
  EventIntake& intake = buffers->intake;
  const auto others = take_spans(*encoding, request.body, intake);
  if (!others) return otlp_error(*encoding, 400, kInvalidArgument, others.error().message);
  options_.probe->ignored_spans.add(*others);
  const auto stored = store(intake, traces_key(request));
  if (!stored)
    return later(otlp_error(*encoding, 503, kUnavailable, not_stored(stored.error())),
                 kFullSeconds);
  if (*stored == Stored::conflicting)
    return otlp_error(*encoding, 422, kInvalidArgument, kConflict);
  return otlp_answer(*encoding, intake);
}

std::optional<std::string> EventReceiver::why_behind() {
  if (!options_.behind) return std::nullopt;
  auto reason = options_.behind();
  if (reason) options_.probe->delayed_requests.add();
  return reason;
}

Result<EventReceiver::Stored> EventReceiver::store(EventIntake& intake,
                                                   const std::optional<RequestKey>& key) {
  ReceiverProbe& probe = *options_.probe;
  probe.rejected_events.add(intake.rejected_total());
  std::vector<runtime::NewRecord> records = intake.take_records();
  if (records.empty()) return Stored::now;
  if (!key) {
    const auto turn = next_partition_.fetch_add(1, std::memory_order_relaxed);
    WEIR_TRY(
        append(static_cast<std::int32_t>(turn % static_cast<std::uint32_t>(partitions_)), records));
    probe.accepted_events.add(intake.accepted());
    return Stored::now;
  }
  switch (seen_.begin(*key, digest_of(records), options_.clock())) {
    case SeenRequests::Verdict::conflicting:
      probe.conflicting_requests.add();
      return Stored::conflicting;
    case SeenRequests::Verdict::stored:
      probe.repeated_requests.add();
      return Stored::before;
    case SeenRequests::Verdict::store:
      break;
  }
  for (std::uint32_t part = 0; part < records.size(); ++part)
    records[part].id = record_id(*key, part);
  WEIR_TRY(append(partition_of(*key, partitions_), records));
  seen_.end(*key);
  probe.accepted_events.add(intake.accepted());
  return Stored::now;
}

Result<void> EventReceiver::append(std::int32_t partition,
                                   const std::vector<runtime::NewRecord>& records) {
  const auto appended = options_.appender->append({std::string(kTopic), partition}, records);
  if (appended) return {};
  options_.probe->failed_requests.add();
  return std::unexpected(appended.error());
}

}  // namespace weir::ingest
