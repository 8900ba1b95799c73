#include "processors/net/content_decoder.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/net/compress.h"

namespace weir::net {
namespace {

constexpr std::size_t kLimit = 1 << 20;

std::string decoded(Encoding encoding, std::string_view body, std::size_t memory_bytes = kLimit) {
  MemoryBudget memory(memory_bytes);
  MemoryBudget::Claim claim(memory);
  const auto text = decode(encoding, body, kLimit, claim);
  if (text) return *text;
  switch (text.error()) {
    case DecodeFault::too_large:
      return "<too large>";
    case DecodeFault::memory_full:
      return "<memory full>";
    case DecodeFault::corrupt:
      return "<corrupt>";
  }
  return "";
}

TEST(ContentDecoder, KnowsGzipZstdAndNone) {
  const auto name = [](std::string_view header) {
    const auto encoding = parse_encoding(header);
    return encoding ? static_cast<int>(*encoding) : -1;
  };
  EXPECT_EQ(name(""), 0);
  EXPECT_EQ(name("Identity"), 0);
  EXPECT_EQ(name("GZIP"), 1);
  EXPECT_EQ(name("x-gzip"), 1);
  EXPECT_EQ(name("zstd"), 2);
  for (const std::string_view other : {"deflate", "br", "gzip, zstd", "gzip,gzip", "gz", " "})
    EXPECT_EQ(name(other), -1) << other;
}

TEST(ContentDecoder, GivesBackWhatWasCompressed) {
  rc::check([](const std::string& text) {
    RC_ASSERT(decoded(Encoding::identity, text) == text);
    RC_ASSERT(decoded(Encoding::gzip, gzip(text)) == text);
    RC_ASSERT(decoded(Encoding::zstd, zstd(text)) == text);
    RC_ASSERT(decoded(Encoding::gzip, gzip(text) + gzip("more")) == text + "more");
    RC_ASSERT(decoded(Encoding::zstd, zstd(text) + zstd("more")) == text + "more");
  });
}

TEST(ContentDecoder, TakesExactlyTheLimitAndNotAByteMore) {
  const std::string most(kLimit, 'x');
  for (const auto& [encoding, pack] :
       {std::pair{Encoding::gzip, +[](std::string_view text) { return gzip(text); }},
        std::pair{Encoding::zstd, +[](std::string_view text) { return zstd(text); }},
        std::pair{Encoding::identity, +[](std::string_view text) { return std::string(text); }}}) {
    EXPECT_TRUE(decoded(encoding, pack(most)) == most);
    EXPECT_EQ(decoded(encoding, pack(most + "x")), "<too large>");
    EXPECT_EQ(decoded(encoding, pack(most), kLimit - 1), "<memory full>");
  }
}

// 128 MiB of zeros in less than one: the claim shows how far decoding went.
TEST(ContentDecoder, StopsABombAtTheLimit) {
  const std::string part = gzip(std::string(8 << 20, '\0'));
  std::string bomb;
  for (int i = 0; i < 16; ++i) bomb += part;
  EXPECT_LT(bomb.size(), kLimit);
  MemoryBudget memory(2 * kLimit);
  MemoryBudget::Claim claim(memory);
  EXPECT_EQ(decode(Encoding::gzip, bomb, kLimit, claim).error(), DecodeFault::too_large);
  EXPECT_TRUE(claim.grow(kLimit));  // at most the limit was claimed
}

TEST(ContentDecoder, RefusesWhatIsCorruptOrCutOff) {
  const std::string text(10'000, 'x');
  for (const auto& [encoding, packed] :
       {std::pair{Encoding::gzip, gzip(text)}, std::pair{Encoding::zstd, zstd(text)}}) {
    for (std::size_t size = 0; size < packed.size(); ++size)
      EXPECT_EQ(decoded(encoding, packed.substr(0, size)), "<corrupt>") << size;
    EXPECT_EQ(decoded(encoding, packed + "tail"), "<corrupt>");
    EXPECT_EQ(decoded(encoding, "plain text"), "<corrupt>");
  }
}

TEST(ContentDecoder, RefusesAZstdWindowAboveItsMemory) {
  const std::string text(1000, 'x');
  EXPECT_EQ(decoded(Encoding::zstd, zstd(text, 24)), text);
  EXPECT_EQ(decoded(Encoding::zstd, zstd(text, 25)), "<corrupt>");
}

}  // namespace
}  // namespace weir::net
