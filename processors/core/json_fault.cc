#include "processors/core/json_fault.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kOutOfRange = "number out of range";

/// Takes every value and keeps none. Nothing is thrown: foreign text is wrong often.
class FaultFinder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }

  bool parse_error(std::size_t byte, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    byte_ = byte;
    token_bytes_ = token.size();
    what_ = error.what();
    return false;
  }

  std::size_t byte() const { return byte_; }  // from 1: the last that was read
  /// Of the last string or number, and of whatever was read behind it.
  std::size_t token_bytes() const { return token_bytes_; }
  std::string_view what() const { return what_; }

 private:
  std::size_t byte_ = 0;
  std::size_t token_bytes_ = 0;
  std::string what_;
};

/// "unexpected '}', expected string literal", out of
/// "[...] parse error at line 1, column 9: syntax error while parsing object key - unexpected '}';
/// expected string literal", or "...; last read: '...'", which is foreign.
std::string reason_of(std::string_view what) {
  constexpr std::string_view kSyntax = "syntax error ";
  constexpr std::string_view kReason = " - ";
  const std::size_t syntax = what.find(kSyntax);
  if (syntax == std::string_view::npos) return std::string(kOutOfRange);
  const std::size_t begin = what.find(kReason, syntax);
  if (begin == std::string_view::npos) return "syntax error";
  what.remove_prefix(begin + kReason.size());
  std::string reason(what.substr(0, what.find("; last read: ")));
  // What stands behind a semicolon says what to do, in errors of ours.
  if (const std::size_t at = reason.find("; "); at != std::string::npos) reason[at] = ',';
  return reason;
}

/// How many bytes it has that was read whole and is not wanted; 1 where reading broke at a byte.
std::size_t fault_bytes(std::string_view reason, std::size_t token_bytes) {
  const auto is_unexpected = [&](std::string_view token) {
    return reason.starts_with(fmt::format("unexpected {} literal", token));
  };
  if (is_unexpected("false")) return 5;
  if (is_unexpected("true") || is_unexpected("null")) return 4;
  const bool is_token = reason == kOutOfRange || is_unexpected("number") || is_unexpected("string");
  return is_token ? token_bytes : 1;
}

}  // namespace

std::string json_fault(std::string_view text) {
  FaultFinder finder;
  if (Json::sax_parse(text, &finder)) return {};
  const std::string reason = reason_of(finder.what());
  const std::size_t last = std::max<std::size_t>(finder.byte(), 1);
  const std::size_t bytes = fault_bytes(reason, finder.token_bytes());
  const std::string_view before =
      text.substr(0, std::min(last - std::min(last, bytes), text.size()));
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  if (text.find('\n') == std::string_view::npos)
    return fmt::format("column {}: {}", column, reason);
  return fmt::format("line {}, column {}: {}", 1 + std::ranges::count(before, '\n'), column,
                     reason);
}

}  // namespace weir
