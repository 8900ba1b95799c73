#include "tests/runtime/words.h"

#include <charconv>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "weir/v1/partial.pb.h"

namespace weir::runtime {

Result<void> Words::open(TaskContext& context) {
  WEIR_ASSIGN(const auto words, context.store().get("words"));
  if (words) words_ = static_cast<int>(words->size());
  WEIR_ASSIGN(const auto ended, context.store().get("ended"));
  ended_ = ended.has_value();
  return {};
}

Result<std::size_t> Words::process(std::span<const Record> records, TaskContext& context) {
  std::size_t taken = 0;
  while (taken < records.size() && !in_step() && !full_) {
    const Record& record = records[taken++];
    if (record.content_type == kTickType) continue;
    const std::size_t space = record.value.find(' ');
    const std::string_view word = record.value.substr(space + 1);
    if (word == "fail") return fail(ErrorCode::protocol, "told to fail");
    std::int64_t seconds = 0;
    std::from_chars(record.value.data(), record.value.data() + space, seconds);
    watermark_ = seconds * kSecondUs;
    full_ = word == "full";
    urgent_ |= word == "urgent";
    if (word == "step2") resumes_ = 2;
    tell(word, context);
  }
  return taken;
}

Result<void> Words::resume(TaskContext& context) {
  --resumes_;
  tell("resumed", context);
  return {};
}

Result<void> Words::prepare_commit(TaskContext& context) {
  context.store().put("words", std::string(static_cast<std::size_t>(words_), 'x'));
  if (ended_) context.store().put("ended", "");
  full_ = urgent_ = false;
  return {};
}

Result<void> Words::end_of_input(TaskContext& context) {
  if (!ended_) tell("end", context);
  ended_ = true;
  return {};
}

void Words::tell(std::string_view word, TaskContext& context) {
  context.emit(0, context.partition(), {.value = fmt::format("{}:{}", ++words_, word)});
}

WordLog::WordLog(std::int32_t partitions) {
  EXPECT_TRUE(log.create_topic({.name = "in", .partitions = partitions, .raw = true}));
  EXPECT_TRUE(log.create_topic({.name = "out", .partitions = partitions}));
}

void WordLog::write(std::string_view text, std::int32_t partition) {
  const NewRecord record{.value = std::string(text)};
  EXPECT_TRUE(log.append({"in", partition}, {&record, 1}));
}

RecordBatch WordLog::read(const TopicPartition& where) {
  RecordBatch batch;
  EXPECT_TRUE(log.read(where, 0, 1 << 20, batch));
  return batch;
}

std::string WordLog::committed(std::int32_t partition) {
  std::string text;
  const RecordBatch batch = read({"out", partition});
  for (const Record& record : batch.records) text += fmt::format("{} ", record.value);
  return text + fmt::format("| position {}", log.position({"words", partition}).value());
}

std::string WordLog::input(std::int32_t partition) {
  std::vector<std::string> texts;
  const RecordBatch batch = read({"in", partition});
  for (const Record& record : batch.records) {
    texts.emplace_back(record.value);
    v1::TickRecord tick;
    if (record.content_type == kTickType && tick.ParseFromString(std::string(record.value)))
      texts.back() = fmt::format("tick after {}", tick.last_offset());
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace weir::runtime
