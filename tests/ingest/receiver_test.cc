#include "processors/ingest/receiver.h"

#include <filesystem>

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "processors/core/hash.h"
#include "processors/events/batch_writer.h"
#include "processors/events/json_event.h"
#include "processors/ingest/otlp_decoder.h"
#include "tests/ingest/raw_log.h"

namespace weir::ingest {
namespace {

constexpr std::string_view kBatch = "application/x-protobuf; message=weir.v1.InferenceBatch";
constexpr std::string_view kDelimited =
    "application/x-protobuf; message=weir.v1.InferenceEvent; delimited";

/// A receiver over a log in memory, and how its answers read.
struct Server {
  explicit Server(std::int32_t partitions = 1) : raw(partitions) { start(); }

  void start() {
    auto opened = EventReceiver::open({.appender = &failing,
                                       .reader = &raw.log,
                                       .probe = &probe,
                                       .rules = {UserKey(Id{1}), keep_error_detail},
                                       .clock = [this] { return now; },
                                       .behind = [this] { return behind; }});
    ASSERT_TRUE(opened) << opened.error().message;
    receiver = std::move(*opened);
  }

  net::HttpRequest request(std::string_view body, std::string_view type,
                           std::string_view key) const {
    net::HttpRequest made{.method = "POST", .body = std::string(body), .caller = caller};
    if (!type.empty()) made.headers.emplace_back("Content-Type", type);
    if (!key.empty()) made.headers.emplace_back("Idempotency-Key", key);
    return made;
  }
  static std::string render(const net::HttpResponse& response) {
    std::string text = fmt::format("{} {}", response.status, response.body);
    while (text.ends_with('\n')) text.pop_back();
    for (const auto& [name, value] : response.headers)
      text += fmt::format(" [{}: {}]", name, value);
    return text;
  }
  std::string events(std::string_view body, std::string_view type = {}, std::string_view key = {}) {
    return render(receiver->receive_events(request(body, type, key)));
  }
  std::string traces(std::string_view body, std::string_view type = "application/json") {
    return render(receiver->receive_traces(request(body, type, {})));
  }

  struct FailingAppender final : runtime::Appender {
    explicit FailingAppender(runtime::Appender& log) : under(log) {}
    Result<std::int64_t> append(const runtime::TopicPartition& where,
                                std::span<const runtime::NewRecord> records) override {
      if (failure) return std::unexpected(*failure);
      return under.append(where, records);
    }
    runtime::Appender& under;
    std::optional<Error> failure;
  };

  RawLog raw;
  FailingAppender failing{raw.log};
  runtime::Metrics metrics;
  ReceiverProbe probe{metrics};
  TimeUs now = 0;
  std::string caller = "write";
  bool keep_error_detail = true;
  std::optional<std::string> behind;
  std::unique_ptr<EventReceiver> receiver;
};

std::string batch_of(std::size_t events) {
  events::BatchWriter writer(events::kMaxEvents);
  events::EventRow row;
  for (std::size_t i = 0; i < events; ++i) {
    row.event_time_us = static_cast<TimeUs>(1'000 + i);
    row.text(events::Text::service) = "code";
    writer.add(row);
  }
  return writer.take();
}

constexpr std::string_view kOk = R"(200 {"accepted":2,"rejected":[],"rejected_total":0})";

TEST(Receiver, TakesJsonInEveryForm) {
  const std::string a = R"({"event_time_us":1,"service":"a"})";
  const std::string b = R"({"event_time_us":2,"service":"b, ]}\"{"})";
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"application/x-ndjson", a + "\n\n" + b + "\n"},
      {"application/json", a + "\r\n" + b},
      {"application/x-www-form-urlencoded", a + "\n" + b + "\n"},
      {"", " [ " + a + " ,\n" + b + "] "},
      {"Application/JSON; charset=utf-8", "[" + a + "," + b + "]"}};
  for (const auto& [type, body] : bodies) {
    SCOPED_TRACE(type);
    Server server;
    EXPECT_EQ(server.events(body, type), kOk);
    EXPECT_EQ(server.raw.text(), a + "\n" + b + "\n");
  }
  Server server;
  EXPECT_EQ(server.events("{\n  \"event_time_us\": 1,\n  \"service\": \"a\"\n}\n"),
            R"(200 {"accepted":1,"rejected":[],"rejected_total":0})");
  EXPECT_EQ(server.raw.text(), a + "\n");
}

TEST(Receiver, NamesWhatItDoesNotTakeAndStoresTheRest) {
  Server server;
  EXPECT_EQ(server.events("{\"event_time_us\":1}\nnonsense\n{\"event_time_us\":2,\"latency_us\":-1}"
                          "\n{\"event_time_us\":3}\n"),
            R"(200 {"accepted":2,"rejected":[{"index":1,"field":"","reason":"not JSON: column 2: )"
            R"(invalid literal"},{"index":2,"field":"latency_us","reason":"latency_us is -1; it )"
            R"(must be 0 to 1000000000000000"}],"rejected_total":2})");
  EXPECT_EQ(server.raw.text(), "{\"event_time_us\":1}\n{\"event_time_us\":3}\n");
}

TEST(Receiver, SaysWhereABodyStopsBeingJson) {
  Server server;
  EXPECT_EQ(server.events("{\n  \"event_time_us\": 1,\n}\n"),
            R"(400 {"accepted":0,"rejected":[{"index":0,"field":"","reason":"not JSON: line 3, )"
            R"(column 1: unexpected '}', expected string literal"}],"rejected_total":1})");
  EXPECT_EQ(server.events("[{\"event_time_us\":1},\n  {\"event_time_us\" 2}]"),
            R"(200 {"accepted":1,"rejected":[{"index":1,"field":"","reason":"not JSON: column 18: )"
            R"(unexpected number literal, expected ':'"}],"rejected_total":1})");
  EXPECT_EQ(server.events("[{\"event_time_us\":1},\n 5"),
            R"(400 {"error":"the body begins like a JSON array, and is not one: line 2, column 3: )"
            R"(unexpected end of input, expected ']'"})");
  const std::string traces = server.traces(R"({"resourceSpans":[{"a" 1}]})");
  EXPECT_NE(traces.find("in JSON: column 24: unexpected number literal"), std::string::npos)
      << traces;
}

TEST(Receiver, RefusesWhatHasNothingInIt) {
  Server server;
  EXPECT_EQ(server.events(R"({"service":"a"})"),
            R"(400 {"accepted":0,"rejected":[{"index":0,"field":"event_time_us","reason":)"
            R"("event_time_us is missing or 0; it must be above 0"}],"rejected_total":1})");
  EXPECT_EQ(server.events("[]"), R"(200 {"accepted":0,"rejected":[],"rejected_total":0})");
  EXPECT_TRUE(server.events("[{\"event_time_us\":1}").starts_with("400 ")) << "not closed";
  EXPECT_TRUE(server.events("[{\"event_time_us\":1}] x").starts_with("400 "));
  EXPECT_TRUE(server.events("x", "application/xml").starts_with("415 "));
  EXPECT_TRUE(server.events("x", "application/x-protobuf").starts_with("415 "));
  EXPECT_TRUE(server.events("x", kBatch).starts_with("400 "));
  EXPECT_EQ(server.raw.text(), "");
}

TEST(Receiver, CountsMoreRejectionsThanItLists) {
  Server server;
  std::string body;
  for (int i = 0; i < 1'000; ++i) body += "x\n";
  const std::string answer = server.events(body);
  EXPECT_TRUE(answer.ends_with(R"("rejected_total":1000})"));
  EXPECT_LT(answer.size(), 20'000u);
}

TEST(Receiver, TakesBatchesLargerThanARecord) {
  Server server;
  std::string body;
  {
    v1::InferenceBatch batch;
    ASSERT_TRUE(batch.ParseFromString(batch_of(4'096)));
    for (int i = 0; i < 4'096; ++i) batch.mutable_tenant()->add_value(std::string(256, 'x'));
    std::string code;
    for (std::uint16_t i = 0; i < 4'096; ++i)
      code += {static_cast<char>(i & 0xff), static_cast<char>(i >> 8)};
    batch.mutable_tenant()->set_code(code);
    body = batch.SerializeAsString();
  }
  ASSERT_GT(body.size(), runtime::kMaxRecordBytes);
  EXPECT_EQ(server.events(body, kBatch),
            R"(200 {"accepted":4096,"rejected":[],"rejected_total":0})");
  EXPECT_EQ(server.raw.events().size(), 4'096u);
  for (const std::string& record : server.raw.records("weir.inference", 0))
    EXPECT_LT(record.size(), runtime::kMaxRecordBytes);
}

TEST(Receiver, TakesEveryFieldOfABatchAndLeavesOutItsBadEvents) {
  v1::InferenceBatch batch;
  batch.set_count(3);
  batch.set_base_time_us(1'000);
  for (const std::uint32_t offset : {0u, 1u, 2u}) batch.add_time_offset_us(offset);
  for (const float confidence : {0.5f, 7.0f, 1.0f}) batch.add_confidence(confidence);
  batch.set_request_id(std::string(16, 'a') + std::string(16, 'b') + std::string(16, '\0'));
  batch.set_status("\1\1\3");
  v1::InferenceEvent& other = *batch.add_other();
  other.set_event_time_us(7);
  other.set_latency_us(5'000'000'000);
  Server server;
  EXPECT_EQ(server.events(batch.SerializeAsString(), kBatch),
            R"(200 {"accepted":3,"rejected":[{"index":1,"field":"confidence","reason":)"
            R"("confidence is 7; it must be 0 to 1"}],"rejected_total":1})");
  EXPECT_EQ(server.raw.text(),
            R"({"request_id":"61616161616161616161616161616161","event_time_us":1000,)"
            "\"status\":\"ok\",\"confidence\":0.5}\n"
            "{\"event_time_us\":1002,\"status\":\"server_error\",\"confidence\":1.0}\n"
            "{\"event_time_us\":7,\"latency_us\":5000000000}\n");
}

TEST(Receiver, TakesDelimitedEvents) {
  v1::InferenceEvent event;
  event.set_event_time_us(5);
  const std::string good = event.SerializeAsString();
  event.set_event_time_us(-1);
  const std::string bad = event.SerializeAsString();
  const auto framed = [](const std::string& bytes) {
    return static_cast<char>(bytes.size()) + bytes;
  };
  Server server;
  EXPECT_EQ(server.events(framed(good) + framed(bad) + framed("\xff") + framed(good), kDelimited),
            R"(200 {"accepted":2,"rejected":[{"index":1,"field":"event_time_us","reason":)"
            R"("event_time_us is -1; it must be above 0"},{"index":2,"field":"","reason":)"
            R"("these bytes are no serialised weir.v1.InferenceEvent"}],"rejected_total":2})");
  EXPECT_TRUE(server.events(framed(good) + "\x7f", kDelimited).starts_with("400 "));
  EXPECT_EQ(server.raw.text(), "{\"event_time_us\":5}\n{\"event_time_us\":5}\n");
}

TEST(Receiver, KeepsOfAUserOnlyAKeyedHash) {
  Server server;
  server.keep_error_detail = false;
  server.start();
  EXPECT_TRUE(
      server
          .events("{\"event_time_us\":1,\"user_id\":\"ann@example.org\"}\n"
                  "{\"event_time_us\":2,\"user_hash\":\"2a\",\"error_detail\":\"dear ann\"}")
          .starts_with("200 "));
  const auto events = server.raw.events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].user_hash(), UserKey(Id{1}).hash("ann@example.org"));
  EXPECT_NE(events[1].user_hash(), 0x2au);
  EXPECT_NE(events[1].user_hash(), 0u);
  EXPECT_EQ(events[1].error_detail(), "");
  EXPECT_EQ(server.raw.records("weir.inference", 0)[0].find("ann"), std::string::npos);
}

TEST(Receiver, AnswersARepeatedRequestWithoutStoringItAgain) {
  Server server(4);
  const std::string body = "{\"event_time_us\":1}\n{\"event_time_us\":2}\n";
  EXPECT_EQ(server.events(body, "", "k1"), kOk);
  EXPECT_EQ(server.events(body, "", "k1"), kOk);
  EXPECT_EQ(server.raw.events().size(), 2u);
  EXPECT_TRUE(server.events("{\"event_time_us\":9}", "", "k1").starts_with("422 "));
  server.caller = "other";
  EXPECT_TRUE(server.events("{\"event_time_us\":9}", "", "k1").starts_with("200 "));
  server.caller = "write";
  server.now = 12 * kMinuteUs;
  EXPECT_TRUE(server.events("{\"event_time_us\":9}", "", "k1").starts_with("200 ")) << "forgotten";
}

TEST(Receiver, KnowsItsRequestsAfterARestart) {
  Server server(4);
  const std::string many = batch_of(2'000);  // several records
  EXPECT_TRUE(server.events(many, kBatch, "k1").starts_with("200 "));
  server.start();
  EXPECT_TRUE(server.events(many, kBatch, "k1").starts_with("200 "));
  EXPECT_EQ(server.raw.events().size(), 2'000u);
  EXPECT_TRUE(server.events(batch_of(2'001), kBatch, "k1").starts_with("422 "));
  EXPECT_TRUE(server.events(batch_of(512), kBatch, "k1").starts_with("422 ")) << "a part of it";
  EXPECT_EQ(server.raw.events().size(), 2'000u);
}

TEST(Receiver, GivesEqualRequestsEqualRecords) {
  // A crash between storing and answering, without the table: fold tells the records apart by id.
  const std::string body = batch_of(1'200);
  Server first(2), second(2);
  EXPECT_TRUE(first.events(body, kBatch, "k").starts_with("200 "));
  EXPECT_TRUE(second.events(body, kBatch, "k").starts_with("200 "));
  for (std::int32_t partition : {0, 1}) {
    EXPECT_EQ(first.raw.records("weir.inference", partition),
              second.raw.records("weir.inference", partition));
  }
}

TEST(Receiver, SaysWhenToComeAgain) {
  Server server;
  server.behind = "fold is 40 s behind";
  EXPECT_EQ(server.events("{\"event_time_us\":1}"),
            R"(429 {"error":"fold is 40 s behind"} [Retry-After: 2])");
  server.behind.reset();
  server.failing.failure = Error{ErrorCode::exhausted, "no room"};
  EXPECT_EQ(server.events("{\"event_time_us\":1}", "", "k"),
            R"(503 {"error":"the log does not take events now: no room"} [Retry-After: 10])");
  server.failing.failure.reset();
  EXPECT_EQ(server.raw.text(), "");
  EXPECT_TRUE(server.events("{\"event_time_us\":1}", "", "k").starts_with("200 "));
  EXPECT_EQ(server.raw.text(), "{\"event_time_us\":1}\n");
}

constexpr std::string_view kSpans = R"({"resourceSpans":[{"resource":{"attributes":[
  {"key":"service.name","value":{"stringValue":"chat"}},
  {"key":"host.name","value":{"stringValue":"n1"}},
  {"key":"cloud.region","value":{"stringValue":"eu-west-1"}}]},
 "scopeSpans":[{"scope":{"name":"x"},"spans":[
  {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","parentSpanId":"",
   "name":"chat llama","kind":3,"startTimeUnixNano":"1767225600000000000",
   "endTimeUnixNano":"1767225600812000000","unknown":{"a":[1]},
   "attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
    {"key":"gen_ai.request.model","value":{"stringValue":"llama"}},
    {"key":"gen_ai.response.model","value":{"stringValue":"llama-70b"}},
    {"key":"gen_ai.usage.input_tokens","value":{"intValue":"812"}},
    {"key":"gen_ai.usage.output_tokens","value":{"intValue":64}},
    {"key":"gen_ai.usage.cache_read.input_tokens","value":{"intValue":"512"}},
    {"key":"gen_ai.response.finish_reasons","value":{"arrayValue":{
      "values":[{"stringValue":"stop"}]}}},
    {"key":"gen_ai.response.time_to_first_chunk","value":{"doubleValue":0.095}}],"status":{}},
  {"name":"GET /","endTimeUnixNano":"1767225600812000000"}]}]}]})";

TEST(Receiver, TakesSpansOfRequestsToModels) {
  Server server;
  EXPECT_EQ(server.traces(kSpans), "200 {}");
  const std::string event =
      R"({"request_id":"d269b633813fc60ceee19b7ec3c1b174","event_time_us":1767225600812000,)"
      R"("service":"chat","model":"llama-70b","region":"eu-west-1","host":"n1","status":"ok",)"
      R"("latency_us":812000,"ttft_us":95000,"input_tokens":812,"output_tokens":64,)"
      "\"cached_tokens\":512}\n";
  EXPECT_EQ(server.raw.text(), event);
  EXPECT_EQ(server.probe.ignored_spans.value(), 1u);
  EXPECT_EQ(server.traces(kSpans), "200 {}") << "the same export again";
  EXPECT_EQ(server.raw.text(), event);

  otlp::v1::ExportTraceServiceRequest request;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage({kSpans.data(), kSpans.size()}, &request, options)
          .ok());
  auto& span = *request.mutable_resource_spans(0)->mutable_scope_spans(0)->mutable_spans(0);
  span.set_trace_id("\x5b\x8e\xff\xf7\x98\x03\x81\x03\xd2\x69\xb6\x33\x81\x3f\xc6\x0c");
  span.set_span_id("\xee\xe1\x9b\x7e\xc3\xc1\xb1\x74");
  Server binary;
  EXPECT_EQ(binary.traces(request.SerializeAsString(), "application/x-protobuf"), "200 ");
  EXPECT_EQ(binary.raw.text(), event);
}

TEST(Receiver, AnswersTracesAsOtlpWants) {
  Server server;
  const std::string bad = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[)"
                          R"({"key":"gen_ai.system","value":{"stringValue":"openai"}}]}]}]}]})";
  EXPECT_EQ(server.traces(bad),
            R"(200 {"partialSuccess":{"rejectedSpans":"1","errorMessage":"span 0: )"
            R"(event_time_us is missing or 0; it must be above 0"}})");
  EXPECT_TRUE(server.traces("{").starts_with(R"(400 {"code":3,"message":"the body is no )"));
  for (const char* type : {"", "text/plain"})
    EXPECT_EQ(server.traces(kSpans, type),
              R"(415 {"code":3,"message":"this Content-Type is not taken; send OTLP as )"
              R"(application/x-protobuf or application/json"})");
  server.behind = "slow";
  EXPECT_EQ(server.traces(kSpans), R"(429 {"code":14,"message":"slow"} [Retry-After: 2])");
  server.behind.reset();
  server.failing.failure = Error{ErrorCode::exhausted, "no room"};
  EXPECT_EQ(server.traces(kSpans),
            R"(503 {"code":14,"message":"the log does not take events now: no room"} )"
            "[Retry-After: 10]");
  EXPECT_EQ(server.raw.text(), "");
}

}  // namespace
}  // namespace weir::ingest
