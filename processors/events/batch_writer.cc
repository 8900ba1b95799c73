#include "processors/events/batch_writer.h"

#include <algorithm>
#include <cassert>
#include <deque>
#include <limits>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "processors/core/text.h"
#include "processors/events/columns.h"
#include "processors/events/validate.h"

namespace weir::events {
namespace {

/// What an event takes at most in the columns, beside new dictionary values.
constexpr std::size_t kEventBytes = 128;
/// Tag and length of a dictionary value.
constexpr std::size_t kValueBytes = 3;

/// Texts in order of appearance.
class Dictionary {
 public:
  /// Bytes that the value adds to the dictionary.
  std::size_t add(std::string_view value) {
    if (!codes_.empty() && values_[codes_.back()] == value) {
      codes_.push_back(codes_.back());
      return 0;
    }
    const auto next = static_cast<std::uint32_t>(values_.size());
    if (const auto found = index_.find(value); found != index_.end()) {
      codes_.push_back(found->second);
      return 0;
    }
    index_.emplace(values_.emplace_back(value), next);
    codes_.push_back(next);
    return value.size() + kValueBytes;
  }

  void write(v1::StringColumn* (v1::InferenceBatch::*column)(), v1::InferenceBatch& batch) const {
    if (values_.empty() || (values_.size() == 1 && values_[0].empty())) return;
    v1::StringColumn* const out = (batch.*column)();
    for (const std::string& value : values_) out->add_value(value);
    if (values_.size() == 1) return;
    const std::size_t width = values_.size() <= 0x100 ? 1 : values_.size() <= 0x10000 ? 2 : 4;
    std::string* const bytes = out->mutable_code();
    bytes->reserve(codes_.size() * width);
    for (const std::uint32_t code : codes_)
      bytes->append(reinterpret_cast<const char*>(&code), width);
  }

  void clear() {
    index_.clear();
    values_.clear();
    codes_.clear();
  }

 private:
  std::deque<std::string> values_;  // stays where it is: index_ points into it
  absl::flat_hash_map<std::string_view, std::uint32_t> index_;
  std::vector<std::uint32_t> codes_;
};

using v1::InferenceBatch;

constexpr std::array kTextColumns = {
    &InferenceBatch::mutable_service,       &InferenceBatch::mutable_model,
    &InferenceBatch::mutable_model_version, &InferenceBatch::mutable_tenant,
    &InferenceBatch::mutable_business_line, &InferenceBatch::mutable_region,
    &InferenceBatch::mutable_host,          &InferenceBatch::mutable_gpu_type,
    &InferenceBatch::mutable_experiment,    &InferenceBatch::mutable_variant,
    &InferenceBatch::mutable_gpu_id,        &InferenceBatch::mutable_error_detail};
static_assert(kTextColumns.size() == kTexts);

using Fixed32Column = google::protobuf::RepeatedField<std::uint32_t>* (InferenceBatch::*)();
constexpr std::array<Fixed32Column, kNumbers> kNumberColumns = {
    &InferenceBatch::mutable_latency_us,    &InferenceBatch::mutable_ttft_us,
    &InferenceBatch::mutable_queue_us,      &InferenceBatch::mutable_compute_us,
    &InferenceBatch::mutable_network_us,    &InferenceBatch::mutable_cold_start_us,
    &InferenceBatch::mutable_input_tokens,  &InferenceBatch::mutable_output_tokens,
    &InferenceBatch::mutable_cached_tokens, &InferenceBatch::mutable_retry_count,
    &InferenceBatch::mutable_batch_size};

template <class T>
bool any_but(const std::vector<T>& column, T absent) {
  return std::ranges::any_of(column, [absent](T value) { return value != absent; });
}

}  // namespace

struct BatchWriter::Columns {
  std::size_t max_events = 0;
  std::size_t bytes = 0;  // at most, once serialised
  TimeUs first_us = kMaxTime;
  TimeUs last_us = kMinTime;
  std::vector<TimeUs> times;
  std::string request_ids;
  std::array<Dictionary, kTexts> texts;
  std::array<std::vector<std::uint32_t>, kNumbers> numbers;
  std::vector<std::uint64_t> user_hashes;
  std::string statuses;
  std::string flags;
  std::vector<float> confidences;
  bool any_confidence = false;
  std::vector<v1::InferenceEvent> others;

  bool fits(const EventRow& row) const;
  void add(const EventRow& row);
  void write(InferenceBatch& batch) const;
  void clear();
};

bool BatchWriter::Columns::fits(const EventRow& row) const {
  // Unsigned, so that no difference of two times overflows.
  const auto span = static_cast<std::uint64_t>(std::max(last_us, row.event_time_us)) -
                    static_cast<std::uint64_t>(std::min(first_us, row.event_time_us));
  if (span >= kAbsent || row.status < 0 || row.status > 255) return false;
  for (std::size_t k = 0; k < kNumbers; ++k)
    if ((row.has_number >> k & 1) && row.numbers[k] >= kAbsent) return false;
  return true;
}

void BatchWriter::Columns::add(const EventRow& row) {
  first_us = std::min(first_us, row.event_time_us);
  last_us = std::max(last_us, row.event_time_us);
  times.push_back(row.event_time_us);
  constexpr std::string_view kNoId("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
  request_ids += row.request_id.empty() ? kNoId : row.request_id;
  bytes += kEventBytes;
  for (std::size_t k = 0; k < kTexts; ++k) bytes += texts[k].add(row.texts[k]);
  for (std::size_t k = 0; k < kNumbers; ++k)
    numbers[k].push_back(row.has_number >> k & 1 ? static_cast<std::uint32_t>(row.numbers[k])
                                                 : kAbsent);
  user_hashes.push_back(row.user_hash);
  statuses += static_cast<char>(row.status);
  flags += static_cast<char>(row.flags);
  any_confidence |= row.confidence.has_value();
  confidences.push_back(row.confidence.value_or(std::numeric_limits<float>::quiet_NaN()));
}

void BatchWriter::Columns::write(InferenceBatch& batch) const {
  batch.set_count(static_cast<std::uint32_t>(times.size()));
  if (!times.empty()) batch.set_base_time_us(first_us);
  for (const TimeUs time : times)
    batch.add_time_offset_us(static_cast<std::uint32_t>(time - first_us));
  if (request_ids.find_first_not_of('\0') != std::string::npos) batch.set_request_id(request_ids);
  for (std::size_t k = 0; k < kTexts; ++k) texts[k].write(kTextColumns[k], batch);
  if (any_but(user_hashes, std::uint64_t{0}))
    batch.mutable_user_hash()->Add(user_hashes.begin(), user_hashes.end());
  if (statuses.find_first_not_of('\0') != std::string::npos) batch.set_status(statuses);
  if (flags.find_first_not_of('\0') != std::string::npos) batch.set_flags(flags);
  if (any_confidence) batch.mutable_confidence()->Add(confidences.begin(), confidences.end());
  for (std::size_t k = 0; k < kNumbers; ++k)
    if (any_but(numbers[k], kAbsent))
      (batch.*kNumberColumns[k])()->Add(numbers[k].begin(), numbers[k].end());
  for (const v1::InferenceEvent& event : others) *batch.add_other() = event;
}

void BatchWriter::Columns::clear() {
  bytes = 0;
  first_us = kMaxTime;
  last_us = kMinTime;
  times.clear();
  request_ids.clear();
  for (Dictionary& text : texts) text.clear();
  for (auto& column : numbers) column.clear();
  user_hashes.clear();
  statuses.clear();
  flags.clear();
  confidences.clear();
  any_confidence = false;
  others.clear();
}

BatchWriter::BatchWriter(std::size_t max_events) : columns_(std::make_unique<Columns>()) {
  assert(max_events > 0 && max_events <= kMaxEvents);
  columns_->max_events = max_events;
}

BatchWriter::~BatchWriter() = default;
BatchWriter::BatchWriter(BatchWriter&&) noexcept = default;
BatchWriter& BatchWriter::operator=(BatchWriter&&) noexcept = default;

void BatchWriter::add(const EventRow& row) {
  assert(!full());
  EventRow kept = row;
  std::string_view& detail = kept.text(Text::error_detail);
  detail = cut_utf8(detail, kMaxErrorDetailBytes);
  if (columns_->fits(kept)) {
    columns_->add(kept);
    return;
  }
  const v1::InferenceEvent& event = columns_->others.emplace_back(to_event(kept));
  columns_->bytes += event.ByteSizeLong() + 8;
}

std::size_t BatchWriter::count() const { return columns_->times.size() + columns_->others.size(); }

bool BatchWriter::full() const {
  return count() >= columns_->max_events || columns_->bytes >= kTargetBytes;
}

std::string BatchWriter::take() {
  InferenceBatch batch;
  columns_->write(batch);
  columns_->clear();
  std::string bytes;
  batch.SerializeToString(&bytes);
  assert(bytes.size() <= kMaxRecordBytes);
  return bytes;
}

}  // namespace weir::events
