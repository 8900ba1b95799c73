// Result<T>: how errors cross module edges. A user-facing error says what was wrong, where, and
// what to do; `message` holds that whole sentence, ready to print. Exceptions never cross an edge.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace weir {

enum class ErrorCode : std::uint8_t {
  invalid_argument,  // the caller or user gave something wrong
  not_found,
  already_exists,
  locked,     // another process holds it
  corrupt,    // bytes on disk or wire are not what was written
  version,    // written by a format this binary does not read
  exhausted,  // disk, memory or another budget is used up
  io,         // the operating system refused
  protocol,   // the runtime's own promise was broken (a gap in ranges)
  stopped,    // asked to stop
};

struct Error {
  ErrorCode code;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

/// An error with a formatted message: fail(ErrorCode::corrupt, "{}: bad frame at byte {}", file,
/// at).
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> text,
                                          Args&&... args) {
  return std::unexpected(Error{code, fmt::format(text, std::forward<Args>(args)...)});
}

/// The same error with "where: " before its message.
[[nodiscard]] inline std::unexpected<Error> within(std::string_view where, const Error& error) {
  return std::unexpected(Error{error.code, fmt::format("{}: {}", where, error.message)});
}

}  // namespace weir

// GCC 12's std::expected has no and_then; these two keep the happy path in sight.
#define WEIR_CONCAT_INNER(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_INNER(a, b)

/// Returns the error of a Result<void> expression from the enclosing function.
#define WEIR_TRY(expression)                                  \
  do {                                                        \
    if (auto weir_try = (expression); !weir_try) [[unlikely]] \
      return std::unexpected(std::move(weir_try).error());    \
  } while (false)

/// `WEIR_ASSIGN(auto x, f());` declares x from a Result, or returns its error.
#define WEIR_ASSIGN(declaration, expression)                                        \
  auto WEIR_CONCAT(weir_assign_, __LINE__) = (expression);                          \
  if (!WEIR_CONCAT(weir_assign_, __LINE__)) [[unlikely]]                            \
    return std::unexpected(std::move(WEIR_CONCAT(weir_assign_, __LINE__)).error()); \
  declaration = *std::move(WEIR_CONCAT(weir_assign_, __LINE__))
