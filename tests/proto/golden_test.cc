// Bytes that v1 once wrote stay readable, and mean what they meant.
//
// golden/<Message>.<n>.hex holds such bytes, golden/<Message>.<n>.txtpb what they say. A golden is
// never changed; a new field comes with one more. tests/proto/README.md says how to make it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include <absl/strings/escaping.h>
#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "tests/proto/contracts.h"

namespace weir::proto_test {
namespace {

namespace pb = google::protobuf;

const std::filesystem::path kGoldens = WEIR_SOURCE_DIR "/tests/proto/golden";

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::string bytes_of(const std::filesystem::path& file) {
  std::string hex = text_of(file);
  std::erase(hex, '\n');
  return absl::HexStringToBytes(hex);
}

/// Names of goldens without their suffix: "KpiResult.1".
std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldens)) {
    if (entry.path().extension() == ".hex") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

/// An empty message of the golden's type, as generated.
std::unique_ptr<pb::Message> empty_message(const std::string& golden) {
  const std::string name = golden.substr(0, golden.find('.'));
  for (const auto* message : messages()) {
    if (message->name() == name) {
      return std::unique_ptr<pb::Message>(
          pb::MessageFactory::generated_factory()->GetPrototype(message)->New());
    }
  }
  return nullptr;
}

/// Adds "Message.field" for every field that is set, here and below.
void collect_set_fields(const pb::Message& message, std::set<std::string>& found) {
  const pb::Reflection& reflection = *message.GetReflection();
  std::vector<const pb::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    found.insert(field->full_name());
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      collect_set_fields(reflection.GetMessage(message, field), found);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      collect_set_fields(reflection.GetRepeatedMessage(message, field, i), found);
    }
  }
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, reads_as_it_did_and_writes_the_same_bytes) {
  const std::string bytes = bytes_of(kGoldens / (GetParam() + ".hex"));
  const auto message = empty_message(GetParam());
  ASSERT_TRUE(message) << "no such message in proto/weir/v1";

  ASSERT_TRUE(message->ParseFromString(bytes));

  std::string text;
  ASSERT_TRUE(pb::TextFormat::PrintToString(*message, &text));
  EXPECT_EQ(text, text_of(kGoldens / (GetParam() + ".txtpb")));
  EXPECT_EQ(absl::BytesToHexString(message->SerializeAsString()), absl::BytesToHexString(bytes));
}

INSTANTIATE_TEST_SUITE_P(v1, Golden, testing::ValuesIn(golden_names()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace(name, '.', '_');
  return name;
});

TEST(Goldens, set_every_field_of_every_message) {
  std::set<std::string> set;
  for (const std::string& name : golden_names()) {
    const auto message = empty_message(name);
    ASSERT_TRUE(message) << name;
    ASSERT_TRUE(message->ParseFromString(bytes_of(kGoldens / (name + ".hex"))));
    collect_set_fields(*message, set);
  }

  std::vector<std::string> unset;
  for (const auto* message : messages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      if (!set.contains(message->field(i)->full_name())) {
        unset.push_back(message->field(i)->full_name());
      }
    }
  }
  EXPECT_THAT(unset, testing::IsEmpty()) << "write a further golden that sets them";
}

}  // namespace
}  // namespace weir::proto_test
