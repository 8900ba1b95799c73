#include "processors/ingest/import.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/ingest/csv_mapping.h"
#include "processors/ingest/input_file.h"
#include "tests/ingest/raw_log.h"
#include "tests/ingest/temp_file.h"

namespace weir::ingest {
namespace {

/// What an import of one file left behind, as one text: events, dead letters without the directory,
/// the summary; or its error.
std::string import_text(ImportOptions options, const std::string& name, std::string_view content) {
  const TempFile file(name, content);
  options.files = {file.path()};
  RawLog raw;
  const auto summary = import_files(options, raw.log, {});
  std::string text =
      summary ? raw.text() + raw.dead_letters() +
                    fmt::format("{} accepted, {} refused", summary->accepted, summary->refused)
              : summary.error().message;
  if (summary && summary->unknown_fields > 0)
    text += fmt::format(", {} unknown: {}", summary->unknown_fields, summary->first_unknown_field);
  const std::string directory = file.path().substr(0, file.path().size() - name.size());
  for (std::size_t at; (at = text.find(directory)) != std::string::npos;)
    text.erase(at, directory.size());
  return text;
}

constexpr std::string_view kAzureHeader = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n";

std::string azure(std::string_view rows, std::string service = "") {
  return import_text({.format = ImportFormat::azure_llm, .service = std::move(service)},
                     "Trace_code.csv", std::string(kAzureHeader) + std::string(rows));
}

TEST(AzureLlm, TicksAreCutAndTheRestIsAbsent) {
  EXPECT_EQ(
      azure("2023-11-16 18:17:03.9799609,4808,10\r\n2023-11-16 18:17:04,0,0"),
      R"({"event_time_us":1700158623979960,"service":"code","input_tokens":4808,)"
      R"("output_tokens":10})"
      "\n"
      R"({"event_time_us":1700158624000000,"service":"code","input_tokens":0,"output_tokens":0})"
      "\n2 accepted, 0 refused");
}

TEST(AzureLlm, ServiceCanBeGivenAndAnOffsetIsTaken) {
  EXPECT_EQ(
      azure("2023-11-16 18:17:03.5+01:00,1,2\n", "chat"),
      R"({"event_time_us":1700155023500000,"service":"chat","input_tokens":1,"output_tokens":2})"
      "\n1 accepted, 0 refused");
  EXPECT_EQ(import_text({.format = ImportFormat::azure_llm}, "trace.csv", kAzureHeader),
            "trace.csv: the name does not tell the service, as ..._code.csv does; give --service");
}

TEST(AzureLlm, BadRowsAreRefusedAndTheNextIsRead) {
  EXPECT_EQ(
      azure("yesterday,1,2\r\n"
            "2023-11-16 18:17:03,1\r\n"
            "2023-11-16 18:17:03,x,2\r\n"
            "2023-11-16 18:17:03,1,2.5\r\n"
            "2023-11-16 18:17:03,1,-2\r\n"
            "1969-11-16 18:17:03,1,2\r\n"
            "2023-11-16 18:17:03,\"1,2\r\n"),
      "Trace_code.csv:2: TIMESTAMP: 'yesterday' is not a time such as 2023-11-16 18:17:03.9799600 "
      "[yesterday,1,2]\n"
      "Trace_code.csv:3: 2 fields; expected TIMESTAMP,ContextTokens,GeneratedTokens "
      "[2023-11-16 18:17:03,1]\n"
      "Trace_code.csv:4: ContextTokens: 'x' is not a whole number [2023-11-16 18:17:03,x,2]\n"
      "Trace_code.csv:5: GeneratedTokens: '2.5' is not a whole number [2023-11-16 "
      "18:17:03,1,2.5]\n"
      "Trace_code.csv:6: output_tokens is -2; it must be 0 to 1000000000000000 [2023-11-16 "
      "18:17:03,1,-2]\n"
      "Trace_code.csv:7: event_time_us is -3908577000000; it must be above 0 [1969-11-16 "
      "18:17:03,1,2]\n"
      "Trace_code.csv:8: a quote is never closed [2023-11-16 18:17:03,\"1,2]\n"
      "0 accepted, 7 refused");
}

TEST(AzureLlm, AnotherFileIsNotOne) {
  EXPECT_EQ(import_text({.format = ImportFormat::azure_llm}, "a_code.csv", "a,b\n1,2\n"),
            "a_code.csv:1: expected the header TIMESTAMP,ContextTokens,GeneratedTokens; is it an "
            "Azure LLM trace?");
}

std::string llmperf(std::string_view content, const std::string& name = "groq_70b.json") {
  return import_text({.format = ImportFormat::llmperf, .start_us = 1'000'000, .rate_per_s = 4},
                     name, content);
}

TEST(Llmperf, StatusUnitsAndSpacing) {
  EXPECT_EQ(llmperf(R"([
{"error_code": null, "error_msg": "", "ttft_s": 0.2979778014, "end_to_end_latency_s": 1.5,
 "number_input_tokens": 550, "number_output_tokens": 150, "GEN_TEXT": "],{"},
{"error_code": 429, "error_msg": "slow down", "ttft_s": 0, "end_to_end_latency_s": 0,
 "number_input_tokens": 550, "number_output_tokens": 1},
{"error_code": -100, "error_msg": "too few", "ttft_s": 0.5, "end_to_end_latency_s": 2.0000005,
 "number_input_tokens": 550, "number_output_tokens": 102}])"),
            R"({"event_time_us":1000000,"service":"groq","model":"70b","status":"ok",)"
            R"("latency_us":1500000,"ttft_us":297978,"input_tokens":550,"output_tokens":150})"
            "\n"
            R"({"event_time_us":1250000,"service":"groq","model":"70b","error_detail":"slow down",)"
            R"("status":"rejected","input_tokens":550})"
            "\n"
            R"({"event_time_us":1500000,"service":"groq","model":"70b","error_detail":"too few",)"
            R"("status":"server_error","latency_us":2000001,"ttft_us":500000,"input_tokens":550,)"
            R"("output_tokens":102})"
            "\n3 accepted, 0 refused");
}

TEST(Llmperf, BadElementsAreRefusedAndKeepTheirTime) {
  EXPECT_EQ(
      llmperf("[7,\n{\"ttft_s\": 1},\n{\"error_code\": null, \"ttft_s\": \"1\"},\n"
              "{\"error_code\": null, \"number_input_tokens\": 1.5},\n"
              "{\"error_code\": null, \"end_to_end_latency_s\": -1},\n"
              "{\"error_code\": null, \"error_msg\": 5},\n{oops},\n"
              "{\"error_code\": null},\n{\"error_code\": nu",
              "solo.json"),
      "{\"event_time_us\":2750000,\"service\":\"solo\",\"status\":\"ok\"}\n"
      "solo.json:1: not a JSON object: The JSON element does not have the requested type. [7]\n"
      "solo.json:2: error_code is missing [{\"ttft_s\": 1}]\n"
      "solo.json:3: ttft_s: '\"1\"' is not a number in its range [{\"error_code\": null, "
      "\"ttft_s\": \"1\"}]\n"
      "solo.json:4: number_input_tokens: '1.5' is not a number in its range "
      "[{\"error_code\": null, \"number_input_tokens\": 1.5}]\n"
      "solo.json:5: latency_us is -1000000; it must be 0 to 1000000000000000 "
      "[{\"error_code\": null, \"end_to_end_latency_s\": -1}]\n"
      "solo.json:6: error_msg: expected a string [{\"error_code\": null, \"error_msg\": 5}]\n"
      "solo.json:7: malformed JSON: The JSON document has an improper structure: missing or "
      "superfluous commas, braces, missing keys, etc. [{oops}]\n"
      "solo.json:9: the file ends inside the array [{\"error_code\": nu]\n"
      "1 accepted, 8 refused");
}

TEST(Llmperf, NothingIsLeftOutWithoutAWord) {
  EXPECT_EQ(llmperf("[{\"error_code\": null} {\"error_code\": 429},\n{\"error_code\": null}]\n"
                    "garbage [ {} ]",
                    "solo.json"),
            "{\"event_time_us\":1250000,\"service\":\"solo\",\"status\":\"ok\"}\n"
            "solo.json:1: something follows the object; write a comma between two "
            "[{\"error_code\": null} {\"error_code\": 429}]\n"
            "solo.json:3: something follows the ']' that closes the array; put all into one array "
            "[garbage [ {} ]]\n"
            "1 accepted, 2 refused");
}

TEST(Ndjson, EventsAndRefusals) {
  EXPECT_EQ(import_text({.format = ImportFormat::ndjson}, "e.ndjson",
                        "\xef\xbb\xbf{\"event_time_us\":5,\"service\":\"a\",\"colour\":1}\r\n\n"
                        "{\"event_time_us\":6,\"latency_us\":-1}\nnot json\n{\"service\":\"b\"}\n"
                        "{\"event_time_us\":7,\"color\":2}"),
            "{\"event_time_us\":5,\"service\":\"a\"}\n{\"event_time_us\":7}\n"
            "e.ndjson:3: latency_us is -1; it must be 0 to 1000000000000000 "
            "[{\"event_time_us\":6,\"latency_us\":-1}]\n"
            "e.ndjson:4: not JSON: column 2: invalid literal [not json]\n"
            "e.ndjson:5: event_time_us is missing or 0; it must be above 0 [{\"service\":\"b\"}]\n"
            "2 accepted, 3 refused, 2 unknown: 'colour', e.ndjson:1");
}

TEST(Ndjson, ARefusedRowThatNamesAUserIsNotKept) {
  EXPECT_EQ(import_text({.format = ImportFormat::ndjson}, "e.ndjson",
                        "{\"event_time_us\":6,\"latency_us\":-1,\"user_id\":\"ann\"}\n"),
            "e.ndjson:1: latency_us is -1; it must be 0 to 1000000000000000 []\n"
            "0 accepted, 1 refused, 1 unknown: 'user_id', e.ndjson:1");
}

TEST(Ndjson, ARowFromTheFutureIsRefusedAndPoisonsNothing) {
  EXPECT_EQ(
      import_text({.format = ImportFormat::ndjson, .latest_us = 1'000'000}, "e.ndjson",
                  "{\"event_time\":\"9999-12-31T23:59:59Z\"}\n"
                  "{\"event_time\":\"infinite-future\"}\n"
                  "{\"event_time_us\":1767225600000000000}\n"
                  "{\"event_time_us\":1000000}\n"
                  "{\"event_time_us\":1000001}\n"),
      "{\"event_time_us\":1000000}\n"
      "e.ndjson:1: event time 9999-12-31T23:59:59Z is in the future; is its unit right? "
      "[{\"event_time\":\"9999-12-31T23:59:59Z\"}]\n"
      "e.ndjson:2: event_time: 'infinite-future' is not a time; write it as RFC 3339, for "
      "example 2023-11-16T18:17:03Z [{\"event_time\":\"infinite-future\"}]\n"
      "e.ndjson:3: event_time_us is 1767225600000000000, after the year 9999; are these "
      "microseconds? [{\"event_time_us\":1767225600000000000}]\n"
      "e.ndjson:5: event time 1970-01-01T00:00:01.000001Z is in the future; is its unit right? "
      "[{\"event_time_us\":1000001}]\n"
      "1 accepted, 4 refused");
}

TEST(Ndjson, ARowThatQuotesMuchIsRefusedAndTheNextIsRead) {
  const std::string value(kMaxRowBytes - 64, 'A');
  const std::string text = import_text(
      {.format = ImportFormat::ndjson}, "e.ndjson",
      fmt::format("{{\"event_time_us\":1,\"status\":\"{}\"}}\n"
                  "{{\"event_time\":\"{}\"}}\n{{\"event_time_us\":1,\"request_id\":\"{}\"}}\n"
                  "{{\"event_time_us\":7}}\n",
                  value, value, value));
  EXPECT_THAT(text, testing::StartsWith("{\"event_time_us\":7}\n"
                                        "e.ndjson:1: status: '" +
                                        std::string(100, 'A') + "...' (1048512 bytes) is not one"));
  EXPECT_THAT(text, testing::EndsWith("\n1 accepted, 3 refused"));
}

TEST(Ndjson, ALineThatIsTooLongIsRefusedAndTheNextIsRead) {
  const std::string long_line = "{\"service\":\"" + std::string(kMaxRowBytes, 'x') + "\"}";
  const std::string text = import_text({.format = ImportFormat::ndjson}, "e.ndjson",
                                       long_line + "\n{\"event_time_us\":7}\n");
  EXPECT_THAT(text, testing::StartsWith("{\"event_time_us\":7}\n"
                                        "e.ndjson:1: the line is longer than 1 MiB (of the"));
  EXPECT_THAT(text, testing::EndsWith("\n1 accepted, 1 refused"));
}

std::string csv(std::vector<std::string> mappings, std::string_view content) {
  return import_text({.format = ImportFormat::csv, .mappings = std::move(mappings)}, "e.csv",
                     content);
}

TEST(Csv, EveryKindOfField) {
  EXPECT_EQ(
      csv({"event_time=at:unix_ms", "service=app", "latency_us=took:s", "ttft_us=first:ms",
           "queue_us=wait:ns", "input_tokens=in", "status=how", "confidence=sure",
           "low_confidence=low", "abnormal_input=odd", "request_id=id", "user_hash=who",
           "error_detail=why"},
          "at,app,took,first,wait,in,how,sure,low,odd,id,who,why,unmapped\n"
          "1500.25,\"a,b\",0.0125,1.5,1499,12,timeout,0.5,true,0,"
          "00112233-4455-6677-8899-aabbccddeeff,ff,\"x\"\"y\",z\n"
          "1501,,,,,,,,,,,,,\n"),
      R"({"request_id":"00112233445566778899aabbccddeeff","event_time_us":1500250,"service":"a,b",)"
      R"("error_detail":"x\"y","user_hash":"00000000000000ff","status":"timeout",)"
      R"("low_confidence":true,"abnormal_input":false,"confidence":0.5,"latency_us":12500,)"
      R"("ttft_us":1500,"queue_us":1,"input_tokens":12})"
      "\n{\"event_time_us\":1501000}\n2 accepted, 0 refused");
}

TEST(Csv, TimesInEveryUnit) {
  for (const auto& [unit, cell] : {std::pair{"rfc3339", "1970-01-01T01:00:01.5+01:00"},
                                   {"unix_s", "1.5"},
                                   {"unix_ms", "1500"},
                                   {"unix_us", "1500000"}})
    EXPECT_EQ(csv({fmt::format("event_time=t:{}", unit)}, fmt::format("t\n{}\n", cell)),
              "{\"event_time_us\":1500000}\n1 accepted, 0 refused");
}

TEST(Csv, BadCellsAreRefused) {
  EXPECT_EQ(csv({"event_time=t:unix_us", "latency_us=l:us", "status=s", "batch_size=b"},
                "t,l,s,b\n"
                "x,1,ok,1\n"
                "1,fast,ok,1\n"
                "1,1,fine,1\n"
                "1,1,ok,1.0\n"
                "1,-1,ok,1\n"
                ",1,ok,1\n"
                "1,1,ok\n"
                "1,1,o\"k,1\n"
                "1,1,7,1\n"),
            "{\"event_time_us\":1,\"status\":\"model_load\",\"latency_us\":1,\"batch_size\":1}\n"
            "e.csv:2: column 't': 'x' cannot be read as event_time [x,1,ok,1]\n"
            "e.csv:3: column 'l': 'fast' cannot be read as latency_us [1,fast,ok,1]\n"
            "e.csv:4: column 's': 'fine' cannot be read as status [1,1,fine,1]\n"
            "e.csv:5: column 'b': '1.0' cannot be read as batch_size [1,1,ok,1.0]\n"
            "e.csv:6: latency_us is -1; it must be 0 to 1000000000000000 [1,-1,ok,1]\n"
            "e.csv:7: event_time_us is missing or 0; it must be above 0 [,1,ok,1]\n"
            "e.csv:8: 3 fields; the header has 4 [1,1,ok]\n"
            "e.csv:9: a quote inside a field that does not begin with one [1,1,o\"k,1]\n"
            "1 accepted, 8 refused");
}

TEST(Csv, MappingsAndHeadersThatCannotBe) {
  const auto mapping_error = [](std::string_view text) {
    const auto mapping = CsvMapping::parse(text);
    return mapping ? "ok" : mapping.error().message;
  };
  EXPECT_EQ(mapping_error("service"),
            "mapping 'service': write field=column, for example event_time=ts:rfc3339");
  EXPECT_THAT(mapping_error("colour=c"), testing::HasSubstr("an event has no field 'colour'"));
  EXPECT_THAT(mapping_error("latency_us=l"),
              testing::HasSubstr("state the unit, one of us, ms, s, ns"));
  EXPECT_THAT(mapping_error("event_time=t:s"), testing::HasSubstr("one of rfc3339, unix_s"));
  EXPECT_EQ(CsvMapping::parse("latency_us=a:b=c:ms")->column(), "a:b=c");
  EXPECT_EQ(CsvMapping::parse("service=a:b")->column(), "a:b");
  EXPECT_EQ(csv({"service=s"}, "s\n"),
            "csv: map the event time to a column, for example event_time=ts:rfc3339");
  EXPECT_EQ(csv({"event_time=t:unix_s", "event_time=u:unix_s"}, "t\n"),
            "mapping 'event_time=u:unix_s': event_time is mapped already");
  EXPECT_EQ(csv({"event_time=t:unix_s"}, "a,b\n"),
            "e.csv:1: the header has 0 columns 't', which event_time is mapped to; it has: a, b");
  EXPECT_EQ(csv({"event_time=t:unix_s"}, "t,t\n"),
            "e.csv:1: the header has 2 columns 't', which event_time is mapped to; it has: t, t");
  EXPECT_EQ(csv({"event_time=t:unix_s"}, ""), "e.csv:1: expected a header row");
  EXPECT_EQ(import_text({.format = ImportFormat::csv,
                         .service = "x",
                         .mappings = {"event_time=t:unix_s", "service=s"}},
                        "e.csv", ""),
            "csv: the service is both given and mapped to a column; leave one out");
}

std::string options_error(const ImportOptions& options) {
  RawLog raw;
  const auto summary = import_files(options, raw.log, {});
  return summary ? "ok" : summary.error().message;
}

TEST(Import, OptionsMustFitTheFormat) {
  const std::vector<std::string> files = {"x"};
  EXPECT_EQ(options_error({}), "ndjson: give at least one file");
  EXPECT_EQ(options_error({.files = files, .service = "s"}),
            "--service is no option of ndjson; leave it out");
  EXPECT_EQ(options_error({.format = ImportFormat::azure_llm, .files = files, .start_us = 1}),
            "--start is no option of azure-llm; leave it out");
  EXPECT_EQ(options_error({.format = ImportFormat::llmperf, .files = files, .start_us = 1}),
            "llmperf: the files tell no arrival times; give --start (of the first request) and "
            "--rate (requests a second)");
  EXPECT_EQ(options_error({.files = {"no/such"}}),
            "no/such: cannot read: No such file or directory; check the path and its permissions");
}

/// Remembers the stamps as they were given: a log would raise one that goes back.
class StampCollector final : public runtime::Appender {
 public:
  Result<std::int64_t> append(const runtime::TopicPartition& where,
                              std::span<const runtime::NewRecord> records) override {
    for (const runtime::NewRecord& record : records)
      stamps_ += fmt::format("{}:{} ", where.partition, record.append_time_us.value_or(-1));
    return 0;
  }
  const std::string& stamps() const { return stamps_; }

 private:
  std::string stamps_;
};

TEST(Import, BatchesGoRoundAndStampTheRunningMaximum) {
  std::string content;
  for (int i = 0; i < 1'600;
       ++i)  // three batches of 512, the newest event in the first, and a rest
    content += fmt::format("{{\"event_time_us\":{}}}\n", i == 100 ? 9'000 : 1'000 + i);
  const TempFile file("e.ndjson", content);
  StampCollector collector;
  std::vector<std::uint64_t> progress;
  const auto summary = import_files({.files = {file.path()}, .partitions = 2}, collector,
                                    [&](std::uint64_t done, std::uint64_t total) {
                                      EXPECT_EQ(total, content.size());
                                      progress.push_back(done);
                                    });
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(collector.stamps(), "0:9000 0:9000 1:2023 1:2599 ");
  EXPECT_EQ(fmt::format("{} {} {} {}", summary->accepted, summary->bytes,
                        summary->first_event_time_us, summary->last_event_time_us),
            fmt::format("1600 {} 1000 9000", content.size()));
  EXPECT_THAT(progress, testing::ElementsAre(content.size()));
}

TEST(Import, TheLogsErrorEndsIt) {
  const TempFile file("e.ndjson", "{\"event_time_us\":1}\n");
  fakes::MemoryLog empty;
  const auto summary = import_files({.files = {file.path()}}, empty, {});
  ASSERT_FALSE(summary);
  EXPECT_THAT(summary.error().message, testing::HasSubstr("weir.inference"));
}

}  // namespace
}  // namespace weir::ingest
