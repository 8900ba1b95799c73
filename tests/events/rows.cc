#include "tests/events/rows.h"

#include <random>

#include <fmt/format.h>

namespace weir::events {
namespace {

class Generator {
 public:
  Generator(std::uint64_t seed, RandomRows& out) : random_(seed), out_(out) {
    for (std::size_t k = 0; k < kTexts; ++k) spread_[k] = std::uint64_t{1} << below(10);
    for (std::size_t k = 0; k < kNumbers; ++k) absent_percent_[k] = below(3) * 50;
    wide_percent_ = below(2);
  }

  void add() {
    EventRow& row = out_.rows.emplace_back();
    row.event_time_us = static_cast<TimeUs>(1'700'000'000'000'000 + below(20'000'000));
    if (below(100) < wide_percent_) row.event_time_us -= kDayUs;
    for (std::size_t k = 0; k < kTexts; ++k) row.texts[k] = text(k);
    for (std::size_t k = 0; k < kNumbers; ++k)
      if (below(100) >= absent_percent_[k]) row.set(static_cast<Number>(k), number(k));
    row.status = below(20) == 0 ? static_cast<std::int32_t>(below(12)) : 1;
    if (below(100) < wide_percent_) row.status = 1'000;
    if (below(2) == 0) row.user_hash = random_();
    if (below(2) == 0) row.set_low_confidence(below(2) == 0);
    if (below(2) == 0) row.set_abnormal_input(below(2) == 0);
    if (below(2) == 0) row.confidence = static_cast<float>(below(1'001)) / 1'000.0f;
    if (below(2) == 0) row.request_id = out_.texts.emplace_back(16, static_cast<char>(below(256)));
  }

 private:
  // std's distributions differ between machines.
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  std::string_view text(std::size_t k) {
    const std::uint64_t pick = below(spread_[k]);
    if (pick == 0) return {};
    return out_.texts.emplace_back(fmt::format("{}-{}\u00e9", k, pick));
  }

  std::int64_t number(std::size_t k) {
    if (static_cast<Number>(k) >= Number::retry_count) return static_cast<std::int64_t>(below(5));
    if (below(100) < wide_percent_)
      return static_cast<std::int64_t>(below(static_cast<std::uint64_t>(kMaxNumber)));
    return static_cast<std::int64_t>(random_() >> (36 + below(28)));
  }

  std::mt19937_64 random_;
  RandomRows& out_;
  std::array<std::uint64_t, kTexts> spread_{};
  std::array<std::uint64_t, kNumbers> absent_percent_{};
  std::uint64_t wide_percent_ = 0;
};

}  // namespace

RandomRows random_rows(std::uint64_t seed, std::size_t count) {
  RandomRows out;
  out.rows.reserve(count);
  Generator generator(seed, out);
  for (std::size_t i = 0; i < count; ++i) generator.add();
  return out;
}

}  // namespace weir::events
