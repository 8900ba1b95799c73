// The simulator's events as InferenceBatch records: the bytes that events::BatchWriter gives for
// the same events (a test compares them), five times as fast, because names are known by number
// here and nothing needs hashing, checking or a message object. One thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/time.h"
#include "processors/events/event.h"
#include "processors/ingest/sim_world.h"

namespace weir::ingest {

struct SimEvent {
  static constexpr std::uint32_t kAbsent = 0xffff'ffff;
  /// The bits of the NaN that stands for an absent confidence.
  static constexpr std::uint32_t kNoConfidence =
      std::bit_cast<std::uint32_t>(std::numeric_limits<float>::quiet_NaN());

  TimeUs event_time_us = 0;
  std::uint64_t user_hash = 0;
  std::array<std::uint64_t, 2> request_id = {};                                // zeros: absent
  std::array<std::uint32_t, events::kTexts> texts = absent<events::kTexts>();  // of World::names
  std::array<std::uint32_t, events::kNumbers> numbers = absent<events::kNumbers>();
  std::uint8_t status = 0;
  std::uint8_t flags = 0;
  std::uint32_t confidence = kNoConfidence;  // the bits of the float

  void set(events::Text text, std::uint32_t name) { texts[static_cast<std::size_t>(text)] = name; }
  void set(events::Number number, std::int64_t value) {
    numbers[static_cast<std::size_t>(number)] = static_cast<std::uint32_t>(value);
  }

 private:
  template <std::size_t N>
  static constexpr std::array<std::uint32_t, N> absent() {
    std::array<std::uint32_t, N> values{};
    values.fill(kAbsent);
    return values;
  }
};

class SimBatch {
 public:
  /// A batch of so many events, with the names of any World, is below runtime::kMaxRecordBytes.
  static constexpr int kMaxEvents = 4'096;

  /// `world` must outlive it. max_events: 1 .. kMaxEvents.
  SimBatch(const World& world, int max_events);

  /// REQUIRES: !full(); no number is above 2^32 - 2; times are within 71 minutes.
  void add(const SimEvent& event);
  std::size_t count() const { return count_; }
  bool full() const { return count_ == times_.size(); }
  /// The serialised batch; it is empty again. REQUIRES: count() > 0.
  std::string take();

 private:
  /// The distinct names of a column in order of appearance.
  class Dictionary {
   public:
    explicit Dictionary(std::size_t max_events);
    std::uint32_t code(std::uint32_t name);
    const std::vector<std::uint32_t>& names() const { return names_; }
    void clear();

   private:
    struct Slot {
      std::uint32_t batch;  // the slot counts only in this batch
      std::uint32_t name;
      std::uint32_t code;
    };

    std::vector<Slot> slots_;
    unsigned shift_;
    std::uint32_t batch_ = 1;
    std::vector<std::uint32_t> names_;
  };

  template <class T>
  std::span<const T> filled(const std::vector<T>& column) const {
    return {column.data(), count_};
  }
  void put_times();
  void put_text(std::uint32_t field, events::Text text);

  const World& world_;
  std::size_t count_ = 0;
  std::vector<TimeUs> times_;
  std::vector<std::array<std::uint64_t, 2>> request_ids_;
  std::vector<std::uint64_t> user_hashes_;
  std::array<std::vector<std::uint32_t>, events::kTexts> codes_;
  std::array<std::vector<std::uint32_t>, events::kNumbers> numbers_;
  std::vector<std::uint8_t> statuses_;
  std::vector<std::uint8_t> flags_;
  std::vector<std::uint32_t> confidences_;
  std::vector<Dictionary> dictionaries_;  // by text
  std::string out_;
  std::string column_;  // one StringColumn
};

}  // namespace weir::ingest
