// Records of version 1, as tests/proto/golden keeps them, stay readable by hand-written readers,
// too.
#include <cctype>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "processors/events/batch_reader.h"
#include "processors/events/event_reader.h"
#include "tests/events/reference.h"

namespace weir::events {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(WEIR_SOURCE_DIR "/tests/proto/golden/" + name + ".1.hex");
  std::string bytes;
  for (std::string digits, line; std::getline(file, line);)
    for (const char c : line.substr(0, line.find('#'))) {
      if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits += c;
      if (digits.size() < 2) continue;
      bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
      digits.clear();
    }
  return bytes;
}

TEST(Golden, BatchOfVersion1IsRead) {
  const std::string record = golden("InferenceBatch");
  EventColumns columns;
  std::vector<Problem> problems;
  ASSERT_TRUE(BatchReader().read(record, columns, problems));
  EXPECT_GT(columns.count, 1u);
  EXPECT_EQ(render(problems), "");
  EXPECT_EQ(compare_batch(record), "");
}

TEST(Golden, EventOfVersion1IsRead) {
  const std::string record = golden("InferenceEvent");
  EventColumns columns;
  ASSERT_TRUE(read_event(record, columns));
  EXPECT_EQ(compare_event(record), "");
  EXPECT_EQ(columns.text(Text::service).at(0).empty(), false);
}

}  // namespace
}  // namespace weir::events
