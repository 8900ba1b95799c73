#include "processors/events/json_event.h"

#include <gtest/gtest.h>

#include "tests/events/reference.h"
#include "tests/events/rows.h"

namespace weir::events {
namespace {

std::string read(const std::string& json) {
  v1::InferenceEvent event;
  JsonEventReader reader;
  const ReadResult result = reader.read(json, event);
  std::string text = result ? event.ShortDebugString() : render({result.error()});
  if (reader.unknown_fields() > 0) text += fmt::format(" unknown={}", reader.unknown_fields());
  return text;
}

/// An event with one more field.
std::string with(const std::string& field) {
  const std::string text = read(R"({"event_time":1,)" + field + "}");
  return text.starts_with("event_time_us: 1 ") ? text.substr(17) : text;
}

TEST(JsonEvent, ReadsEveryFieldOfTheProto) {
  EXPECT_EQ(
      read(R"({"request_id":"00112233-4455-6677-8899-AABBCCDDEEFF",
               "event_time":"2026-01-01T00:00:00.25+01:00","service":"code","model":"m",
               "model_version":"v","tenant":"t","business_line":"b","user_hash":"ff","region":"r",
               "host":"h","gpu_id":"g","gpu_type":"gt","experiment":"e","variant":"va",
               "status":"model_load","error_detail":"d","low_confidence":true,
               "abnormal_input":false,"confidence":0.5,"latency_us":1,"ttft_us":2,"queue_us":3,
               "compute_us":4,"network_us":5,"cold_start_us":6,"input_tokens":7,"output_tokens":8,
               "cached_tokens":9,"retry_count":10,"batch_size":11})"),
      "request_id: \"\\000\\021\\\"3DUfw\\210\\231\\252\\273\\314\\335\\356\\377\" "
      "event_time_us: 1767222000250000 service: \"code\" model: \"m\" model_version: \"v\" "
      "tenant: \"t\" business_line: \"b\" user_hash: 255 region: \"r\" host: \"h\" gpu_id: \"g\" "
      "gpu_type: \"gt\" experiment: \"e\" variant: \"va\" status: INFERENCE_STATUS_MODEL_LOAD "
      "error_detail: \"d\" low_confidence: true abnormal_input: false confidence: 0.5 "
      "latency_us: 1 ttft_us: 2 queue_us: 3 compute_us: 4 network_us: 5 cold_start_us: 6 "
      "input_tokens: 7 output_tokens: 8 cached_tokens: 9 retry_count: 10 batch_size: 11");
}

TEST(JsonEvent, IsLenientWhereTheHeaderSaysSo) {
  EXPECT_EQ(read(R"({"event_time_us":5,"latency_us":null,"x":{"y":[1]},"z":2})"),
            "event_time_us: 5 unknown=2");
  EXPECT_EQ(with(R"("latency_us":1,"latency_us":2)"), "latency_us: 2");
  EXPECT_EQ(with(R"("status":"quota_exceeded")"), "status: 255");
  EXPECT_EQ(with(R"("latency_us":5000000000)"), "latency_us: 5000000000");
}

TEST(JsonEvent, SaysWhatIsWrong) {
  EXPECT_EQ(with(R"("latency_us":-1)"),
            "0 NEGATIVE_DURATION: latency_us is -1; it must be 0 to 1000000000000000\n");
  EXPECT_EQ(with(R"("latency_us":1.5)"),
            "0 MALFORMED: latency_us: must be a whole number, such as 1000\n");
  EXPECT_EQ(with(R"("latency_us":"1")"),
            "0 MALFORMED: latency_us: must be a whole number, such as 1000\n");
  EXPECT_EQ(with(R"("latency_us":18446744073709551615)"),
            "0 OUT_OF_RANGE: latency_us: 18446744073709551615 is above 2^63\n");
  EXPECT_EQ(with(R"("retry_count":2147483648)"),
            "0 OUT_OF_RANGE: retry_count is 2147483648; it must be below 2^31\n");
  EXPECT_EQ(with(R"("confidence":1.5)"), "0 OUT_OF_RANGE: confidence is 1.5; it must be 0 to 1\n");
  EXPECT_EQ(with(R"("confidence":"NaN")"), "0 MALFORMED: confidence: must be a number\n");
  EXPECT_EQ(with(R"("service":7)"), "0 MALFORMED: service: must be a string\n");
  EXPECT_EQ(with(R"("low_confidence":1)"), "0 MALFORMED: low_confidence: must be true or false\n");
  const std::string statuses =
      "one of ok, client_error, server_error, timeout, oom, dependency, model_load, rejected, "
      "cancelled\n";
  EXPECT_EQ(with(R"("status":"OK")"), "0 MALFORMED: status: 'OK' is not " + statuses);
  EXPECT_EQ(with(R"("status":1)"), "0 MALFORMED: status: must be a name: " + statuses);
  EXPECT_EQ(with(R"("user_hash":"xyz")"),
            "0 MALFORMED: user_hash: must be 1 to 16 hexadecimal digits\n");
  EXPECT_EQ(with(R"("request_id":"abc")"),
            "0 MALFORMED: request_id: 'abc' is not an id; write 32 hexadecimal digits\n");
  EXPECT_EQ(with("\"tenant\":\"" + std::string(257, 'x') + "\""),
            "0 INVALID_TEXT: tenant has 257 bytes; at most 256 are taken\n");
  EXPECT_EQ(read(R"({"service":"x"})"),
            "0 MISSING_TIME: event_time_us is missing or 0; it must be above 0\n");
  EXPECT_EQ(read(R"({"event_time":"yesterday"})"),
            "0 MALFORMED: event_time: 'yesterday' is not a time; write it as RFC 3339, for example "
            "2023-11-16T18:17:03Z\n");
}

TEST(JsonEvent, RefusesWhatIsNoObject) {
  EXPECT_EQ(read("[1]"), "0 MALFORMED: an event must be one JSON object\n");
  for (const std::string& json :
       {std::string(), std::string("{\"event_time\":1"), std::string("{\"event_time\":1} {}"),
        std::string("{\"event_time\":NaN}"), std::string(5'000, '['),
        std::string("{\"event_time\":1,\"x\":1e999}"),
        std::string("{\"event_time\":1,\"x\":123456789012345678901234567890}")})
    EXPECT_TRUE(read(json).starts_with("0 MALFORMED: not JSON: ")) << json << read(json);
  EXPECT_EQ(read("{\"event_time\":1,\n\"service\" 2}"),
            "0 MALFORMED: not JSON: line 2, column 11: unexpected number literal, expected ':'\n");
  EXPECT_EQ(read("{\"service\":\"\xff\"}"),
            "0 INVALID_TEXT: not JSON: column 13: invalid string: ill-formed UTF-8 byte\n");
  EXPECT_TRUE(read(std::string(kMaxRecordBytes + 1, ' ')).starts_with("0 TOO_LARGE"));
}

TEST(JsonEvent, GivesTheUserOfARowAndNamesTheWrongField) {
  JsonEventReader reader;
  EventRow row;
  std::string_view user;
  ASSERT_TRUE(reader.read_row(R"({"event_time":7,"user_id":"ann","service":"x"})", row, user));
  EXPECT_EQ(user, "ann");
  EXPECT_EQ(render(std::vector{row}), "7 service=x\n");
  ASSERT_TRUE(reader.read_row(R"({"event_time":7})", row, user));
  EXPECT_EQ(user, "");
  const auto field = [&](std::string_view json) {
    const auto result = reader.read_row(json, row, user);
    return result ? "none" : result.error().field;
  };
  EXPECT_EQ(field(R"({"event_time":7,"ttft_us":"x"})"), "ttft_us");
  EXPECT_EQ(field(R"({"event_time":7,"user_id":1})"), "user_id");
  EXPECT_EQ(field(R"({"event_time":7,"tenant":1})"), "tenant");
  EXPECT_EQ(field(R"({"event_time":7,"latency_us":-1})"), "latency_us");
  EXPECT_EQ(field(R"({"event_time":true})"), "event_time");
  EXPECT_EQ(field("{"), "");
}

TEST(JsonEvent, ReadsWhatItWrites) {
  EXPECT_EQ(to_json(to_event([] {
              EventRow row;
              row.event_time_us = 1'767'222'000'250'000;
              row.text(Text::service) = "a\"b";
              row.status = 3;
              row.confidence = 0.9f;
              row.set(Number::latency, 9'007'199'254'740'993);
              return row;
            }())),
            R"({"event_time_us":1767222000250000,"service":"a\"b","status":"server_error",)"
            R"("confidence":0.9,"latency_us":9007199254740993})");
  JsonEventReader reader;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    v1::InferenceEvent event = to_event(random_rows(seed, 1).rows[0]);
    if (!v1::InferenceStatus_IsValid(event.status()))
      event.set_status(static_cast<v1::InferenceStatus>(kOtherStatus));
    v1::InferenceEvent read;
    ASSERT_TRUE(reader.read(to_json(event), read)) << to_json(event);
    ASSERT_EQ(read.SerializeAsString(), event.SerializeAsString());
  }
  EXPECT_EQ(reader.unknown_fields(), 0u);
}

}  // namespace
}  // namespace weir::events
