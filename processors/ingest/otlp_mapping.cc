#include "processors/ingest/otlp_mapping.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <absl/strings/ascii.h>

namespace weir::ingest {
namespace {

using events::Number;
using events::Text;

constexpr std::array kTextRules = std::to_array<TextRule>({
    {"service.name", Text::service},
    {"gen_ai.provider.name", Text::service},
    {"gen_ai.system", Text::service},
    {"gen_ai.response.model", Text::model},
    {"gen_ai.request.model", Text::model},
    {"weir.model_version", Text::model_version},
    {"weir.tenant", Text::tenant},
    {"tenant.id", Text::tenant},
    {"weir.business_line", Text::business_line},
    {"service.namespace", Text::business_line},
    {"k8s.namespace.name", Text::business_line},
    {"cloud.region", Text::region},
    {"cloud.availability_zone", Text::region},
    {"host.name", Text::host},
    {"k8s.node.name", Text::host},
    {"k8s.pod.name", Text::host},
    {"weir.gpu_type", Text::gpu_type},
    {"weir.gpu_id", Text::gpu_id},
    {"weir.experiment", Text::experiment},
    {"weir.variant", Text::variant},
    {"deployment.environment.name", Text::variant},
    {"deployment.environment", Text::variant},
});

constexpr std::array kNumberRules = std::to_array<NumberRule>({
    {"gen_ai.latency.e2e", Number::latency, NumberUnit::seconds},
    {"gen_ai.response.time_to_first_chunk", Number::ttft, NumberUnit::seconds},
    {"gen_ai.latency.time_to_first_token", Number::ttft, NumberUnit::seconds},
    {"gen_ai.server.time_to_first_token", Number::ttft, NumberUnit::seconds},
    {"gen_ai.latency.time_in_queue", Number::queue, NumberUnit::seconds},
    {"gen_ai.latency.time_in_model_inference", Number::compute, NumberUnit::seconds},
    {"gen_ai.usage.input_tokens", Number::input_tokens, NumberUnit::count},
    {"gen_ai.usage.prompt_tokens", Number::input_tokens, NumberUnit::count},
    {"gen_ai.usage.output_tokens", Number::output_tokens, NumberUnit::count},
    {"gen_ai.usage.completion_tokens", Number::output_tokens, NumberUnit::count},
    {"gen_ai.usage.cache_read.input_tokens", Number::cached_tokens, NumberUnit::count},
    {"gen_ai.usage.cache_read_input_tokens", Number::cached_tokens, NumberUnit::count},
    {"http.request.resend_count", Number::retry_count, NumberUnit::count},
});

constexpr std::array<std::string_view, 2> kComputeParts = {"gen_ai.latency.time_in_model_prefill",
                                                           "gen_ai.latency.time_in_model_decode"};
constexpr std::array<std::string_view, 2> kUserAttributes = {"user.id", "enduser.id"};

constexpr std::array<std::string_view, 6> kOtherOperations = {
    "execute_tool", "invoke_agent", "create_agent", "invoke_workflow", "plan", "retrieval"};

/// By a part of the error's type in lower case without '_', '-' and ' '; the first that fits.
constexpr std::array<std::pair<std::string_view, v1::InferenceStatus>, 27> kErrors = {{
    {"ratelimit", v1::INFERENCE_STATUS_REJECTED},
    {"toomanyrequests", v1::INFERENCE_STATUS_REJECTED},
    {"resourceexhausted", v1::INFERENCE_STATUS_REJECTED},
    {"overloaded", v1::INFERENCE_STATUS_REJECTED},
    {"throttl", v1::INFERENCE_STATUS_REJECTED},
    {"quota", v1::INFERENCE_STATUS_REJECTED},
    {"timeout", v1::INFERENCE_STATUS_TIMEOUT},
    {"timedout", v1::INFERENCE_STATUS_TIMEOUT},
    {"deadline", v1::INFERENCE_STATUS_TIMEOUT},
    {"outofmemory", v1::INFERENCE_STATUS_OOM},
    {"oom", v1::INFERENCE_STATUS_OOM},
    {"cancel", v1::INFERENCE_STATUS_CANCELLED},
    {"abort", v1::INFERENCE_STATUS_CANCELLED},
    {"connection", v1::INFERENCE_STATUS_DEPENDENCY},
    {"unavailable", v1::INFERENCE_STATUS_DEPENDENCY},
    {"badgateway", v1::INFERENCE_STATUS_DEPENDENCY},
    {"modelload", v1::INFERENCE_STATUS_MODEL_LOAD},
    {"modelnotready", v1::INFERENCE_STATUS_MODEL_LOAD},
    {"badrequest", v1::INFERENCE_STATUS_CLIENT_ERROR},
    {"invalid", v1::INFERENCE_STATUS_CLIENT_ERROR},
    {"authentication", v1::INFERENCE_STATUS_CLIENT_ERROR},
    {"permission", v1::INFERENCE_STATUS_CLIENT_ERROR},
    {"notfound", v1::INFERENCE_STATUS_CLIENT_ERROR},
    {"unprocessable", v1::INFERENCE_STATUS_CLIENT_ERROR},
    {"validation", v1::INFERENCE_STATUS_CLIENT_ERROR},
    {"contentfilter", v1::INFERENCE_STATUS_CLIENT_ERROR},
    {"contextlength", v1::INFERENCE_STATUS_CLIENT_ERROR},
}};

v1::InferenceStatus status_of_http(int code) {
  switch (code) {
    case 408:
    case 504:
      return v1::INFERENCE_STATUS_TIMEOUT;
    case 429:
      return v1::INFERENCE_STATUS_REJECTED;
    case 499:
      return v1::INFERENCE_STATUS_CANCELLED;
    case 502:
      return v1::INFERENCE_STATUS_DEPENDENCY;
    case 503:
    case 529:
      return v1::INFERENCE_STATUS_REJECTED;
    default:
      return code >= 400 && code < 500 ? v1::INFERENCE_STATUS_CLIENT_ERROR
                                       : v1::INFERENCE_STATUS_SERVER_ERROR;
  }
}

}  // namespace

std::span<const TextRule> text_rules() { return kTextRules; }
std::span<const NumberRule> number_rules() { return kNumberRules; }
std::span<const std::string_view> compute_parts() { return kComputeParts; }
std::span<const std::string_view> user_attributes() { return kUserAttributes; }

bool is_inference_operation(std::string_view operation) {
  return std::ranges::find(kOtherOperations, operation) == kOtherOperations.end();
}

v1::InferenceStatus status_of_error(std::string_view error_type) {
  int code = 0;
  const char* const end = error_type.data() + error_type.size();
  const auto [at, error] = std::from_chars(error_type.data(), end, code);
  if (error == std::errc() && at == end) return status_of_http(code);
  std::string plain(error_type);
  absl::AsciiStrToLower(&plain);
  std::erase_if(plain, [](char c) { return c == '_' || c == '-' || c == ' '; });
  for (const auto& [part, status] : kErrors)
    if (plain.find(part) != std::string::npos) return status;
  return v1::INFERENCE_STATUS_SERVER_ERROR;
}

}  // namespace weir::ingest
