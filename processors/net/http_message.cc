#include "processors/net/http_message.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "processors/net/text.h"

namespace weir::net {
namespace {

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

HttpResponse error_response(int status, std::string_view error, std::string_view hint) {
  nlohmann::ordered_json body = {{"error", error}};
  if (!hint.empty()) body["hint"] = hint;
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  return {.status = status,
          .content_type = "application/json",
          .body = body.dump(-1, ' ', false, kReplace) + "\n"};
}

HttpResponse error_response(const Error& error) {
  constexpr std::string_view kSplit = "; ";
  const std::string_view message = error.message;
  const std::size_t end = std::min(message.find(kSplit), message.size());
  const std::size_t hint = std::min(end + kSplit.size(), message.size());
  HttpResponse response =
      error_response(status_of(error.code), message.substr(0, end), message.substr(hint));
  if (response.status == 503) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return response;
}

}  // namespace weir::net
