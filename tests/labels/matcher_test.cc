#include "processors/labels/matcher.h"

#include <gtest/gtest.h>

namespace weir::labels {
namespace {

const Labels kChat = {{"service", "chat"}, {"model", "a\"b"}, {"tenant", "eu-1"}};

bool matches(std::string_view text) {
  const auto matcher = Matcher::parse(text);
  EXPECT_TRUE(matcher) << matcher.error().message;
  return matcher && matcher->matches(kChat);
}

std::string error_of(std::string_view text) {
  const auto matcher = Matcher::parse(text);
  return matcher ? "ok" : matcher.error().message.substr(0, matcher.error().message.find(';'));
}

TEST(Matcher, ComparesWholeValues) {
  EXPECT_TRUE(matches("service=chat"));
  EXPECT_TRUE(matches("service = \"chat\" "));
  EXPECT_FALSE(matches("service=cha"));
  EXPECT_TRUE(matches("service!=cha"));
  EXPECT_TRUE(matches("model=\"a\\\"b\""));
  EXPECT_TRUE(matches("tenant=~\"eu-.*|us-.*\""));
  EXPECT_FALSE(matches("tenant=~eu"));
  EXPECT_TRUE(matches("tenant!~eu"));
}

TEST(Matcher, TakesALabelThatIsNotThereForEmpty) {
  EXPECT_TRUE(matches("region=\"\""));
  EXPECT_FALSE(matches("region=eu"));
  EXPECT_TRUE(matches("region!=eu"));
}

TEST(Matcher, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("=chat"), "matcher '=chat': it does not begin with the name of a label");
  EXPECT_EQ(error_of("service"), "matcher 'service': no =, !=, =~ or !~ follows the label");
  EXPECT_EQ(error_of("a=\"b"), "matcher 'a=\"b': the closing quote is missing");
  EXPECT_EQ(error_of("a=\"b\"c"), "matcher 'a=\"b\"c': something follows the closing quote");
  EXPECT_EQ(error_of("a=b c"), "matcher 'a=b c': such a value needs quotes");
  EXPECT_EQ(error_of("a=~\"(\""), "matcher '(': missing ): (");
  EXPECT_EQ(error_of("a=~\"(x)\\\\1\""), "matcher '(x)\\1': invalid escape sequence: \\1");
}

TEST(Matcher, IsWrittenAsItIsRead) {
  for (const char* text : {"service=\"chat\"", "model!=\"a\\\"b\"", "tenant=~\"eu-.*\""}) {
    EXPECT_EQ(Matcher::parse(text)->text(), text);
    EXPECT_EQ(Matcher::make(Matcher::parse(text)->proto())->text(), text);
  }
}

TEST(Labels, HaveAFingerprintOfTheirNamesAndValues) {
  EXPECT_EQ(fingerprint({}), "2d06800538d394c2");
  EXPECT_NE(fingerprint({{"a", "bc"}}), fingerprint({{"ab", "c"}}));
  EXPECT_EQ(to_text(kChat), "{model=\"a\\\"b\", service=\"chat\", tenant=\"eu-1\"}");
  EXPECT_EQ(to_text(common(kChat, {{"service", "chat"}, {"tenant", "us"}})), "{service=\"chat\"}");
}

}  // namespace
}  // namespace weir::labels
