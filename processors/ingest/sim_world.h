// The fleet that the simulator speaks of: names, how requests spread over them, and how long and
// how much a request of each service and model takes. A pure function of its sizes; immutable once
// made, so that threads may share it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/ingest/random.h"
#include "weir/v1/inference.pb.h"

namespace weir::ingest {

struct WorldSizes {
  std::int32_t services = 5;   // 1 .. 10,000
  std::int32_t models = 2;     // of each service; services * models <= 1,000,000
  std::int32_t tenants = 100;  // 1 .. 10,000,000
  double tenant_skew = 1;      // tenant i weighs 1 / (1 + skew * i): 0 is even, 1 is Zipf
  std::int32_t users = 1'000;  // of each tenant; >= 1
};

/// Requests of one service to one of its models. Durations in microseconds.
struct Profile {
  std::uint32_t service = 0;  // index of World::services
  std::uint32_t model = 0;    // index of World::models
  LogNormal queue;
  LogNormal compute;
  LogNormal network;
  LogNormal input_tokens;
  LogNormal output_tokens;
};

struct Host {
  std::string name;
  std::string_view region;
  std::string_view gpu_type;
};

/// How a request may end, and its error detail.
struct Ending {
  v1::InferenceStatus status;
  std::string_view detail;
};

class World {
 public:
  static constexpr std::uint32_t kHostsPerService = 8;

  /// Error: invalid_argument, naming the size.
  static Result<World> make(const WorldSizes& sizes);

  std::vector<std::string> services;
  std::vector<std::string> models;
  std::vector<std::string> tenants;
  std::vector<std::string> experiments;  // by service; empty: none runs there
  std::vector<Host> hosts;               // kHostsPerService for each service, in order
  std::vector<Profile> profiles;         // services * models
  std::uint32_t users = 1;               // of each tenant

  /// Index of profiles, tenants, kEndings.
  std::uint32_t pick_profile(Random& random) const { return profile_weights_.sample(random); }
  std::uint32_t pick_tenant(Random& random) const { return tenant_weights_.sample(random); }
  std::uint32_t pick_ending(Random& random) const { return ending_weights_.sample(random); }

  static const std::array<Ending, 9> kEndings;  // by status, ok first
  static const std::array<std::string_view, 4> kBusinessLines;
  static const std::array<std::string_view, 2> kVersions;
  static const std::array<std::string_view, 2> kVariants;
  static const std::array<std::string_view, 8> kGpuIds;  // of a host

 private:
  World(const WorldSizes& sizes, std::vector<double> profile_weights);

  Weighted profile_weights_;
  Weighted tenant_weights_;
  Weighted ending_weights_;
};

}  // namespace weir::ingest
