// proto/weir/v1 only grows: a name, number, type or label that was published never changes.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/proto/contracts.h"

namespace weir::proto_test {
namespace {

namespace pb = google::protobuf;

std::string type_of(const pb::FieldDescriptor& field) {
  if (field.message_type() != nullptr) return field.message_type()->full_name();
  if (field.enum_type() != nullptr) return field.enum_type()->full_name();
  return field.type_name();
}

std::string label_of(const pb::FieldDescriptor& field) {
  if (field.is_repeated()) return field.is_packed() ? "repeated packed " : "repeated ";
  return field.has_optional_keyword() ? "optional " : "";
}

/// "weir.v1.KpiResult.scope = 2 repeated string": one line for each field and each enum value.
std::vector<std::string> contract_lines() {
  std::vector<std::string> lines;
  for (const auto* message : messages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      const pb::FieldDescriptor& field = *message->field(i);
      lines.push_back(fmt::format("{} = {} {}{}", field.full_name(), field.number(),
                                  label_of(field), type_of(field)));
    }
  }
  for (const auto* file : files()) {
    for (int i = 0; i < file->enum_type_count(); ++i) {
      const pb::EnumDescriptor& type = *file->enum_type(i);
      for (int j = 0; j < type.value_count(); ++j) {
        lines.push_back(fmt::format("{}.{} = {}", type.full_name(), type.value(j)->name(),
                                    type.value(j)->number()));
      }
    }
  }
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> published_lines() {
  std::ifstream file(WEIR_SOURCE_DIR "/tests/proto/published.txt");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> only_in_first(const std::vector<std::string>& first,
                                       const std::vector<std::string>& second) {
  std::vector<std::string> lines;
  std::ranges::set_difference(first, second, std::back_inserter(lines));
  return lines;
}

TEST(Contracts, lose_and_change_nothing_published) {
  EXPECT_THAT(only_in_first(published_lines(), contract_lines()), testing::IsEmpty())
      << "readers of v1 depend on these: put them back, and give what is new a number of its own";
}

TEST(Contracts, are_published_as_they_grow) {
  EXPECT_THAT(only_in_first(contract_lines(), published_lines()), testing::IsEmpty())
      << "add these lines to tests/proto/published.txt; they can never change after";
}

TEST(Contracts, every_file_is_listed) {
  std::vector<std::string> listed;
  for (const auto* file : files()) listed.push_back(file->name());

  std::vector<std::string> present;
  const std::filesystem::path root = WEIR_SOURCE_DIR "/proto";
  for (const auto& entry : std::filesystem::directory_iterator(root / "weir/v1")) {
    present.push_back(std::filesystem::relative(entry.path(), root).string());
  }
  std::erase_if(present, [](const std::string& name) { return !name.ends_with(".proto"); });

  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(present))
      << "tests/proto/contracts.cc lists them";
}

TEST(Contracts, nest_no_message_or_enum) {
  for (const auto* message : messages()) {
    EXPECT_EQ(message->nested_type_count() + message->enum_type_count(), 0)
        << message->full_name() << ": these tests look at top-level types only";
  }
}

}  // namespace
}  // namespace weir::proto_test
