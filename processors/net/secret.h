// A token or password: read from where the configuration says, compared, never printed. Plain
// value; thread-safe once made.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "processors/core/result.h"

namespace weir::net {

class Secret {
 public:
  /// Empty: no secret, which nothing matches.
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  /// "env:NAME" is the environment variable's value, "file:PATH" the file's text without its last
  /// line break. Error: invalid_argument where the reference is neither, not_found where there is
  /// no such variable or file, or it is empty; io. Errors name the reference, never the value.
  static Result<Secret> load(std::string_view reference);
  /// Only whether the reference is well formed; for checking a configuration elsewhere.
  static Result<std::string> check_reference(std::string_view reference);

  bool empty() const { return value_.empty(); }
  std::size_t size() const { return value_.size(); }
  /// Whether `presented` is this secret, in a time that depends on neither (both are hashed with
  /// SHA-256 first, which hides length and place of the difference).
  bool matches(std::string_view presented) const;
  /// The value, for whoever has to send it.
  const std::string& reveal() const { return value_; }

 private:
  std::string value_;
};

}  // namespace weir::net

/// Prints "***", or "" where there is none.
template <>
struct fmt::formatter<weir::net::Secret> : fmt::formatter<std::string_view> {
  auto format(const weir::net::Secret& secret, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format(secret.empty() ? "" : "***", context);
  }
};
