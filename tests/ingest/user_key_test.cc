#include "processors/ingest/user_key.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/fakes/temp_directory.h"

namespace weir::ingest {
namespace {

TEST(UserKey, HashesAsThePaperDoes) {
  // The first and last rows of the reference vectors, and the example of the paper's appendix.
  const std::uint64_t k0 = 0x0706050403020100;
  const std::uint64_t k1 = 0x0f0e0d0c0b0a0908;
  std::string bytes;
  EXPECT_EQ(siphash24(k0, k1, bytes), 0x726fdb47dd0e0e31u);
  for (char c = 0; c < 15; ++c) bytes += c;
  EXPECT_EQ(siphash24(k0, k1, bytes), 0xa129ca6149be45e5u);
  for (char c = 15; c < 63; ++c) bytes += c;
  EXPECT_EQ(siphash24(k0, k1, bytes), 0x958a324ceb064572u);
}

TEST(UserKey, IsMadeOnceAndReadFromThenOn) {
  const fakes::TempDirectory directory;
  const std::string path = directory.path() + "/user.key";
  const auto made = UserKey::load_or_make(path);
  ASSERT_TRUE(made) << made.error().message;
  const auto read = UserKey::load_or_make(path);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(made->hash("ann"), read->hash("ann"));
  EXPECT_NE(made->hash("ann"), UserKey(Id{}).hash("ann"));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));

  std::ofstream(path) << "secret nonsense";
  const auto wrong = UserKey::load_or_make(path);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message.find("nonsense"), std::string::npos);
  EXPECT_FALSE(UserKey::load_or_make(directory.path() + "/none/user.key"));
}

}  // namespace
}  // namespace weir::ingest
