#include "processors/runtime/segment.h"

#include <gtest/gtest.h>

#include "tests/fakes/sim_file_system.h"
#include "tests/runtime/log_contract.h"

namespace weir::runtime {
namespace {

const TopicPartition kWhere{"t", 0};

// A segment from offset 10 on, of records of these sizes.
struct SegmentTest : testing::Test {
  fakes::SimFileSystem disk;
  std::vector<std::uint64_t> starts;
  std::uint64_t size = 0;
  std::shared_ptr<const Segment> segment;

  void write(const std::vector<std::size_t>& sizes) {
    std::string bytes = encode_segment_header(kWhere, 10);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      starts.push_back(bytes.size());
      append_frame({.offset = 10 + static_cast<std::int64_t>(i)},
                   record("", std::string(sizes[i], 'x')), bytes);
    }
    ASSERT_TRUE(replace_file(disk, "/s", bytes));
    size = bytes.size();
    segment = Segment::open(disk, "/s", kWhere, 10).value();
  }
  // "first..last" of what one read returns.
  std::string read(std::int64_t from, std::size_t max_bytes, std::uint64_t limit) const {
    RecordBatch batch;
    const auto result = segment->read(from, max_bytes, limit, batch);
    if (!result) return result.error().message;
    return fmt::format("{}..{}", batch.records.front().offset, batch.records.back().offset);
  }
};

TEST_F(SegmentTest, ReadsFromAnyOffsetInAnyOrder) {
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < 3000; ++i) sizes.push_back(i * 37 % 300);
  write(sizes);

  for (std::int64_t i = 0; i < 3000; ++i) {
    const std::int64_t offset = 10 + i * 1009 % 3000;
    ASSERT_EQ(read(offset, 1, size), fmt::format("{0}..{0}", offset));
  }
}

TEST_F(SegmentTest, ARecordLargerThanTheBytesAskedForComesAlone) {
  write({100, kMaxRecordBytes, 100});

  EXPECT_EQ(read(10, 1000, size), "10..10");
  EXPECT_EQ(read(11, 1000, size), "11..11");
  EXPECT_EQ(read(12, 1000, size), "12..12");
  EXPECT_EQ(read(10, 4 << 20, size), "10..12");
}

TEST_F(SegmentTest, NothingBehindTheLimitIsSeen) {
  write({100, 100, 100});

  EXPECT_EQ(read(10, 1 << 20, starts[2]), "10..11");
}

TEST_F(SegmentTest, BytesThatAreNoFrameAreRefusedWithTheirPosition) {
  write({100, 100, 100});
  disk.flip("/s", starts[1] + 60);
  const std::string damaged = fmt::format(
      "/s: byte {} (offset 11): the bytes are not what was written; restore the file from a copy, "
      "or replay into a new directory from before",
      starts[1]);

  EXPECT_EQ(read(10, 1 << 20, size), "10..10");
  EXPECT_EQ(read(11, 1 << 20, size), damaged);
  EXPECT_EQ(read(12, 1 << 20, size), damaged);
}

TEST_F(SegmentTest, AFileThatEndsBeforeItsLimitIsRefused) {
  write({100, 100});
  ASSERT_TRUE(disk.truncate("/s", size - 1));

  EXPECT_TRUE(
      read(11, 1 << 20, size)
          .starts_with(fmt::format("/s: byte {} (offset 11): the file ends too early", size - 1)))
      << read(11, 1 << 20, size);
}

TEST(SegmentName, IsItsBaseOffset) {
  EXPECT_EQ(segment_name(42), "00000000000000000042.log");
  EXPECT_EQ(parse_segment_name("00000000000000000042.log"), 42);
  for (const char* other : {"42.log", "00000000000000000042.new", "000000000000000000x2.log",
                            "-0000000000000000042.log", "99999999999999999999.log"})
    EXPECT_EQ(parse_segment_name(other), std::nullopt) << other;
}

}  // namespace
}  // namespace weir::runtime
