// Which attribute of an OpenTelemetry span, or of the resource that emitted it, becomes which field
// of an event: all names in one place. The first rule of a field whose attribute is present, with a
// value of a fitting type, holds; a span's own attribute comes before its resource's.
//
// Names: OpenTelemetry's GenAI, cloud, host and Kubernetes conventions, their predecessors where
// exporters still send them, vLLM's `gen_ai.latency.*`, and `weir.*` for what no convention has.
// README.md shows the tables.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "processors/events/event.h"

namespace weir::ingest {

struct TextRule {
  std::string_view attribute;
  events::Text field;
};

enum class NumberUnit : std::uint8_t { seconds, count };

struct NumberRule {
  std::string_view attribute;
  events::Number field;
  NumberUnit unit;
};

std::span<const TextRule> text_rules();
std::span<const NumberRule> number_rules();
/// In their sum compute, where no rule tells it.
std::span<const std::string_view> compute_parts();
/// The user's id, to be hashed; the first that is present.
std::span<const std::string_view> user_attributes();

/// A span is a request to a model if it has an attribute that begins so,
inline constexpr std::string_view kGenAiPrefix = "gen_ai.";
/// and its operation, where it says one, is none of those that only contain or surround requests.
inline constexpr std::string_view kOperationAttribute = "gen_ai.operation.name";
bool is_inference_operation(std::string_view operation);

/// The service of a resource without a name is the provider that answered; SDKs write a name that
/// begins so where nobody gave one.
inline constexpr std::string_view kUnnamedService = "unknown_service";

inline constexpr std::string_view kErrorTypeAttribute = "error.type";
inline constexpr std::string_view kHttpStatusAttribute = "http.response.status_code";
/// Of an error: an HTTP status, the name of an exception or a provider's code ("429",
/// "RateLimitError", "deadline_exceeded", ...); what is not recognised is a server error.
v1::InferenceStatus status_of_error(std::string_view error_type);

}  // namespace weir::ingest
