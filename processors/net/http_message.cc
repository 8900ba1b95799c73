#include "processors/net/http_message.h"

#include <nlohmann/json.hpp>

#include "processors/net/text.h"

namespace weir::net {

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

}  // namespace weir::net
