#include "processors/core/hash.h"

#include <gtest/gtest.h>

#include <string>

#include <fmt/format.h>

namespace weir {
namespace {

// They decide partitions, ids and sketches of everything that was ever written.
TEST(Hash, NeverChanges) {
  EXPECT_EQ(fmt::format("{:016x}", hash64("")), "2d06800538d394c2");
  EXPECT_EQ(fmt::format("{:016x}", hash64("a")), "e6c632b61e964e1f");
  EXPECT_EQ(fmt::format("{:016x}", hash64("weir")), "09831dc741817118");
  EXPECT_EQ(fmt::format("{:016x}", hash64(std::string(300, 'x'))), "a5d1b4607dc83554");
}

TEST(Hash, APartitionIsTheHashModuloTheirNumber) {
  std::string partitions;
  for (const std::string_view key : {"", "a", "b", "code", "chat", "t-17"})
    partitions += fmt::format("{} ", partition_of(key, 7));
  EXPECT_EQ(partitions, "4 1 4 2 2 4 ");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(partition_of(std::to_string(i), 1), 0);
}

}  // namespace
}  // namespace weir
