#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "processors/ingest/csv_reader.h"
#include "processors/ingest/decimal.h"
#include "processors/ingest/input_file.h"
#include "processors/ingest/json_array_reader.h"
#include "tests/ingest/temp_file.h"

namespace weir::ingest {
namespace {

InputFile open(const TempFile& file) {
  auto opened = InputFile::open(file.path(), [](std::size_t) {});
  EXPECT_TRUE(opened) << opened.error().message;
  return *std::move(opened);
}

/// "line|field|field" or "line! problem", a row a line.
std::string csv_rows(std::string_view text) {
  const TempFile content("readers.csv", text);
  InputFile file = open(content);
  CsvReader reader(file);
  std::string result;
  for (CsvRow row; reader.next(row);)
    result += row.problem.empty()
                  ? fmt::format("{}|{}\n", row.line, fmt::join(row.fields, "|"))
                  : fmt::format("{}! {} [{}]\n", row.line, row.problem, row.text.substr(0, 20));
  return result;
}

/// "line: text" or "line! problem [text]", an element a line.
std::string json_elements(std::string_view text) {
  const TempFile content("readers.json", text);
  InputFile file = open(content);
  JsonArrayReader reader(file);
  std::string result;
  JsonElement element;
  while (true) {
    const auto more = reader.next(element);
    if (!more) return result + more.error().message.substr(content.path().size());
    if (!*more) return result;
    const std::string text_begin = element.text.substr(0, 40);
    result += element.problem.empty()
                  ? fmt::format("{}: {}\n", element.line, text_begin)
                  : fmt::format("{}! {} [{}]\n", element.line, element.problem, text_begin);
  }
}

TEST(InputFile, LinesOfEveryEnding) {
  const TempFile content("lines",
                         "\xef\xbb\xbf"
                         "a\r\n\nb\rc\n\r\nlast");
  InputFile file = open(content);
  std::vector<std::string> lines;
  for (std::string text; text.clear(), file.append_line(text);)
    lines.push_back(fmt::format("{}{}", file.line(), text));
  EXPECT_THAT(lines, testing::ElementsAre("2a", "3", "4b\rc", "5", "5last"));
  EXPECT_TRUE(file.status());
}

TEST(InputFile, BlocksAreCountedAndLongLinesCut) {
  const std::string long_line(3 * kMaxRowBytes, 'x');
  const TempFile content("long", long_line + "\nshort\n");
  std::size_t bytes = 0;
  auto file = InputFile::open(content.path(), [&](std::size_t block) { bytes += block; });
  std::string text;
  EXPECT_TRUE(file->append_line(text));
  EXPECT_EQ(text.size(), kMaxRowBytes + 1);
  text.clear();
  EXPECT_TRUE(file->append_line(text));
  EXPECT_EQ(text, "short");
  EXPECT_FALSE(file->append_line(text));
  EXPECT_EQ(bytes, long_line.size() + 7);
  EXPECT_EQ(InputFile::size_of(content.path()), bytes);
}

TEST(InputFile, SaysWhichFileIsNotThere) {
  const auto file = InputFile::open("no/such/file", [](std::size_t) {});
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message,
            "no/such/file: cannot read: No such file or directory; check the path and its "
            "permissions");
  EXPECT_THAT(InputFile::size_of("/").error().message, testing::HasSubstr("not a file"));
}

TEST(CsvReader, Rfc4180) {
  EXPECT_EQ(csv_rows("a,b,c\r\n1,,3\r\n\r\n\"x,\"\"y\"\"\",\"two\r\nlines\",\"\"\n,\nlast"),
            "1|a|b|c\n2|1||3\n4|x,\"y\"|two\nlines|\n6||\n7|last\n");
}

TEST(CsvReader, BadRowsAreReportedAndPassed) {
  EXPECT_EQ(csv_rows("a\"b,c\n1,2\n\"a\"b,c\n3,4\n"),
            "1! a quote inside a field that does not begin with one [a\"b,c]\n"
            "2|1|2\n"
            "3! something follows a closing quote [\"a\"b,c]\n"
            "4|3|4\n");
  EXPECT_EQ(csv_rows("1\n\"open\n2\n3"), "1|1\n2! a quote is never closed [\"open\n2\n3]\n");
  EXPECT_EQ(csv_rows(std::string(kMaxRowBytes + 1, 'x') + "\n1\n"),
            "1! the row is longer than 1 MiB [xxxxxxxxxxxxxxxxxxxx]\n2|1\n");
}

RC_GTEST_PROP(CsvReader, WhatIsQuotedIsRead, (const std::vector<std::string>& any)) {
  std::string text = "first";
  std::string expected = "1|first";
  for (std::string field : any) {
    std::erase_if(field, [](char c) { return c == '\r' || c == '\0'; });
    text += ",\"";
    for (const char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
    text += '"';
    expected += '|' + field;
  }
  RC_ASSERT(csv_rows(text) == expected + '\n');
}

TEST(JsonArrayReader, Elements) {
  EXPECT_EQ(json_elements("[]"), "");
  EXPECT_EQ(json_elements(" [\n {\"a\": [1, {\"b\": \"],}\\\"\"}]},\n 7 ,\"x\\\\\"]"),
            "2: {\"a\": [1, {\"b\": \"],}\\\"\"}]}\n3: 7 \n3: \"x\\\\\"\n");
  EXPECT_EQ(json_elements("[1, {\"a\": 2"),
            "1: 1\n1! the file ends inside the array [{\"a\": 2]\n");
  EXPECT_EQ(json_elements("[1,"), "1: 1\n1! the file ends inside the array []\n");
  EXPECT_EQ(json_elements("{\"a\": 1}"), ":1: expected a JSON array, beginning with '['");
  EXPECT_EQ(json_elements(""), ":1: expected a JSON array, beginning with '['");
}

TEST(JsonArrayReader, WhatFollowsTheArrayIsOneElementThatIsNone) {
  const std::string follows =
      "! something follows the ']' that closes the array; put all into one array ";
  EXPECT_EQ(json_elements("[1]\n \n"), "1: 1\n");
  EXPECT_EQ(json_elements("[]\n[2,\n3]\n"), "2" + follows + "[[2,\n3]\n]\n");
  EXPECT_EQ(json_elements("[1]]"), "1: 1\n1" + follows + "[]]\n");
  const std::string rest(kMaxRowBytes + 2, 'x');
  EXPECT_EQ(json_elements("[1] " + rest), "1: 1\n1" + follows + "[" + rest.substr(0, 40) + "]\n");
}

TEST(Decimal, ScalesExactly) {
  EXPECT_EQ(scale_decimal("0.297977801412344", 6), 297'978);
  EXPECT_EQ(scale_decimal("1", 6), 1'000'000);
  EXPECT_EQ(scale_decimal("-1.5", 3), -1'500);
  EXPECT_EQ(scale_decimal("0.0000005", 6), 1);
  EXPECT_EQ(scale_decimal("0.00000049999", 6), 0);
  EXPECT_EQ(scale_decimal("1.5e-3", 6), 1'500);
  EXPECT_EQ(scale_decimal("25E+2", 0), 2'500);
  EXPECT_EQ(scale_decimal("1999", -3), 2);
  EXPECT_EQ(scale_decimal("1499", -3), 1);
  EXPECT_EQ(scale_decimal("4", -3), 0);
  EXPECT_EQ(scale_decimal("000.5", 0), 1);
  EXPECT_EQ(scale_decimal("0e9999", 6), 0);
  EXPECT_EQ(scale_decimal("1e-9999", 6), 0);
  EXPECT_EQ(scale_decimal("999999999999999999", 0), 999'999'999'999'999'999);
  for (const char* text : {"", "-", ".", "e5", "1e", "1e99999", "1 ", " 1", "nan", "inf", "0x10",
                           "1.2.3", "1000000000000000000", "1e18"})
    EXPECT_EQ(scale_decimal(text, 0), std::nullopt) << text;
}

RC_GTEST_PROP(Decimal, MicrosecondsOfWrittenSeconds, (std::int32_t seconds, std::uint16_t part)) {
  const std::int64_t value = std::int64_t{seconds} * 1'000'000 + (seconds < 0 ? -part : part);
  const std::string text = fmt::format("{}{}.{:06}", value < 0 ? "-" : "",
                                       std::abs(value) / 1'000'000, std::abs(value) % 1'000'000);
  RC_ASSERT(scale_decimal(text, 6).value() == value);
}

}  // namespace
}  // namespace weir::ingest
