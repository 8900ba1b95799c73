#include <array>

#include <gtest/gtest.h>

#include "processors/events/batch_writer.h"
#include "processors/events/json_event.h"
#include "tools/weir/batch_events.h"
#include "tools/weir/json_rows.h"
#include "tools/weir/text_table.h"
#include "weir/v1/kpi.pb.h"

namespace weir::cli {
namespace {

TEST(Units, FitTheNumber) {
  EXPECT_EQ(short_duration(0), "0us");
  EXPECT_EQ(short_duration(840), "840us");
  EXPECT_EQ(short_duration(41'230), "41.2ms");
  EXPECT_EQ(short_duration(812'000), "812ms");
  EXPECT_EQ(short_duration(3'400'000), "3.4s");
  EXPECT_EQ(short_duration(-90'000'000), "-1.5m");
  EXPECT_EQ(short_count(999), "999");
  EXPECT_EQ(short_count(18'059'974), "18.1M");
  EXPECT_EQ(short_bytes(1536), "1.5KiB");
}

TEST(Printable, EscapesAndCuts) {
  EXPECT_EQ(printable("plain \"text\", it's", 40), "plain \"text\", it's");
  EXPECT_EQ(printable("\\d \\\" \\n\t", 40), R"(\\d \\" \\n\t)");
  EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F"
                      "e\n",
                      40),
            "gr\xC3\xBC\xC3\x9F"
            "e\\n");
  EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F"
                      "e",
                      3),
            "gr...");
  EXPECT_EQ(printable("\x08\xC0\xFF", 40), "\\010\\300\\377");
}

TEST(PrintableLine, IsOneLine) {
  EXPECT_EQ(printable_line("looking \n\n  at it\r\nnow\n", 40), "looking at it now");
  EXPECT_EQ(printable_line("\n a\tb  c ", 40), "a\\tb  c ");
  EXPECT_EQ(printable_line("one\ntwo", 5), "one t...");
  EXPECT_EQ(printable_line(" \n", 40), "");
}

TEST(Rows, OfATableAreOneLineEach) {
  static constexpr std::array kColumns = {
      JsonColumn{"what", [](const results::Json& row) { return text_of(row, "what"); }},
      JsonColumn{"because", [](const results::Json& row) { return text_of(row, "because"); }}};
  const results::Json rows = {{{"what", "fired"}, {"because", "a\nb"}},
                              {{"what", "held"}, {"because", "\n"}}};
  Output output;
  testing::internal::CaptureStdout();
  ASSERT_TRUE(write_rows(rows, kColumns, Format::table, output));
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "what   because\n"
            "fired  a b\n"
            "held   -\n");
}

TEST(CsvField, IsQuotedWhereItMust) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
}

TEST(BatchEvents, AreWhatWasWritten) {
  v1::InferenceEvent full;
  full.set_request_id("0123456789abcdef");
  full.set_event_time_us(1'700'000'000'000'000);
  full.set_service("chat");
  full.set_gpu_id("gpu-1");
  full.set_user_hash(0xABCD);
  full.set_status(v1::INFERENCE_STATUS_OOM);
  full.set_error_detail("out of memory");
  full.set_low_confidence(false);
  full.set_abnormal_input(true);
  full.set_confidence(0.5);
  full.set_latency_us(0);
  full.set_output_tokens(12);
  full.set_retry_count(2);
  v1::InferenceEvent bare;
  bare.set_event_time_us(1'700'000'000'000'001);
  v1::InferenceEvent wide = bare;
  wide.set_latency_us(5'000'000'000);  // fits no column

  events::BatchWriter writer;
  for (const auto* event : {&full, &bare, &wide}) writer.add(events::to_row(*event));
  v1::InferenceBatch batch;
  ASSERT_TRUE(batch.ParseFromString(writer.take()));
  const auto read = events_of(batch);

  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ(events::to_json((*read)[0]), events::to_json(full));
  EXPECT_EQ(events::to_json((*read)[1]), events::to_json(bare));
  EXPECT_EQ(events::to_json((*read)[2]), events::to_json(wide));
}

TEST(BatchEvents, ColumnsMustFit) {
  v1::InferenceBatch batch;
  batch.set_count(2);
  batch.add_time_offset_us(0);
  EXPECT_FALSE(events_of(batch));

  batch.add_time_offset_us(1);
  batch.mutable_service()->add_value("chat");
  batch.mutable_service()->set_code(std::string("\0\1", 2));
  EXPECT_FALSE(events_of(batch));

  batch.mutable_service()->set_code(std::string(2, '\0'));
  EXPECT_TRUE(events_of(batch));

  batch.add_latency_us(1);
  EXPECT_FALSE(events_of(batch));
}

}  // namespace
}  // namespace weir::cli
