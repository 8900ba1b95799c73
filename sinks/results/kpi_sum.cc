#include "sinks/results/kpi_sum.h"

#include <algorithm>

namespace weir::results {
namespace {

using v1::Distribution;
using v1::KpiValues;
using v1::StatusCounts;

void add_up(const StatusCounts& share, StatusCounts& sum) {
  sum.set_ok(sum.ok() + share.ok());
  sum.set_client_error(sum.client_error() + share.client_error());
  sum.set_server_error(sum.server_error() + share.server_error());
  sum.set_timeout(sum.timeout() + share.timeout());
  sum.set_oom(sum.oom() + share.oom());
  sum.set_dependency(sum.dependency() + share.dependency());
  sum.set_model_load(sum.model_load() + share.model_load());
  sum.set_rejected(sum.rejected() + share.rejected());
  sum.set_cancelled(sum.cancelled() + share.cancelled());
  sum.set_other(sum.other() + share.other());
  sum.set_absent(sum.absent() + share.absent());
}

/// Count, mean and greatest; no quantiles.
Distribution added(const Distribution& a, const Distribution& b) {
  Distribution sum;
  sum.set_count(a.count() + b.count());
  const double total =
      a.mean() * static_cast<double>(a.count()) + b.mean() * static_cast<double>(b.count());
  sum.set_mean(sum.count() == 0 ? 0 : total / static_cast<double>(sum.count()));
  sum.set_max(std::max(a.max(), b.max()));
  return sum;
}

void add_up_distributions(const KpiValues& share, KpiValues& sum) {
  if (share.has_latency_us())
    *sum.mutable_latency_us() = added(sum.latency_us(), share.latency_us());
  if (share.has_ttft_us()) *sum.mutable_ttft_us() = added(sum.ttft_us(), share.ttft_us());
  if (share.has_tpot_us()) *sum.mutable_tpot_us() = added(sum.tpot_us(), share.tpot_us());
  if (share.has_queue_us()) *sum.mutable_queue_us() = added(sum.queue_us(), share.queue_us());
  if (share.has_compute_us())
    *sum.mutable_compute_us() = added(sum.compute_us(), share.compute_us());
  if (share.has_network_us())
    *sum.mutable_network_us() = added(sum.network_us(), share.network_us());
  if (share.has_cold_start_us())
    *sum.mutable_cold_start_us() = added(sum.cold_start_us(), share.cold_start_us());
}

void add_up_tokens(const KpiValues& share, KpiValues& sum) {
  if (share.has_input_tokens()) sum.set_input_tokens(sum.input_tokens() + share.input_tokens());
  if (share.has_output_tokens()) sum.set_output_tokens(sum.output_tokens() + share.output_tokens());
  if (share.has_cached_tokens()) sum.set_cached_tokens(sum.cached_tokens() + share.cached_tokens());
  if (share.has_tokens_per_second())
    sum.set_tokens_per_second(sum.tokens_per_second() + share.tokens_per_second());
}

void add_up(const KpiValues& share, KpiValues& sum) {
  sum.set_requests(sum.requests() + share.requests());
  if (share.has_status()) add_up(share.status(), *sum.mutable_status());
  sum.set_rated(sum.rated() + share.rated());
  sum.clear_success_ratio();
  if (sum.rated() > 0)
    sum.set_success_ratio(static_cast<double>(sum.status().ok()) /
                          static_cast<double>(sum.rated()));
  add_up_distributions(share, sum);
  sum.set_requests_per_second(sum.requests_per_second() + share.requests_per_second());
  sum.clear_peak_requests_per_second();
  add_up_tokens(share, sum);
  if (share.has_cold_starts()) sum.set_cold_starts(sum.cold_starts() + share.cold_starts());
  if (share.has_retries()) sum.set_retries(sum.retries() + share.retries());
  sum.clear_low_confidence_ratio();
  sum.clear_abnormal_input_ratio();
  sum.clear_distinct_users();
  sum.clear_distinct_tenants();
}

}  // namespace

void add_up(const v1::WindowResult& share, v1::WindowResult& sum) {
  sum.set_complete(sum.complete() && share.complete());
  add_up(share.value(), *sum.mutable_value());
  sum.clear_restated();
  sum.clear_difference();
}

}  // namespace weir::results
