// One inference event as plain values: what every reader makes and every writer takes. Texts are
// views into whatever it was read from, so a row lives no longer than that record or message.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

#include "processors/core/time.h"
#include "weir/v1/inference.pb.h"

namespace weir::events {

/// A record is at most this many bytes; see runtime::kMaxRecordBytes.
inline constexpr std::size_t kMaxRecordBytes = 1 << 20;
/// A batch holds at most this many events, `other` included.
inline constexpr std::size_t kMaxEvents = 65'536;
/// Names (every text but error_detail) in bytes.
inline constexpr std::size_t kMaxNameBytes = 256;
/// What is kept of error_detail.
inline constexpr std::size_t kMaxErrorDetailBytes = 1'024;
/// Durations (µs) and counts above this are refused: 31 years, and sums of 64 bits hold 18,000 of
/// them.
inline constexpr std::int64_t kMaxNumber = 1'000'000'000'000'000;

/// Text fields. The first ten can be dimensions of a scope. In no format.
enum class Text : std::uint8_t {
  service,
  model,
  model_version,
  tenant,
  business_line,
  region,
  host,
  gpu_type,
  experiment,
  variant,
  gpu_id,
  error_detail,
};
inline constexpr std::size_t kTexts = 12;

/// Optional numbers. In no format.
enum class Number : std::uint8_t {
  latency,
  ttft,
  queue,
  compute,
  network,
  cold_start,
  input_tokens,
  output_tokens,
  cached_tokens,
  retry_count,
  batch_size,
};
inline constexpr std::size_t kNumbers = 11;

/// Their names as in the proto.
std::string_view field_name(Text text);
std::string_view field_name(Number number);
/// Durations are microseconds; the rest are counts.
constexpr bool is_duration(Number number) { return number <= Number::cold_start; }

/// One answer of `flags` (InferenceFlag), and that it is known.
inline void set_flag(std::uint8_t& flags, v1::InferenceFlag flag, v1::InferenceFlag known,
                     bool value) {
  const unsigned others = flags & ~static_cast<unsigned>(flag);
  flags = static_cast<std::uint8_t>(others | static_cast<unsigned>(known) |
                                    (value ? static_cast<unsigned>(flag) : 0u));
}
inline void set_low_confidence(std::uint8_t& flags, bool value) {
  set_flag(flags, v1::INFERENCE_FLAG_LOW_CONFIDENCE, v1::INFERENCE_FLAG_LOW_CONFIDENCE_KNOWN,
           value);
}
inline void set_abnormal_input(std::uint8_t& flags, bool value) {
  set_flag(flags, v1::INFERENCE_FLAG_ABNORMAL_INPUT, v1::INFERENCE_FLAG_ABNORMAL_INPUT_KNOWN,
           value);
}

struct EventRow {
  TimeUs event_time_us = 0;
  std::uint64_t user_hash = 0;   // 0: absent
  std::int32_t status = 0;       // InferenceStatus, known or not; 0: absent
  std::uint8_t flags = 0;        // InferenceFlag
  std::uint16_t has_number = 0;  // bit k: numbers[k] counts
  std::optional<float> confidence;
  std::string_view request_id;                 // 16 bytes, or empty: absent
  std::array<std::string_view, kTexts> texts;  // empty: absent
  std::array<std::int64_t, kNumbers> numbers;  // only where has_number says so

  /// Everything absent; `numbers` keep what they hold.
  void clear() {
    event_time_us = 0;
    user_hash = 0;
    status = 0;
    flags = 0;
    has_number = 0;
    confidence.reset();
    request_id = {};
    texts.fill({});
  }

  std::string_view& text(Text which) { return texts[static_cast<std::size_t>(which)]; }
  std::string_view text(Text which) const { return texts[static_cast<std::size_t>(which)]; }

  bool has(Number which) const { return has_number >> static_cast<unsigned>(which) & 1; }
  /// 0 where absent.
  std::int64_t number(Number which) const {
    return has(which) ? numbers[static_cast<std::size_t>(which)] : 0;
  }
  void set(Number which, std::int64_t value) {
    numbers[static_cast<std::size_t>(which)] = value;
    has_number = static_cast<std::uint16_t>(has_number | 1u << static_cast<unsigned>(which));
  }
  void set_low_confidence(bool value) { events::set_low_confidence(flags, value); }
  void set_abnormal_input(bool value) { events::set_abnormal_input(flags, value); }
};

/// A row whose views point into `event`.
EventRow to_row(const v1::InferenceEvent& event);
v1::InferenceEvent to_event(const EventRow& row);

}  // namespace weir::events
