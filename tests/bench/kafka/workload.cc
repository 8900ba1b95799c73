#include "tests/bench/kafka/workload.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

namespace weir::bench {
namespace {

std::vector<std::string> names(std::string_view pattern, int count) {
  std::vector<std::string> found;
  for (int i = 0; i < count; ++i) found.push_back(fmt::format(fmt::runtime(pattern), i));
  return found;
}

void append_code(std::string& code, std::uint32_t value, std::size_t width) {
  char bytes[4];
  std::memcpy(bytes, &value, sizeof bytes);
  code.append(bytes, width);
}

std::string_view bytes_of(const std::uint64_t (&id)[2]) {
  return {reinterpret_cast<const char*>(id), sizeof id};
}

void name_all(const std::vector<std::string>& names, v1::StringColumn& column) {
  for (const std::string& name : names) column.add_value(name);
}

}  // namespace

Workload::Workload(std::int64_t events, std::int64_t base_us)
    : events_(events),
      base_us_(base_us),
      services_(names("service-{:02}", 20)),
      models_(names("llama-3.1-{:02}b-instruct", 10)),
      tenants_(names("tenant-{:04}", 200)),
      hosts_(names("gpu-node-{:03}", 64)),
      regions_({"eu-west-1", "us-east-1", "us-west-2", "ap-south-1"}),
      gpu_types_({"H100", "A100", "L40S", "B200"}) {}

Workload::Request Workload::draw() {
  const std::uint64_t a = random_();
  const std::uint64_t b = random_();
  Request request;
  const auto jitter = static_cast<std::int64_t>(a % static_cast<std::uint64_t>(kJitterUs));
  const std::int64_t moment = base_us_ + drawn_ * (kSpanUs / 1000) / std::max(events_, 1L) * 1000;
  request.time_us = std::max(base_us_, moment - jitter);
  ++drawn_;
  request.id[0] = a;
  request.id[1] = b;
  request.user_hash = (a ^ (b << 1)) | 1;
  request.service = static_cast<std::uint32_t>(a >> 32) % 20;
  request.model = static_cast<std::uint32_t>(b >> 32) % 10;
  request.tenant = static_cast<std::uint32_t>(b) % 200;
  request.host = static_cast<std::uint32_t>(a >> 40) % 64;
  request.status = b % 100 == 0 ? v1::INFERENCE_STATUS_TIMEOUT : v1::INFERENCE_STATUS_OK;
  request.queue_us = static_cast<std::uint32_t>(a >> 20) % 30'000;
  request.ttft_us = request.queue_us + 50'000 + static_cast<std::uint32_t>(b >> 20) % 200'000;
  request.latency_us = request.ttft_us + static_cast<std::uint32_t>(a >> 8) % 2'000'000;
  request.input_tokens = 50 + static_cast<std::uint32_t>(b >> 8) % 4'000;
  request.output_tokens = 2 + static_cast<std::uint32_t>(a >> 12) % 800;
  return request;
}

void Workload::next(v1::InferenceEvent& event) {
  const Request request = draw();
  event.Clear();
  event.set_request_id(std::string(bytes_of(request.id)));
  event.set_event_time_us(request.time_us);
  event.set_service(services_[request.service]);
  event.set_model(models_[request.model]);
  event.set_model_version("2026-01-01");
  event.set_tenant(tenants_[request.tenant]);
  event.set_user_hash(request.user_hash);
  event.set_region(regions_[request.host % 4]);
  event.set_host(hosts_[request.host]);
  event.set_gpu_type(gpu_types_[request.host % 3]);
  event.set_status(request.status);
  event.set_latency_us(request.latency_us);
  event.set_ttft_us(request.ttft_us);
  event.set_queue_us(request.queue_us);
  event.set_input_tokens(request.input_tokens);
  event.set_output_tokens(request.output_tokens);
}

void Workload::next(std::uint32_t count, v1::InferenceBatch& batch) {
  batch.Clear();
  batch.set_count(count);
  name_all(services_, *batch.mutable_service());
  name_all(models_, *batch.mutable_model());
  batch.mutable_model_version()->add_value("2026-01-01");
  name_all(tenants_, *batch.mutable_tenant());
  name_all(regions_, *batch.mutable_region());
  name_all(hosts_, *batch.mutable_host());
  name_all(gpu_types_, *batch.mutable_gpu_type());
  std::vector<Request> requests(count);
  std::ranges::generate(requests, [this] { return draw(); });
  batch.set_base_time_us(std::ranges::min(requests, {}, &Request::time_us).time_us);
  for (const Request& request : requests) {
    batch.add_time_offset_us(static_cast<std::uint32_t>(request.time_us - batch.base_time_us()));
    batch.mutable_request_id()->append(bytes_of(request.id));
    append_code(*batch.mutable_service()->mutable_code(), request.service, 1);
    append_code(*batch.mutable_model()->mutable_code(), request.model, 1);
    append_code(*batch.mutable_tenant()->mutable_code(), request.tenant, 2);
    append_code(*batch.mutable_region()->mutable_code(), request.host % 4, 1);
    append_code(*batch.mutable_host()->mutable_code(), request.host, 1);
    append_code(*batch.mutable_gpu_type()->mutable_code(), request.host % 3, 1);
    batch.add_user_hash(request.user_hash);
    append_code(*batch.mutable_status(), static_cast<std::uint32_t>(request.status), 1);
    batch.add_latency_us(request.latency_us);
    batch.add_ttft_us(request.ttft_us);
    batch.add_queue_us(request.queue_us);
    batch.add_input_tokens(request.input_tokens);
    batch.add_output_tokens(request.output_tokens);
  }
}

}  // namespace weir::bench
