// The JSON sample that proto/README.md shows producers, as Weir reads it.
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/events/json_event.h"

namespace weir::proto_test {
namespace {

/// The lines of the page's ```json block.
std::vector<std::string> json_sample() {
  std::ifstream page(WEIR_SOURCE_DIR "/proto/README.md");
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = line == "```json";
    } else if (inside) {
      lines.push_back(line);
    }
  }
  return lines;
}

TEST(ProducerPage, json_sample_is_read_whole) {
  events::JsonEventReader reader;
  std::vector<std::string> read;
  for (const std::string& line : json_sample()) {
    v1::InferenceEvent event;
    const auto result = reader.read(line, event);
    read.push_back(result ? event.ShortDebugString() : result.error().text);
  }

  EXPECT_THAT(
      read,
      testing::ElementsAre(
          "event_time_us: 1767225600812000 service: \"code\" model: \"llama-70b\" "
          "status: INFERENCE_STATUS_OK latency_us: 812000 ttft_us: 95000 input_tokens: 812 "
          "output_tokens: 64",
          "request_id: \"\\000\\021\\\"3DUfw\\210\\231\\252\\273\\314\\335\\356\\377\" "
          "event_time_us: 1767225600250000 service: \"code\" model: \"qwen-7b\" tenant: \"acme\" "
          "status: INFERENCE_STATUS_TIMEOUT error_detail: \"upstream closed\" "
          "latency_us: 30000000"));
  EXPECT_EQ(reader.unknown_fields(), 0U);
}

}  // namespace
}  // namespace weir::proto_test
