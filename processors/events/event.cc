#include "processors/events/event.h"

#include "processors/events/validate.h"

namespace weir::events {
namespace {

constexpr std::array<std::string_view, kTexts> kTextNames = {
    "service", "model",    "model_version", "tenant",  "business_line", "region",
    "host",    "gpu_type", "experiment",    "variant", "gpu_id",        "error_detail"};
constexpr std::array<std::string_view, kNumbers> kNumberNames = {
    "latency_us",   "ttft_us",       "queue_us",      "compute_us",  "network_us", "cold_start_us",
    "input_tokens", "output_tokens", "cached_tokens", "retry_count", "batch_size"};

}  // namespace

std::string_view field_name(Text text) { return kTextNames[static_cast<std::size_t>(text)]; }
std::string_view field_name(Number number) {
  return kNumberNames[static_cast<std::size_t>(number)];
}

EventRow to_row(const v1::InferenceEvent& event) {
  EventRow row;
  row.request_id = event.request_id();
  row.event_time_us = event.event_time_us();
  row.user_hash = event.user_hash();
  row.status = event.status();
  row.texts = {event.service(),       event.model(),   event.model_version(), event.tenant(),
               event.business_line(), event.region(),  event.host(),          event.gpu_type(),
               event.experiment(),    event.variant(), event.gpu_id(),        event.error_detail()};
  if (event.has_low_confidence()) row.set_low_confidence(event.low_confidence());
  if (event.has_abnormal_input()) row.set_abnormal_input(event.abnormal_input());
  if (event.has_confidence()) row.confidence = event.confidence();
  if (event.has_latency_us()) row.set(Number::latency, event.latency_us());
  if (event.has_ttft_us()) row.set(Number::ttft, event.ttft_us());
  if (event.has_queue_us()) row.set(Number::queue, event.queue_us());
  if (event.has_compute_us()) row.set(Number::compute, event.compute_us());
  if (event.has_network_us()) row.set(Number::network, event.network_us());
  if (event.has_cold_start_us()) row.set(Number::cold_start, event.cold_start_us());
  if (event.has_input_tokens()) row.set(Number::input_tokens, event.input_tokens());
  if (event.has_output_tokens()) row.set(Number::output_tokens, event.output_tokens());
  if (event.has_cached_tokens()) row.set(Number::cached_tokens, event.cached_tokens());
  if (event.has_retry_count()) row.set(Number::retry_count, event.retry_count());
  if (event.has_batch_size()) row.set(Number::batch_size, event.batch_size());
  return row;
}

v1::InferenceEvent to_event(const EventRow& row) {
  v1::InferenceEvent event;
  const auto text = [&row](Text which) { return std::string(row.text(which)); };
  event.set_request_id(std::string(row.request_id));
  event.set_event_time_us(row.event_time_us);
  event.set_user_hash(row.user_hash);
  event.set_status(static_cast<v1::InferenceStatus>(row.status));
  event.set_service(text(Text::service));
  event.set_model(text(Text::model));
  event.set_model_version(text(Text::model_version));
  event.set_tenant(text(Text::tenant));
  event.set_business_line(text(Text::business_line));
  event.set_region(text(Text::region));
  event.set_host(text(Text::host));
  event.set_gpu_type(text(Text::gpu_type));
  event.set_experiment(text(Text::experiment));
  event.set_variant(text(Text::variant));
  event.set_gpu_id(text(Text::gpu_id));
  event.set_error_detail(text(Text::error_detail));
  if (row.flags & v1::INFERENCE_FLAG_LOW_CONFIDENCE_KNOWN)
    event.set_low_confidence(row.flags & v1::INFERENCE_FLAG_LOW_CONFIDENCE);
  if (row.flags & v1::INFERENCE_FLAG_ABNORMAL_INPUT_KNOWN)
    event.set_abnormal_input(row.flags & v1::INFERENCE_FLAG_ABNORMAL_INPUT);
  if (row.confidence) event.set_confidence(*row.confidence);
  const auto count = [&row](Number which) { return static_cast<std::int32_t>(row.number(which)); };
  if (row.has(Number::latency)) event.set_latency_us(row.number(Number::latency));
  if (row.has(Number::ttft)) event.set_ttft_us(row.number(Number::ttft));
  if (row.has(Number::queue)) event.set_queue_us(row.number(Number::queue));
  if (row.has(Number::compute)) event.set_compute_us(row.number(Number::compute));
  if (row.has(Number::network)) event.set_network_us(row.number(Number::network));
  if (row.has(Number::cold_start)) event.set_cold_start_us(row.number(Number::cold_start));
  if (row.has(Number::input_tokens)) event.set_input_tokens(row.number(Number::input_tokens));
  if (row.has(Number::output_tokens)) event.set_output_tokens(row.number(Number::output_tokens));
  if (row.has(Number::cached_tokens)) event.set_cached_tokens(row.number(Number::cached_tokens));
  if (row.has(Number::retry_count)) event.set_retry_count(count(Number::retry_count));
  if (row.has(Number::batch_size)) event.set_batch_size(count(Number::batch_size));
  return event;
}

}  // namespace weir::events
