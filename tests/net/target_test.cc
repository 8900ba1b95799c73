#include "processors/net/target.h"

#include <gtest/gtest.h>

namespace weir::net {
namespace {

std::string parse(std::string_view text) {
  const auto target = parse_target(text);
  if (!target) return target.error().message;
  std::string rendered = target->path;
  for (const auto& [name, value] : target->query)
    rendered += fmt::format(" [{}]=[{}]", name, value);
  return rendered;
}

TEST(Target, IsTakenApartAndDecoded) {
  EXPECT_EQ(parse("/"), "/");
  EXPECT_EQ(parse("/a%20b/%C3%A9+"), "/a b/\xc3\xa9+");
  EXPECT_EQ(parse("/a?x=1&y=a+b%26&x=&z&&=v"), "/a [x]=[1] [y]=[a b&] [x]=[] [z]=[] []=[v]");
  EXPECT_EQ(parse("/a?"), "/a");
  EXPECT_EQ(parse("/a?x=1=2#part"), "/a [x]=[1=2]");
  EXPECT_EQ(parse("http://weir:8080/a?x=1"), "/a [x]=[1]");
  EXPECT_EQ(parse("HTTPS://weir"), "/");
}

TEST(Target, RefusesWhatIsNoPath) {
  EXPECT_EQ(parse(""), "the address does not begin with '/'");
  EXPECT_EQ(parse("*"), "the address does not begin with '/'");
  EXPECT_EQ(parse("http://weir?x"), "the address does not begin with '/'");
  for (const std::string_view bad : {"/%", "/%4", "/%g1", "/%1g", "/a?x=%", "/a?%zz=1"})
    EXPECT_EQ(parse(bad), "a '%' in the address is not followed by two hexadecimal digits") << bad;
  for (const std::string_view bad : {"/..", "/a/../b", "/a/%2e%2E/b", "/.", "/a/%2e"})
    EXPECT_EQ(parse(bad), "the path has a '.' or '..' segment") << bad;
  for (const std::string_view bad : {"/%00", "/a%0Ab", "/%7f"})
    EXPECT_EQ(parse(bad), "the path has a control character") << bad;
  std::string many = "/?";
  for (int i = 0; i < 1001; ++i) many += "x&";
  EXPECT_EQ(parse(many), "the query has more than 1000 parameters");
}

TEST(Target, OfAQueryIsReadAsItWasEncoded) {
  EXPECT_EQ(encode_query("Ann B. +\xc3\xa9"), "Ann%20B.%20%2B%C3%A9");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(parse_target("/?by=" + encode_query(all))->query.front().second, all);
}

}  // namespace
}  // namespace weir::net
