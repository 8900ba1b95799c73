#include "processors/aggregates/kpi_values.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>

namespace weir::aggregates {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::int64_t to_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }

double per(std::uint64_t numerator, std::uint64_t denominator) {
  return static_cast<double>(numerator) / static_cast<double>(denominator);
}

double per_second(std::uint64_t count, DurationUs length_us) {
  return static_cast<double>(count) * static_cast<double>(kSecondUs) /
         static_cast<double>(length_us);
}

void set_stats(const DurationStats& stats, v1::Distribution& out) {
  out.set_count(to_signed(stats.count));
  out.set_mean(per(stats.sum_us, stats.count));
  out.set_max(to_signed(stats.max_us));
}

void set_quantiles(const DurationAggregate& duration, v1::Distribution& out) {
  static constexpr std::array<std::uint32_t, 5> kParts = {5'000, 9'000, 9'500, 9'900, 9'990};
  std::array<std::uint64_t, kParts.size()> values{};
  duration.sketch.quantiles_us(kParts, values);
  // What stands for the last bin may lie above the greatest value, which is known exactly.
  for (std::uint64_t& value : values) value = std::min(value, duration.stats.max_us);
  out.set_p50(to_signed(values[0]));
  out.set_p90(to_signed(values[1]));
  out.set_p95(to_signed(values[2]));
  out.set_p99(to_signed(values[3]));
  out.set_p999(to_signed(values[4]));
  if (values[0] != 0) out.set_tail_ratio(per(values[3], values[0]));
}

v1::Distribution* mutable_distribution(Duration duration, v1::KpiValues& out) {
  switch (duration) {
    case Duration::latency:
      return out.mutable_latency_us();
    case Duration::ttft:
      return out.mutable_ttft_us();
    case Duration::tpot:
      return out.mutable_tpot_us();
    case Duration::queue:
      return out.mutable_queue_us();
    case Duration::compute:
      return out.mutable_compute_us();
    case Duration::network:
      return out.mutable_network_us();
  }
  return nullptr;
}

void set_statuses(const Counters& counters, const std::array<bool, kStatuses>& rated,
                  v1::KpiValues& out) {
  const auto count = [&](std::size_t status) { return to_signed(counters.status[status]); };
  v1::StatusCounts& status = *out.mutable_status();
  status.set_ok(count(0));
  status.set_client_error(count(1));
  status.set_server_error(count(2));
  status.set_timeout(count(3));
  status.set_oom(count(4));
  status.set_dependency(count(5));
  status.set_model_load(count(6));
  status.set_rejected(count(7));
  status.set_cancelled(count(8));
  status.set_other(count(9));
  status.set_absent(count(10));
  std::uint64_t denominator = 0;
  for (std::size_t i = 0; i < kStatuses; ++i)
    if (rated[i]) denominator += counters.status[i];
  out.set_rated(to_signed(denominator));
  if (denominator != 0) out.set_success_ratio(per(counters.status[kStatusOk], denominator));
}

void set_tokens(const Counters& counters, DurationUs length_us, v1::KpiValues& out) {
  const auto& input = counters.input_tokens;
  const auto& output = counters.output_tokens;
  if (input) out.set_input_tokens(to_signed(*input));
  if (output) out.set_output_tokens(to_signed(*output));
  if (counters.cached_tokens) out.set_cached_tokens(to_signed(*counters.cached_tokens));
  if (input || output)
    out.set_tokens_per_second(per_second(input.value_or(0) + output.value_or(0), length_us));
}

void subtract(const Message& value, const Message& restated, Message& out);

/// Messages and the sums of KpiValues are 0 where they are absent; quantiles and ratios are not.
bool zero_when_absent(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE ||
         (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 &&
          field.containing_type() == v1::KpiValues::descriptor());
}

void subtract_field(const Message& value, const Message& restated, const FieldDescriptor* field,
                    Message& out) {
  const Reflection& reflect = *value.GetReflection();
  if (field->has_presence()) {
    const bool in_value = reflect.HasField(value, field);
    const bool in_restated = reflect.HasField(restated, field);
    if (!in_value && !in_restated) return;
    if (!zero_when_absent(*field) && !(in_value && in_restated)) return;
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return subtract(reflect.GetMessage(value, field), reflect.GetMessage(restated, field),
                      *reflect.MutableMessage(&out, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return reflect.SetInt64(&out, field,
                              reflect.GetInt64(value, field) - reflect.GetInt64(restated, field));
    default:
      return reflect.SetDouble(
          &out, field, reflect.GetDouble(value, field) - reflect.GetDouble(restated, field));
  }
}

void subtract(const Message& value, const Message& restated, Message& out) {
  const auto& descriptor = *value.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i)
    subtract_field(value, restated, descriptor.field(i), out);
}

}  // namespace

v1::KpiValues to_values(const InferenceAggregate& aggregate, DurationUs window_length_us,
                        const Scope& scope, const std::array<bool, kStatuses>& rated) {
  v1::KpiValues out;
  if (aggregate.empty()) return out;
  const Counters& counters = aggregate.counters;
  out.set_requests(to_signed(counters.requests()));
  out.set_requests_per_second(per_second(counters.requests(), window_length_us));
  if (const auto peak = counters.busiest_second(); peak != 0)
    out.set_peak_requests_per_second(to_signed(peak));
  set_statuses(counters, rated, out);
  for (std::size_t i = 0; i < kDurations; ++i) {
    const DurationAggregate& duration = aggregate.durations[i];
    if (duration.stats.count == 0) continue;
    v1::Distribution& distribution = *mutable_distribution(static_cast<Duration>(i), out);
    set_stats(duration.stats, distribution);
    if (scope.sketched[i] && !duration.sketch.empty()) set_quantiles(duration, distribution);
  }
  set_tokens(counters, window_length_us, out);
  if (const auto& cold_start = counters.cold_start) {
    out.set_cold_starts(to_signed(cold_start->count));
    if (cold_start->count != 0) set_stats(*cold_start, *out.mutable_cold_start_us());
  }
  if (counters.retries) out.set_retries(to_signed(*counters.retries));
  if (const FlagCount& flags = counters.low_confidence; flags.known != 0)
    out.set_low_confidence_ratio(per(flags.yes, flags.known));
  if (const FlagCount& flags = counters.abnormal_input; flags.known != 0)
    out.set_abnormal_input_ratio(per(flags.yes, flags.known));
  if (scope.distinct_users && !aggregate.users.empty())
    out.set_distinct_users(to_signed(aggregate.users.estimate()));
  if (scope.distinct_tenants && !aggregate.tenants.empty())
    out.set_distinct_tenants(to_signed(aggregate.tenants.estimate()));
  return out;
}

v1::KpiValues difference(const v1::KpiValues& value, const v1::KpiValues& restated) {
  v1::KpiValues out;
  subtract(value, restated, out);
  return out;
}

}  // namespace weir::aggregates
