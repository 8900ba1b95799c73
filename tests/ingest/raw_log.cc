#include "tests/ingest/raw_log.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "processors/events/event.h"
#include "processors/events/json_event.h"
#include "weir/v1/dead_letter.pb.h"

namespace weir::ingest {
namespace {

std::string_view at(const v1::StringColumn& column, std::size_t event) {
  if (column.value().empty()) return {};
  const std::size_t count = static_cast<std::size_t>(column.value_size());
  const std::size_t width = count <= 0x100 ? 1 : count <= 0x10000 ? 2 : 4;
  std::uint32_t code = 0;
  if (!column.code().empty()) std::memcpy(&code, &column.code()[event * width], width);
  return column.value(static_cast<int>(code));
}

}  // namespace

std::vector<v1::InferenceEvent> expand(const std::string& record) {
  v1::InferenceBatch batch;
  EXPECT_TRUE(batch.ParseFromString(record));
  const std::array texts = {&batch.service(), &batch.model(),         &batch.model_version(),
                            &batch.tenant(),  &batch.business_line(), &batch.region(),
                            &batch.host(),    &batch.gpu_type(),      &batch.experiment(),
                            &batch.variant(), &batch.gpu_id(),        &batch.error_detail()};
  const std::array numbers = {&batch.latency_us(),   &batch.ttft_us(),       &batch.queue_us(),
                              &batch.compute_us(),   &batch.network_us(),    &batch.cold_start_us(),
                              &batch.input_tokens(), &batch.output_tokens(), &batch.cached_tokens(),
                              &batch.retry_count(),  &batch.batch_size()};
  std::vector<v1::InferenceEvent> result;
  for (std::size_t i = 0; i < batch.count(); ++i) {
    const int index = static_cast<int>(i);
    events::EventRow row;
    row.event_time_us = batch.base_time_us() + batch.time_offset_us(index);
    if (!batch.request_id().empty())
      row.request_id = std::string_view(batch.request_id()).substr(i * 16, 16);
    if (row.request_id == std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16))
      row.request_id = {};
    if (!batch.user_hash().empty()) row.user_hash = batch.user_hash(index);
    if (!batch.status().empty()) row.status = static_cast<std::uint8_t>(batch.status()[i]);
    if (!batch.flags().empty()) row.flags = static_cast<std::uint8_t>(batch.flags()[i]);
    if (!batch.confidence().empty() && !std::isnan(batch.confidence(index)))
      row.confidence = batch.confidence(index);
    for (std::size_t k = 0; k < texts.size(); ++k) row.texts[k] = at(*texts[k], i);
    for (std::size_t k = 0; k < numbers.size(); ++k)
      if (!numbers[k]->empty() &&
          numbers[k]->Get(index) != std::numeric_limits<std::uint32_t>::max())
        row.set(static_cast<events::Number>(k), numbers[k]->Get(index));
    result.push_back(events::to_event(row));
  }
  result.insert(result.end(), batch.other().begin(), batch.other().end());
  return result;
}

RawLog::RawLog(std::int32_t count) : partitions(count) {
  EXPECT_TRUE(log.create_topic({.name = "weir.inference", .partitions = count, .retention = {}}));
  EXPECT_TRUE(log.create_topic({.name = "weir.deadletter", .partitions = 1, .retention = {}}));
}

std::vector<std::string> RawLog::records(std::string_view topic, std::int32_t partition) const {
  runtime::RecordBatch batch;
  EXPECT_TRUE(log.read({std::string(topic), partition}, 0, SIZE_MAX, batch));
  std::vector<std::string> result;
  for (const runtime::Record& record : batch.records) result.emplace_back(record.value);
  return result;
}

std::vector<v1::InferenceEvent> RawLog::events(std::int32_t partition) const {
  std::vector<v1::InferenceEvent> result;
  for (const std::string& record : records("weir.inference", partition)) {
    const auto events = expand(record);
    result.insert(result.end(), events.begin(), events.end());
  }
  return result;
}

std::vector<v1::InferenceEvent> RawLog::events() const {
  std::vector<v1::InferenceEvent> result;
  for (std::int32_t p = 0; p < partitions; ++p) {
    const auto events = this->events(p);
    result.insert(result.end(), events.begin(), events.end());
  }
  return result;
}

std::string RawLog::text() const {
  std::string result;
  for (const v1::InferenceEvent& event : events()) result += events::to_json(event) + '\n';
  return result;
}

std::string RawLog::dead_letters() const {
  std::string result;
  for (const std::string& record : records("weir.deadletter", 0)) {
    v1::DeadLetter letter;
    EXPECT_TRUE(letter.ParseFromString(record));
    EXPECT_EQ(letter.entry_size(), 1);
    EXPECT_EQ(letter.entry(0).reason(), v1::DEAD_LETTER_REASON_REFUSED_ROW);
    result += fmt::format("{}: {} [{}]\n", letter.source(), letter.entry(0).text(),
                          letter.original().substr(0, 60));
  }
  return result;
}

}  // namespace weir::ingest
