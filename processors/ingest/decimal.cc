#include "processors/ingest/decimal.h"

#include <charconv>
#include <string>

namespace weir::ingest {
namespace {

constexpr std::int64_t kMaxDigits = 18;
constexpr int kMaxExponent = 10'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What a number is made of: all its digits, and how many of them stand before the point.
struct Parts {
  bool negative = false;
  std::string digits;
  std::int64_t point = 0;
};

std::optional<Parts> split(std::string_view text) {
  Parts parts;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    parts.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  bool fraction = false;
  std::size_t at = 0;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !fraction)); ++at) {
    if (text[at] == '.') {
      fraction = true;
    } else {
      parts.digits += text[at];
      if (!fraction) ++parts.point;
    }
  }
  if (parts.digits.empty()) return std::nullopt;
  if (at == text.size()) return parts;
  if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
  text.remove_prefix(at + 1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  if (exponent > kMaxExponent || exponent < -kMaxExponent) return std::nullopt;
  parts.point += exponent;
  return parts;
}

}  // namespace

std::optional<std::int64_t> scale_decimal(std::string_view text, int exponent) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  const std::size_t zeros = parts->digits.find_first_not_of('0');
  if (zeros == std::string::npos) return 0;
  const std::string_view digits = std::string_view(parts->digits).substr(zeros);
  const std::int64_t whole = parts->point - static_cast<std::int64_t>(zeros) + exponent;
  if (whole > kMaxDigits) return std::nullopt;
  std::int64_t value = 0;
  for (std::int64_t i = 0; i < whole; ++i)
    value = value * 10 + (i < std::ssize(digits) ? digits[static_cast<std::size_t>(i)] - '0' : 0);
  if (whole >= 0 && whole < std::ssize(digits) && digits[static_cast<std::size_t>(whole)] >= '5')
    ++value;
  return parts->negative ? -value : value;
}

std::optional<std::int64_t> parse_whole(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace weir::ingest
