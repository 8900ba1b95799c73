// The requests that all contestants read: drawn from a seed, so that every run is the same. Two
// hundred series of [service, model], two hundred tenants, ten minutes of event time with 2 s of
// jitter. One thread.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "weir/v1/inference.pb.h"

namespace weir::bench {

inline constexpr std::int64_t kSpanUs = 600'000'000;
inline constexpr std::int64_t kJitterUs = 2'000'000;

class Workload {
 public:
  /// `events` in all; the first happens at `base_us`, the last ten minutes later.
  Workload(std::int64_t events, std::int64_t base_us);

  std::int64_t events() const { return events_; }

  /// The next request as a message of its own, about 157 bytes.
  void next(v1::InferenceEvent& event);
  /// The next `count` requests as columns, about 61 bytes each.
  void next(std::uint32_t count, v1::InferenceBatch& batch);

 private:
  struct Request {
    std::int64_t time_us = 0;
    std::uint64_t id[2] = {};
    std::uint64_t user_hash = 0;
    std::uint32_t service = 0, model = 0, tenant = 0, host = 0;
    v1::InferenceStatus status = v1::INFERENCE_STATUS_OK;
    std::uint32_t latency_us = 0, ttft_us = 0, queue_us = 0;
    std::uint32_t input_tokens = 0, output_tokens = 0;
  };

  Request draw();

  const std::int64_t events_;
  const std::int64_t base_us_;
  std::int64_t drawn_ = 0;
  std::mt19937_64 random_{1};
  std::vector<std::string> services_, models_, tenants_, hosts_, regions_, gpu_types_;
};

}  // namespace weir::bench
