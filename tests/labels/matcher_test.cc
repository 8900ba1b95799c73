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

TEST(Matcher, MayMatchEverythingWhereNoneOfThemNamesAnything) {
  const auto everything = [](const std::vector<std::string>& texts) {
    std::vector<Matcher> matchers;
    for (const std::string& text : texts) matchers.push_back(*Matcher::parse(text));
    return may_match_everything(matchers);
  };
  for (const char* text :
       {"a=", "a!=b", "a!~b", "a!=\"\"", "a=~\".*\"", "a=~\".+\"", "a=~\"b|.+\"", "a=~\"[a-z]+\"",
        "a=~\"\\\\S{2,}\"", "a!~\".+\"", "a!~\"\"", "a=~\"|b\""})
    EXPECT_TRUE(everything({text})) << text;
  for (const char* text : {"a=b", "a=qzvxjk", "a=~b", "a=~\"eu-.+\"", "a=~\"chat|search\"",
                           "a=~\"gpu-[0-9]+\"", "a=~\".*qz.*\""})
    EXPECT_FALSE(everything({text})) << text;
  EXPECT_TRUE(everything({"a=~\".+\"", "b!=c"}));
  EXPECT_FALSE(everything({"a=~\".+\"", "b=c"}));
  EXPECT_TRUE(everything({"severity=~\"page|ticket|info\""}));
  EXPECT_FALSE(everything({"severity=~\"ticket|info\""}));
  EXPECT_FALSE(everything({"severity!=page"}));
  EXPECT_TRUE(everything({}));
}

TEST(Matcher, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("=chat"), "matcher '=chat': it does not begin with the name of a label");
  EXPECT_EQ(error_of("service"), "matcher 'service': no =, !=, =~ or !~ follows the label");
  EXPECT_EQ(error_of("a=\"b"), "matcher 'a=\"b': the closing quote is missing");
  EXPECT_EQ(error_of("a=\"b\"c"), "matcher 'a=\"b\"c': something follows the closing quote");
  EXPECT_EQ(error_of("a=b c"), "matcher 'a=b c': such a value needs quotes");
  EXPECT_EQ(error_of("a=~\"(\""), "matcher 'a=~\"(\"': missing ): (");
  EXPECT_EQ(error_of("a=~\"(x)\\\\1\""), "matcher 'a=~\"(x)\\\\1\"': invalid escape sequence: \\1");
  v1::LabelMatcher none;
  none.set_name("a");
  EXPECT_EQ(Matcher::make(none).error().message.substr(0, 41),
            "matcher 'a': its operation is not known; ");
}

TEST(Matcher, PointsAtWhatIsWrong) {
  const auto below = [](std::string_view text) {
    const std::string message = Matcher::parse(text).error().message;
    return message.substr(std::min(message.find('\n'), message.size()));
  };
  EXPECT_EQ(below(" =chat"), "\n   =chat\n   ^");
  EXPECT_EQ(below(""), "\n  \n  ^");
  EXPECT_EQ(below("service"), "\n  service\n         ^");
  EXPECT_EQ(below("service ~ x"), "\n  service ~ x\n          ^");
  EXPECT_EQ(below("a=\"b"), "\n  a=\"b\n    ^");
  EXPECT_EQ(below("a=\"b\"c"), "\n  a=\"b\"c\n       ^");
  EXPECT_EQ(below("a=b c"), "\n  a=b c\n     ^");
  EXPECT_EQ(below("a=~ \"(\""), "\n  a=~ \"(\"\n      ^");
  // Of what is longer than an error repeats, the text before has the beginning.
  EXPECT_EQ(below("a=" + std::string(100, ' ') + "b c"), "");
}

TEST(Matcher, IsWrittenAsItIsRead) {
  for (const char* text :
       {"service=\"chat\"", "model!=\"a\\\"b\"", "tenant=~\"eu-.*\"", "note=\"two\\nlines\""}) {
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
