#include "processors/aggregates/definitions.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "processors/core/bytes.h"
#include "processors/core/hash.h"
#include "processors/core/id.h"

namespace weir::aggregates {
namespace {

constexpr std::array<std::string_view, kDimensions> kDimensionNames = {
    "service", "model", "model_version", "tenant",     "business_line",
    "region",  "host",  "gpu_type",      "experiment", "variant"};
constexpr std::array<std::string_view, kDurations> kDurationNames = {
    "latency", "ttft", "tpot", "queue", "compute", "network"};
constexpr std::array<std::string_view, kStatuses> kStatusNames = {
    "ok",         "client_error", "server_error", "timeout", "oom",   "dependency",
    "model_load", "rejected",     "cancelled",    "other",   "absent"};

/// The enumerator of `name` in a table of names; an error that lists the names otherwise.
template <class Enum, std::size_t N>
Result<Enum> parse_name(const std::array<std::string_view, N>& names, std::string_view kind,
                        std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<Enum>(found - names.begin());
  return fail(ErrorCode::invalid_argument, "'{}' is not a {}; one of {}", name, kind,
              fmt::join(names, ", "));
}

constexpr std::size_t kMaxScopes = 32;
/// Results wait for it at every tick.
constexpr DurationUs kMaxOutOfOrdernessUs = kHourUs;

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == ',' || c == '=') out += '\\';
    out += c;
  }
}

Result<Scope> make_scope(const v1::ScopeDefinition& message,
                         const std::vector<windows::Tier>& tiers) {
  std::vector<Dimension> dimensions;
  for (const std::string& name : message.dimension()) {
    WEIR_ASSIGN(const Dimension dimension, parse_dimension(name));
    if (std::ranges::count(dimensions, dimension) != 0)
      return fail(ErrorCode::invalid_argument, "dimension {}: named twice", name);
    dimensions.push_back(dimension);
  }
  std::vector<windows::Window> windows;
  for (const v1::WindowDefinition& window : message.window())
    windows.push_back({window.length_us(), window.hop_us()});
  WEIR_ASSIGN(auto plan, windows::WindowPlan::make(std::move(windows), tiers));
  Scope scope{.dimensions = std::move(dimensions),
              .plan = std::move(plan),
              .distinct_users = message.distinct_users(),
              .distinct_tenants = message.distinct_tenants()};
  for (const std::string& name : message.sketch()) {
    WEIR_ASSIGN(const Duration duration, parse_duration_name(name));
    scope.sketched[static_cast<std::size_t>(duration)] = true;
  }
  return scope;
}

}  // namespace

std::string_view to_string(Dimension dimension) {
  return kDimensionNames[static_cast<std::size_t>(dimension)];
}

Result<Dimension> parse_dimension(std::string_view name) {
  return parse_name<Dimension>(kDimensionNames, "dimension", name);
}

std::string_view to_string(Duration duration) {
  return kDurationNames[static_cast<std::size_t>(duration)];
}

Result<Duration> parse_duration_name(std::string_view name) {
  return parse_name<Duration>(kDurationNames, "duration with a sketch", name);
}

std::string_view status_name(std::size_t counter) { return kStatusNames[counter]; }
Result<std::size_t> parse_status(std::string_view name) {
  return parse_name<std::size_t>(kStatusNames, "status", name);
}

std::string scope_name(std::span<const Dimension> dimensions) {
  if (dimensions.empty()) return "*";
  std::string name;
  for (const Dimension dimension : dimensions) {
    if (!name.empty()) name += ',';
    name += to_string(dimension);
  }
  return name;
}

std::string encode_series(std::span<const std::string_view> values) {
  std::string bytes;
  for (const std::string_view value : values) put_bytes(bytes, value);
  return bytes;
}

Result<std::vector<std::string>> decode_series(std::string_view bytes, std::size_t count) {
  std::vector<std::string> values;
  ByteReader reader(bytes);
  for (std::size_t i = 0; i < count; ++i) values.emplace_back(reader.bytes());
  if (!reader.ok() || !reader.at_end())
    return fail(ErrorCode::corrupt, "series {}: not {} values", to_hex(bytes), count);
  return values;
}

std::string series_text(std::span<const Dimension> dimensions,
                        std::span<const std::string> values) {
  if (dimensions.empty()) return "*";
  std::string text;
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    if (i != 0) text += ',';
    text += to_string(dimensions[i]);
    text += '=';
    append_escaped(text, values[i]);
  }
  return text;
}

std::int32_t series_partition(std::string_view scope_name, std::string_view series,
                              std::int32_t partitions) {
  std::string key;
  put_bytes(key, scope_name);
  key += series;
  return partition_of(key, partitions);
}

Result<std::shared_ptr<const Definitions>> Definitions::make(const v1::Definitions& message) {
  auto made = std::shared_ptr<Definitions>(new Definitions);
  made->message_ = message;
  made->out_of_orderness_us_ = message.out_of_orderness_us();
  if (message.out_of_orderness_us() < 0 || message.out_of_orderness_us() > kMaxOutOfOrdernessUs)
    return fail(ErrorCode::invalid_argument, "out_of_orderness: must be from 0s to {}",
                format_duration(kMaxOutOfOrdernessUs));
  for (const v1::TierDefinition& tier : message.tier())
    made->tiers_.push_back({tier.span_us(), tier.lateness_us()});
  if (made->tiers_.empty() || made->tiers_[0].span_us != 10 * kSecondUs)
    return fail(ErrorCode::invalid_argument, "tiers: the first must be 10s");

  for (const v1::ScopeDefinition& definition : message.scope()) {
    auto scope = make_scope(definition, made->tiers_);
    const std::string name = fmt::format("scope [{}]", fmt::join(definition.dimension(), ", "));
    if (!scope) return within(name, scope.error());
    if (std::ranges::count(made->scopes_, scope->dimensions, &Scope::dimensions) != 0)
      return fail(ErrorCode::invalid_argument, "{}: named twice", name);
    made->scopes_.push_back(*std::move(scope));
  }
  if (made->scopes_.empty()) return fail(ErrorCode::invalid_argument, "scopes: none given");
  if (made->scopes_.size() > kMaxScopes)
    return fail(ErrorCode::invalid_argument, "scopes: {} given, at most {} are kept",
                made->scopes_.size(), kMaxScopes);

  made->rated_.fill(true);
  made->rated_[kStatusAbsent] = false;
  for (const std::string& name : message.unrated_status()) {
    WEIR_ASSIGN(const std::size_t status, parse_status(name));
    made->rated_[status] = false;
  }
  made->hash_ = hash64(message.SerializeAsString());
  return made;
}

}  // namespace weir::aggregates
