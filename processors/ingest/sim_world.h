// The fleet that the simulator speaks of: names, how requests spread over them, and how long and
// how much a request of each service and model takes. A pure function of its sizes; immutable once
// made, so that threads may share it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/events/event.h"
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
  std::uint32_t service = 0;  // index of names
  std::uint32_t model = 0;    // index of names
  LogNormal queue;
  LogNormal compute;
  LogNormal network;
  LogNormal input_tokens;
  LogNormal output_tokens;
};

class World {
 public:
  using Names = std::vector<std::string>;

  static constexpr std::uint32_t kHostsPerService = 8;
  static constexpr std::uint32_t kGpusPerHost = 8;

  /// Error: invalid_argument, naming the size.
  static Result<World> make(const WorldSizes& sizes);

  /// Values of a text field; an event has one of them by its index, or none.
  const Names& names(events::Text text) const { return names_[static_cast<std::size_t>(text)]; }

  // By index of names: hosts of a service stand together, in the order of services.
  static std::uint32_t business_line_of(std::uint32_t tenant) { return tenant % 4; }
  static std::uint32_t region_of(std::uint32_t host) { return host % 4; }
  static std::uint32_t gpu_type_of(std::uint32_t service) { return service % 3; }
  /// Every other service runs an experiment.
  static bool has_experiment(std::uint32_t service) { return service % 2 == 1; }

  const std::vector<Profile>& profiles() const { return profiles_; }  // services * models
  std::uint32_t users() const { return users_; }                      // of each tenant

  /// Index of profiles(); of tenants; a status, whose error detail has its index less
  /// INFERENCE_STATUS_CLIENT_ERROR.
  std::uint32_t pick_profile(Random& random) const { return profile_weights_.sample(random); }
  std::uint32_t pick_tenant(Random& random) const { return tenant_weights_.sample(random); }
  v1::InferenceStatus pick_status(Random& random) const {
    return static_cast<v1::InferenceStatus>(status_weights_.sample(random) +
                                            v1::INFERENCE_STATUS_OK);
  }

 private:
  World(const WorldSizes& sizes, const std::vector<double>& profile_weights);

  Names& names(events::Text text) { return names_[static_cast<std::size_t>(text)]; }
  void add_service(std::uint32_t service, std::uint32_t models);

  Weighted profile_weights_;
  Weighted tenant_weights_;
  Weighted status_weights_;
  std::array<Names, events::kTexts> names_;
  std::vector<Profile> profiles_;
  std::uint32_t users_;
};

}  // namespace weir::ingest
