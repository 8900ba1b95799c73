#include "processors/net/http_message.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "processors/core/text.h"
#include "processors/net/text.h"

namespace weir::net {
namespace {

/// Between what was wrong and what to do.
constexpr std::string_view kHintMark = "; ";

/// Where the text of somebody else that begins at `at` ends, as quote() marks it; `at` where none
/// begins there. An apostrophe within a word is none.
std::size_t end_of_quote(std::string_view message, std::size_t at) {
  const bool in_word = at > 0 && absl::ascii_isalnum(static_cast<unsigned char>(message[at - 1]));
  const bool opens = message[at] == '\'' && !in_word;
  const std::size_t end = opens ? message.find('\'', at + 1) : std::string_view::npos;
  return end == std::string_view::npos ? at : end;
}

std::size_t end_of_error(std::string_view message) {
  for (std::size_t at = 0; at < message.size(); ++at) {
    at = end_of_quote(message, at);
    if (message.substr(at).starts_with(kHintMark)) return at;
  }
  return message.size();
}

/// How long a log that takes nothing now is left alone.
constexpr std::string_view kRetryAfterSeconds = "10";

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return 400;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::already_exists:
      return 409;
    case ErrorCode::locked:
    case ErrorCode::exhausted:
    case ErrorCode::io:
    case ErrorCode::stopped:
      return 503;
    default:
      return 500;
  }
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equals_ignoring_case(key, name)) return value;
  return std::nullopt;
}

std::optional<std::string_view> HttpRequest::query_value(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

Result<void> check_query(const HttpRequest& request, std::span<const std::string_view> known,
                         std::span<const std::string_view> repeated) {
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(known, name) == known.end())
      return known.empty() ? fail(ErrorCode::invalid_argument,
                                  "{}: there is no such parameter; leave it out", quote(name))
                           : fail(ErrorCode::invalid_argument,
                                  "{}: there is no such parameter; choose from: {}", quote(name),
                                  fmt::join(known, " "));
    const auto same = [&](const auto& other) { return other.first == name; };
    if (std::ranges::find(repeated, name) == repeated.end() &&
        std::ranges::count_if(request.query, same) > 1)
      return fail(ErrorCode::invalid_argument, "{}: is given twice; give it once", name);
  }
  return {};
}

HttpResponse error_response(int status, std::string_view error, std::string_view hint) {
  nlohmann::ordered_json body = {{"error", error}};
  if (!hint.empty()) body["hint"] = hint;
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  return {.status = status,
          .content_type = "application/json",
          .body = body.dump(-1, ' ', false, kReplace) + "\n"};
}

HttpResponse error_response(const Error& error) {
  const std::string_view message = error.message;
  const std::size_t end = end_of_error(message);
  const std::size_t hint = std::min(end + kHintMark.size(), message.size());
  HttpResponse response =
      error_response(status_of(error.code), message.substr(0, end), message.substr(hint));
  if (response.status == 503) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return response;
}

}  // namespace weir::net
