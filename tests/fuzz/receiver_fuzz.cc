// Any bytes as the body of a request to /v1/events or /v1/traces, the first byte choosing its form:
// the answer is one that a client can read, and the log holds exactly the events that it says were
// accepted, once, each of which keeps the rules.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "processors/events/batch_reader.h"
#include "processors/events/validate.h"
#include "processors/ingest/receiver.h"
#include "tests/fakes/memory_log.h"

namespace weir::ingest {
namespace {

constexpr std::array<std::string_view, 6> kForms = {
    "application/x-ndjson",
    "application/json",
    "application/x-protobuf; message=weir.v1.InferenceBatch",
    "application/x-protobuf; message=weir.v1.InferenceEvent; delimited",
    "application/x-protobuf",  // from here on traces
    "application/json",
};
constexpr std::size_t kFirstTraces = 4;

void check(bool good) {
  if (!good) std::abort();
}

std::uint64_t count_events(const fakes::MemoryLog& log) {
  runtime::RecordBatch batch;
  check(log.read({"weir.inference", 0}, 0, SIZE_MAX, batch).has_value());
  events::BatchReader reader;
  std::uint64_t count = 0;
  for (const runtime::Record& record : batch.records) {
    events::EventColumns columns;
    std::vector<events::Problem> problems;
    check(record.value.size() < events::kMaxRecordBytes);
    check(reader.read(record.value, columns, problems).has_value() && problems.empty());
    count += columns.count;
  }
  return count;
}

/// How many events the answer says were accepted.
std::uint64_t accepted_of(const net::HttpResponse& response) {
  const auto json = nlohmann::json::parse(response.body);  // throws where it is none
  if (!json.contains("accepted")) {
    check(response.status == 400 && !json.at("error").get<std::string>().empty());
    return 0;
  }
  for (const auto& rejected : json.at("rejected"))
    check(!rejected.at("reason").get<std::string>().empty());
  check(json.at("rejected").size() <= json.at("rejected_total").get<std::uint64_t>());
  return json.at("accepted").get<std::uint64_t>();
}

void check_traces_answer(const net::HttpResponse& response) {
  check(response.status == 200 || response.status == 400);
  if (response.content_type == "application/json")
    check(nlohmann::json::parse(response.body).is_object());
}

void receive(std::size_t form, std::string_view body) {
  fakes::MemoryLog log;
  check(log.create_topic({.name = "weir.inference"}).has_value());
  runtime::Metrics metrics;
  ReceiverProbe probe(metrics);
  auto receiver = EventReceiver::open({.appender = &log,
                                       .reader = &log,
                                       .probe = &probe,
                                       .rules = {.user_key = UserKey(Id{1})},
                                       .clock = [] { return TimeUs{1}; }});
  check(receiver.has_value());
  net::HttpRequest request{.method = "POST", .body = std::string(body)};
  request.headers = {{"Content-Type", std::string(kForms[form])}, {"Idempotency-Key", "k"}};
  for (int time = 0; time < 2; ++time) {
    if (form >= kFirstTraces)
      check_traces_answer((*receiver)->receive_traces(request));
    else
      check(accepted_of((*receiver)->receive_events(request)) == count_events(log));
    check(probe.accepted_events.value() == count_events(log));
  }
  check(probe.conflicting_requests.value() == 0);
}

}  // namespace
}  // namespace weir::ingest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::ingest;
  if (size == 0) return 0;
  receive(data[0] % kForms.size(), {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
