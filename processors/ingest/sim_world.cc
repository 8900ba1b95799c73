#include "processors/ingest/sim_world.h"

#include <algorithm>

namespace weir::ingest {
namespace {

using events::Text;

struct ServiceKind {
  std::string_view name;
  LogNormal compute;
  LogNormal input_tokens;
  LogNormal output_tokens;
};

constexpr std::array kServiceKinds = {
    ServiceKind{"chat", {1'200'000, 0.9}, {600, 1.2}, {180, 1.0}},
    ServiceKind{"code", {900'000, 0.8}, {1'500, 1.3}, {60, 1.2}},
    ServiceKind{"search", {60'000, 0.6}, {40, 0.8}, {8, 0.8}},
    ServiceKind{"vision", {350'000, 0.7}, {1'100, 0.5}, {30, 0.8}},
    ServiceKind{"summarize", {2'500'000, 0.7}, {3'000, 1.0}, {250, 0.6}},
    ServiceKind{"speech", {500'000, 0.6}, {400, 0.9}, {90, 0.9}},
    ServiceKind{"translate", {300'000, 0.7}, {120, 1.0}, {130, 1.0}},
    ServiceKind{"rank", {40'000, 0.5}, {800, 0.6}, {2, 0.5}}};

struct ModelKind {
  std::string_view name;
  double slowness;  // of its compute, against the service's usual
};

constexpr std::array kModelKinds = {ModelKind{"llama-70b", 1.6},    ModelKind{"llama-8b", 0.5},
                                    ModelKind{"mixtral-8x7b", 1.2}, ModelKind{"mistral-7b", 0.5},
                                    ModelKind{"qwen-32b", 1.0},     ModelKind{"gemma-9b", 0.6},
                                    ModelKind{"deepseek-67b", 1.5}, ModelKind{"phi-4b", 0.3}};

constexpr std::int32_t kMaxProfiles = 1'000'000;
constexpr LogNormal kQueue = {4'000, 1.5};
constexpr LogNormal kNetwork = {3'000, 0.5};

// What is named once and for all; their lengths are what World::region_of and the like count on.
const World::Names kBusinessLines = {"enterprise", "consumer", "research", "internal"};
const World::Names kRegions = {"eu-west", "us-east", "us-west", "ap-south"};
const World::Names kGpuTypes = {"H100", "A100", "L40S"};
const World::Names kGpuIds = {"gpu-0", "gpu-1", "gpu-2", "gpu-3",
                              "gpu-4", "gpu-5", "gpu-6", "gpu-7"};
const World::Names kVersions = {"2025.11", "2026.01"};
const World::Names kVariants = {"control", "treatment"};
const World::Names kErrorDetails = {"prompt is longer than the context",
                                    "worker exited",
                                    "deadline exceeded",
                                    "CUDA out of memory",
                                    "retrieval unavailable",
                                    "weights could not be loaded",
                                    "rate limit",
                                    "client closed the connection"};

/// 1.2 % of requests fail; by status, ok first.
const std::vector<double> kStatusWeights = {0.988,  0.004,  0.002,  0.0015, 0.0003,
                                            0.0012, 0.0005, 0.0015, 0.001};

/// "chat", ..., and "chat-2" where the kinds are used up.
std::string numbered(std::string_view name, std::size_t round) {
  return round == 0 ? std::string(name) : fmt::format("{}-{}", name, round + 1);
}

std::vector<double> falling_weights(std::int32_t count, double skew) {
  std::vector<double> weights;
  for (std::int32_t i = 0; i < count; ++i) weights.push_back(1 / (1 + skew * i));
  return weights;
}

std::vector<double> profile_weights(const WorldSizes& sizes) {
  std::vector<double> weights;
  for (std::int32_t service = 0; service < sizes.services; ++service)
    for (std::int32_t model = 0; model < sizes.models; ++model)
      weights.push_back(1.0 / ((1 + service) * (1 + model)));
  return weights;
}

Result<void> check(std::string_view name, double value, double least, double most) {
  if (value >= least && value <= most) return {};
  return fail(ErrorCode::invalid_argument, "simulator: {} is {}; it must be {} to {}", name, value,
              least, most);
}

}  // namespace

Result<World> World::make(const WorldSizes& sizes) {
  WEIR_TRY(check("services", sizes.services, 1, 10'000));
  const std::int32_t most_models = kMaxProfiles / sizes.services;
  WEIR_TRY(check("models", sizes.models, 1, most_models));
  WEIR_TRY(check("tenants", sizes.tenants, 1, 10'000'000));
  WEIR_TRY(check("tenant_skew", sizes.tenant_skew, 0, 1'000));
  WEIR_TRY(check("users", sizes.users, 1, 1'000'000'000));
  return World(sizes, profile_weights(sizes));
}

World::World(const WorldSizes& sizes, const std::vector<double>& profile_weights)
    : profile_weights_(profile_weights),
      tenant_weights_(falling_weights(sizes.tenants, sizes.tenant_skew)),
      status_weights_(kStatusWeights),
      users_(static_cast<std::uint32_t>(sizes.users)) {
  names(Text::business_line) = kBusinessLines;
  names(Text::region) = kRegions;
  names(Text::gpu_type) = kGpuTypes;
  names(Text::gpu_id) = kGpuIds;
  names(Text::model_version) = kVersions;
  names(Text::variant) = kVariants;
  names(Text::error_detail) = kErrorDetails;
  const auto models = static_cast<std::uint32_t>(sizes.models);
  const std::uint32_t model_names = std::max<std::uint32_t>(2 * models, kModelKinds.size());
  for (std::uint32_t i = 0; i < model_names; ++i)
    names(Text::model)
        .push_back(numbered(kModelKinds[i % kModelKinds.size()].name, i / kModelKinds.size()));
  for (std::int32_t i = 0; i < sizes.tenants; ++i)
    names(Text::tenant).push_back(fmt::format("tenant-{:04}", i));
  for (std::int32_t i = 0; i < sizes.services; ++i)
    add_service(static_cast<std::uint32_t>(i), models);
}

void World::add_service(std::uint32_t service, std::uint32_t models) {
  const ServiceKind& kind = kServiceKinds[service % kServiceKinds.size()];
  const std::string name = numbered(kind.name, service / kServiceKinds.size());
  names(Text::service).push_back(name);
  names(Text::experiment).push_back(name + "-decoding");
  for (std::uint32_t host = 0; host < kHostsPerService; ++host)
    names(Text::host).push_back(fmt::format("host-{:04}", names(Text::host).size()));
  const auto model_names = static_cast<std::uint32_t>(names(Text::model).size());
  for (std::uint32_t i = 0; i < models; ++i) {
    const std::uint32_t model = (service + i) % model_names;
    Profile profile{service,           model, kQueue, kind.compute, kNetwork, kind.input_tokens,
                    kind.output_tokens};
    profile.compute.median *= kModelKinds[model % kModelKinds.size()].slowness;
    profiles_.push_back(profile);
  }
}

}  // namespace weir::ingest
