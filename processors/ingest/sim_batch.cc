#include "processors/ingest/sim_batch.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <span>

#include "processors/core/bytes.h"
#include "weir/v1/inference.pb.h"

namespace weir::ingest {
namespace {

using events::Text;
using Batch = v1::InferenceBatch;

// https://protobuf.dev/programming-guides/encoding/
constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kLengthDelimited = 2;

struct TextField {
  Text text;
  std::uint32_t field;
};
// Fields are written in the order of their numbers.
constexpr std::array kCallerFields = {
    TextField{Text::service, Batch::kServiceFieldNumber},
    TextField{Text::model, Batch::kModelFieldNumber},
    TextField{Text::model_version, Batch::kModelVersionFieldNumber},
    TextField{Text::tenant, Batch::kTenantFieldNumber},
    TextField{Text::business_line, Batch::kBusinessLineFieldNumber}};
constexpr std::array kPlaceFields = {TextField{Text::region, Batch::kRegionFieldNumber},
                                     TextField{Text::host, Batch::kHostFieldNumber},
                                     TextField{Text::gpu_id, Batch::kGpuIdFieldNumber},
                                     TextField{Text::gpu_type, Batch::kGpuTypeFieldNumber},
                                     TextField{Text::experiment, Batch::kExperimentFieldNumber},
                                     TextField{Text::variant, Batch::kVariantFieldNumber}};
// The numbers of events::Number follow one another.
constexpr std::uint32_t kFirstNumberField = Batch::kLatencyUsFieldNumber;
static_assert(kFirstNumberField + events::kNumbers - 1 == Batch::kBatchSizeFieldNumber);

void put_tag(std::string& out, std::uint32_t field, std::uint32_t type) {
  put_varint(out, field << 3 | type);
}

/// A bytes or packed fixed-width field; left out where all values are `absent`.
template <class T>
void put_column(std::string& out, std::uint32_t field, std::span<const T> values, T absent) {
  if (std::ranges::all_of(values, [absent](T value) { return value == absent; })) return;
  put_tag(out, field, kLengthDelimited);
  put_bytes(out, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

}  // namespace

SimBatch::Dictionary::Dictionary(std::size_t max_events)
    : slots_(std::bit_ceil(4 * max_events)),
      shift_(64 - static_cast<unsigned>(std::countr_zero(slots_.size()))) {}

std::uint32_t SimBatch::Dictionary::code(std::uint32_t name) {
  constexpr std::uint64_t kScatter = 0x9e3779b97f4a7c15;
  // Never full: it has four slots for every event.
  for (std::size_t at = name * kScatter >> shift_;; at = (at + 1) & (slots_.size() - 1)) {
    Slot& slot = slots_[at];
    if (slot.batch != batch_) {
      slot = {batch_, name, static_cast<std::uint32_t>(names_.size())};
      names_.push_back(name);
    }
    if (slot.name == name) return slot.code;
  }
}

void SimBatch::Dictionary::clear() {
  names_.clear();
  if (++batch_ != 0) return;
  std::ranges::fill(slots_, Slot{});
  batch_ = 1;
}

SimBatch::SimBatch(const World& world, int max_events) : world_(world) {
  assert(max_events >= 1 && max_events <= kMaxEvents);
  const auto size = static_cast<std::size_t>(max_events);
  times_.resize(size);
  request_ids_.resize(size);
  user_hashes_.resize(size);
  statuses_.resize(size);
  flags_.resize(size);
  confidences_.resize(size);
  for (auto& column : codes_) column.resize(size);
  for (auto& column : numbers_) column.resize(size);
  for (std::size_t i = 0; i < events::kTexts; ++i) dictionaries_.emplace_back(size);
}

void SimBatch::add(const SimEvent& event) {
  times_[count_] = event.event_time_us;
  request_ids_[count_] = event.request_id;
  user_hashes_[count_] = event.user_hash;
  statuses_[count_] = event.status;
  flags_[count_] = event.flags;
  confidences_[count_] = event.confidence;
  for (std::size_t i = 0; i < events::kTexts; ++i)
    codes_[i][count_] = dictionaries_[i].code(event.texts[i]);
  for (std::size_t i = 0; i < events::kNumbers; ++i) numbers_[i][count_] = event.numbers[i];
  ++count_;
}

std::string SimBatch::take() {
  assert(count_ > 0);
  out_.clear();
  put_times();
  put_column(out_, Batch::kRequestIdFieldNumber, filled(request_ids_), {});
  for (const auto& [text, field] : kCallerFields) put_text(field, text);
  put_column(out_, Batch::kUserHashFieldNumber, filled(user_hashes_), std::uint64_t{0});
  for (const auto& [text, field] : kPlaceFields) put_text(field, text);
  put_column(out_, Batch::kStatusFieldNumber, filled(statuses_), std::uint8_t{0});
  put_text(Batch::kErrorDetailFieldNumber, Text::error_detail);
  put_column(out_, Batch::kFlagsFieldNumber, filled(flags_), std::uint8_t{0});
  put_column(out_, Batch::kConfidenceFieldNumber, filled(confidences_), SimEvent::kNoConfidence);
  for (std::uint32_t i = 0; i < events::kNumbers; ++i)
    put_column(out_, kFirstNumberField + i, filled(numbers_[i]), SimEvent::kAbsent);
  for (Dictionary& dictionary : dictionaries_) dictionary.clear();
  count_ = 0;
  return out_;
}

void SimBatch::put_times() {
  const auto times = filled(times_);
  const TimeUs base = std::ranges::min(times);
  put_tag(out_, Batch::kCountFieldNumber, kVarint);
  put_varint(out_, count_);
  put_tag(out_, Batch::kBaseTimeUsFieldNumber, kVarint);
  put_varint(out_, static_cast<std::uint64_t>(base));
  put_tag(out_, Batch::kTimeOffsetUsFieldNumber, kLengthDelimited);
  put_varint(out_, count_ * sizeof(std::uint32_t));
  for (const TimeUs time : times) put_fixed(out_, static_cast<std::uint32_t>(time - base));
}

void SimBatch::put_text(std::uint32_t field, Text text) {
  const auto at = static_cast<std::size_t>(text);
  const std::vector<std::uint32_t>& names = dictionaries_[at].names();
  if (names.size() == 1 && names[0] == SimEvent::kAbsent) return;
  const auto& all_names = world_.names(text);
  column_.clear();
  for (const std::uint32_t name : names) {
    put_tag(column_, v1::StringColumn::kValueFieldNumber, kLengthDelimited);
    put_bytes(column_, name == SimEvent::kAbsent ? std::string_view() : all_names[name]);
  }
  if (names.size() > 1) {
    const std::size_t width = names.size() <= 0x100 ? 1 : 2;
    put_tag(column_, v1::StringColumn::kCodeFieldNumber, kLengthDelimited);
    put_varint(column_, count_ * width);
    const std::size_t begin = column_.size();
    column_.resize(begin + count_ * width);
    for (std::size_t i = 0; i < count_; ++i)
      std::memcpy(&column_[begin + i * width], &codes_[at][i], width);
  }
  put_tag(out_, field, kLengthDelimited);
  put_bytes(out_, column_);
}

}  // namespace weir::ingest
