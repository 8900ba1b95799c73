#include "processors/net/secret.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/fakes/temp_directory.h"

namespace weir::net {
namespace {

TEST(Secret, IsNeverPrinted) {
  EXPECT_EQ(fmt::format("[{}] [{}]", Secret("open sesame"), Secret()), "[***] []");
}

TEST(Secret, MatchesItselfOnly) {
  const Secret secret("open sesame");
  EXPECT_TRUE(secret.matches("open sesame"));
  for (const std::string_view other : {"", "open sesamE", "open sesame ", "open sesam"})
    EXPECT_FALSE(secret.matches(other)) << other;
  EXPECT_FALSE(Secret().matches(""));
}

TEST(Secret, IsReadFromAFileWithoutItsLineBreak) {
  const fakes::TempDirectory directory;
  const std::string file = directory.path() + "/token";
  for (const std::string_view end : {"", "\n", "\r\n"}) {
    std::ofstream(file) << "open sesame" << end;
    EXPECT_EQ(Secret::load("file:" + file).value().reveal(), "open sesame");
  }
}

TEST(Secret, IsReadFromTheEnvironment) {
  ASSERT_EQ(setenv("WEIR_TEST_SECRET", "open sesame", 1), 0);
  EXPECT_EQ(Secret::load("env:WEIR_TEST_SECRET").value().reveal(), "open sesame");
}

TEST(Secret, ErrorsNameTheReferenceAndNeverTheValue) {
  const fakes::TempDirectory directory;
  const std::string empty = directory.path() + "/empty";
  std::ofstream(empty) << "\n";
  const auto error = [](const std::string& reference) {
    return Secret::load(reference).error().message;
  };
  EXPECT_EQ(error("env:WEIR_TEST_ABSENT"),
            "env:WEIR_TEST_ABSENT: this environment variable is not set");
  EXPECT_EQ(error("file:" + empty), "file:" + empty + ": is empty");
  EXPECT_EQ(error("file:" + directory.path() + "/absent"),
            "file:" + directory.path() + "/absent: cannot be opened for reading");
  EXPECT_EQ(error("my-token").find("my-token"), std::string::npos);
  EXPECT_EQ(error("env:"), error("my-token"));
}

}  // namespace
}  // namespace weir::net
