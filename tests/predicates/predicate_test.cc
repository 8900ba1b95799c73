#include "processors/predicates/predicate.h"

#include <gtest/gtest.h>

namespace weir::predicates {
namespace {

using events::EventRow;
using events::Number;
using events::Text;

EventRow row(std::string_view model, std::optional<std::int64_t> latency_us,
             v1::InferenceStatus status = v1::INFERENCE_STATUS_OK) {
  EventRow made{.event_time_us = 1, .status = status};
  made.text(Text::model) = model;
  if (latency_us) made.set(Number::latency, *latency_us);
  return made;
}

/// "0110": what each row answers.
std::string answers(std::string_view text, const std::vector<EventRow>& rows) {
  events::EventColumns columns;
  for (const EventRow& each : rows) columns.append(each);
  const auto predicate = Predicate::parse(text);
  if (!predicate) return predicate.error().message;
  Predicate::Scratch scratch;
  Mask out;
  predicate->evaluate(columns, scratch, out);
  std::string bits;
  for (std::size_t i = 0; i < columns.count; ++i) bits += static_cast<char>('0' + out[i]);
  return bits;
}

TEST(Predicate, TestsFieldsOfEveryKind) {
  std::vector<EventRow> rows = {row("a", 500'000), row("b", 900'000), row("", std::nullopt),
                                row("c", 5'000'000'000, v1::INFERENCE_STATUS_TIMEOUT)};
  rows[0].set(Number::ttft, 100'000);
  rows[0].set(Number::output_tokens, 101);
  rows[1].set_low_confidence(true);
  rows[2].status = 0;
  EXPECT_EQ(answers("status == ok && latency <= 800ms && model in (\"a\", \"b\")", rows), "1000");
  EXPECT_EQ(answers("latency > 800ms", rows), "0101");
  EXPECT_EQ(answers("latency == 5000s", rows), "0001") << "wider than an entry of a column";
  EXPECT_EQ(answers("latency != 500ms", rows), "0101") << "not where it is absent";
  EXPECT_EQ(answers("latency in (500ms, 900ms)", rows), "1100");
  EXPECT_EQ(answers("has(latency)", rows), "1101");
  EXPECT_EQ(answers("!has(ttft)", rows), "0111");
  EXPECT_EQ(answers("model != a", rows), "0101");
  EXPECT_EQ(answers("has(model)", rows), "1101");
  EXPECT_EQ(answers("status != ok", rows), "0011");
  EXPECT_EQ(answers("status in (absent, timeout)", rows), "0011");
  EXPECT_EQ(answers("has(status)", rows), "1101");
  EXPECT_EQ(answers("tpot <= 4ms", rows), "1000");
  EXPECT_EQ(answers("tpot < 4ms", rows), "0000");
  EXPECT_EQ(answers("output_tokens >= 101", rows), "1000");
  EXPECT_EQ(answers("low_confidence == true", rows), "0100");
  EXPECT_EQ(answers("low_confidence == false", rows), "0000") << "nobody said so";
  EXPECT_EQ(answers("true", rows), "1111");
}

TEST(Predicate, ConnectivesBindAsUsual) {
  const std::vector<EventRow> rows = {row("a", 1), row("b", 1), row("a", 9), row("b", 9)};
  EXPECT_EQ(answers("model == a || model == b && latency == 9us", rows), "1011");
  EXPECT_EQ(answers("(model == a || model == b) && latency == 9us", rows), "0011");
  EXPECT_EQ(answers("!model == a || !(latency == 1us)", rows), "0111");
}

TEST(Predicate, IsSpelledInOneWay) {
  EXPECT_EQ(Predicate::parse(" latency<=800ms&&model in(\"a b\",c\n) ")->text(),
            "latency <= 800ms && model in ( \"a b\" , c )");
  const std::string text = Predicate::parse("!(model==\"\\\"x\\\\\")||has( ttft )")->text();
  EXPECT_EQ(Predicate::parse(text)->text(), text);
}

TEST(Predicate, AnErrorHasACaret) {
  const auto wrong = [](std::string_view text) {
    const auto parsed = Predicate::parse(text);
    return parsed ? "good" : parsed.error().message;
  };
  EXPECT_EQ(wrong("latency <= && status == ok"),
            "expected a value here\n"
            "  latency <= && status == ok\n"
            "             ^");
  EXPECT_EQ(wrong("latency <= 800"),
            "'800' is not a duration; write a whole number and a unit, for example 250ms, 10s, 1h\n"
            "  latency <= 800\n"
            "             ^");
  EXPECT_EQ(wrong("model < b"),
            "this field has no order; compare it by ==, != or in\n"
            "  model < b\n"
            "        ^");
  EXPECT_EQ(wrong("status == ok\n&& model = b"),
            "this alone has no meaning here; compare with ==\n"
            "  && model = b\n"
            "           ^");
  EXPECT_EQ(wrong("model == 'b'"),
            "this character has no meaning here; text goes into \"...\"\n"
            "  model == 'b'\n"
            "           ^");
  EXPECT_EQ(wrong("status == fine"),
            "'fine' is not a status; one of ok, client_error, server_error, timeout, oom, "
            "dependency, model_load, rejected, cancelled, other, absent\n"
            "  status == fine\n"
            "            ^");
  EXPECT_EQ(wrong("model == \"a"),
            "this string has no end; close it with '\"'\n"
            "  model == \"a\n"
            "           ^");
  EXPECT_EQ(wrong("status == ok status == ok"),
            "expected && or || here, or the end\n"
            "  status == ok status == ok\n"
            "               ^");
  EXPECT_EQ(wrong(""),
            "expected a test here, for example status == ok or latency <= 800ms\n"
            "  \n"
            "  ^");
  EXPECT_NE(wrong(std::string(40, '(')).find("nested too deep"), std::string::npos);
  EXPECT_NE(wrong("colour == red").find("expected a field here: status, service,"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::predicates
