#include "processors/ingest/sim_source.h"

#include <algorithm>
#include <bit>

namespace weir::ingest {
namespace {

using events::Number;
using events::Text;

constexpr double kDailySwing = 0.6;
constexpr std::int64_t kNsPerUs = 1'000;
constexpr LogNormal kColdStart = {8'000'000, 0.5};
constexpr std::int64_t kTimeoutUs = 30 * kSecondUs;
/// Of each part of a request, so that their sum fits a column.
constexpr std::int64_t kMaxPartUs = 15 * kMinuteUs;

constexpr std::uint32_t kColdStartOneIn = 2'000;
constexpr std::uint32_t kRetriedOneIn = 64;
constexpr std::uint32_t kCacheHitOneIn = 3;
constexpr std::uint32_t kNewVersionOneIn = 10;
constexpr std::uint32_t kAbnormalOneIn = 200;
constexpr float kLowConfidence = 0.55F;

bool matches(const ActiveIncident& incident, TimeUs time, const Profile& profile,
             std::uint32_t tenant) {
  const auto any_or = [](std::uint32_t wanted, std::uint32_t got) {
    return wanted == ActiveIncident::kAny || wanted == got;
  };
  return time >= incident.start_us && time < incident.end_us &&
         any_or(incident.service, profile.service) && any_or(incident.model, profile.model) &&
         any_or(incident.tenant, tenant);
}

/// Whether the device worked on it: what was refused at the door has no compute.
bool computed(v1::InferenceStatus status) {
  return status != v1::INFERENCE_STATUS_CLIENT_ERROR && status != v1::INFERENCE_STATUS_REJECTED &&
         status != v1::INFERENCE_STATUS_MODEL_LOAD;
}

}  // namespace

double daily_load(TimeUs time) {
  constexpr DurationUs kRise = 8 * kHourUs;  // from here the load is above its mean, for half a day
  const double phase =
      static_cast<double>(time - kRise - align_down(time - kRise, kDayUs)) / kDayUs;
  const double half = phase < 0.5 ? phase : phase - 0.5;
  const double arc = 8 * half * (1 - 2 * half);
  return 1 + kDailySwing * (phase < 0.5 ? arc : -arc);
}

EventSource::EventSource(const Simulator::Plan& plan, std::int32_t partition)
    : plan_(plan),
      random_(Random::stream(plan.options.seed, static_cast<std::uint64_t>(partition))),
      events_left_(std::numeric_limits<std::int64_t>::max()),
      end_ns_(std::numeric_limits<std::int64_t>::max()) {
  const SimulatorOptions& options = plan.options;
  if (options.events > 0)
    events_left_ = options.events / options.partitions +
                   (partition < options.events % options.partitions ? 1 : 0);
  if (options.duration_us > 0) end_ns_ = options.duration_us * kNsPerUs;
}

bool EventSource::next(SimEvent& event) {
  const TimeUs start = plan_.options.start_us;
  while (events_left_ > 0 && arrive()) {
    const double u = random_.uniform();
    const auto delay = static_cast<DurationUs>(u * u * u * kMaxSimulatedDisorderUs);
    const TimeUs time = std::max(start, start + arrival_ns_ / kNsPerUs - delay);
    Request request{};
    if (!draw_request(time, request)) continue;
    event = SimEvent{};
    event.event_time_us = time;
    event.status = static_cast<std::uint8_t>(request.status);
    fill_names(request, event);
    fill_numbers(request, event);
    --events_left_;
    return true;
  }
  return false;
}

/// Moves to the next arrival: gaps are even between nothing and twice their mean.
bool EventSource::arrive() {
  if (arrival_ns_ >= minute_end_ns_) begin_minute();
  arrival_ns_ += static_cast<std::int64_t>(twice_mean_gap_ns_ * random_.uniform());
  return arrival_ns_ < end_ns_;
}

void EventSource::begin_minute() {
  const SimulatorOptions& options = plan_.options;
  const TimeUs now = options.start_us + arrival_ns_ / kNsPerUs;
  minute_end_ns_ = (align_down(now, kMinuteUs) + kMinuteUs - options.start_us) * kNsPerUs;
  twice_mean_gap_ns_ = 2e9 * options.partitions / (options.rate_per_s * daily_load(now));
  near_.clear();
  // The last arrival of a minute may lie a gap behind it.
  const TimeUs latest = now + kMinuteUs + static_cast<DurationUs>(twice_mean_gap_ns_) / kNsPerUs;
  for (const ActiveIncident& incident : plan_.active)
    if (incident.start_us <= latest && incident.end_us > now - kMaxSimulatedDisorderUs)
      near_.push_back(&incident);
}

/// False where the request does not come.
bool EventSource::draw_request(TimeUs event_time, Request& request) {
  const World& world = plan_.world;
  request.profile = &world.profiles()[world.pick_profile(random_)];
  request.tenant = world.pick_tenant(random_);
  request.status = world.pick_status(random_);
  request.slowness = 1;
  request.cold = random_.below(kColdStartOneIn) == 0;
  for (const ActiveIncident* incident : near_) {
    if (!matches(*incident, event_time, *request.profile, request.tenant)) continue;
    const bool hit = random_.uniform() < incident->strength;
    switch (incident->kind) {
      case IncidentKind::error_burst:
        if (hit) request.status = v1::INFERENCE_STATUS_SERVER_ERROR;
        break;
      case IncidentKind::latency_regression:
        request.slowness *= incident->strength;
        break;
      case IncidentKind::oom_storm:
        if (hit) request.status = v1::INFERENCE_STATUS_OOM;
        break;
      case IncidentKind::quiet_tenant:
        if (hit) return false;
        break;
      case IncidentKind::cold_starts:
        request.cold |= hit;
        break;
    }
  }
  return true;
}

void EventSource::fill_names(const Request& request, SimEvent& event) {
  const std::uint32_t service = request.profile->service;
  const std::uint64_t bits = random_.next();
  const auto user = Random::pick(static_cast<std::uint32_t>(bits), plan_.world.users());
  const std::uint32_t host = service * World::kHostsPerService +
                             static_cast<std::uint32_t>(bits >> 32) % World::kHostsPerService;
  event.user_hash = Random::mix((std::uint64_t{request.tenant} << 32 | user) + 1);
  event.set(Text::service, service);
  event.set(Text::model, request.profile->model);
  event.set(Text::model_version, random_.below(kNewVersionOneIn) == 0 ? 1 : 0);
  event.set(Text::tenant, request.tenant);
  event.set(Text::business_line, World::business_line_of(request.tenant));
  event.set(Text::region, World::region_of(host));
  event.set(Text::host, host);
  event.set(Text::gpu_type, World::gpu_type_of(service));
  if (World::has_experiment(service)) {
    event.set(Text::experiment, service);
    event.set(Text::variant, static_cast<std::uint32_t>(event.user_hash >> 63));
  }
  if (request.status != v1::INFERENCE_STATUS_OK)
    event.set(Text::error_detail,
              static_cast<std::uint32_t>(request.status - v1::INFERENCE_STATUS_CLIENT_ERROR));
  if (plan_.options.lean) return;
  event.set(Text::gpu_id, static_cast<std::uint32_t>(bits >> 40) % World::kGpusPerHost);
  event.request_id = {random_.next(), random_.next()};
}

void EventSource::fill_numbers(const Request& request, SimEvent& event) {
  const Profile& profile = *request.profile;
  std::int64_t latency = 0;
  const auto add = [&](Number number, std::int64_t duration) {
    duration = std::min(duration, kMaxPartUs);
    event.set(number, duration);
    latency += duration;
    return duration;
  };
  add(Number::queue, profile.queue.sample(random_));
  if (request.cold) add(Number::cold_start, kColdStart.sample(random_));
  const std::int64_t before_compute = latency;
  std::int64_t compute = 0;
  if (request.status == v1::INFERENCE_STATUS_TIMEOUT) {
    compute = add(Number::compute, kTimeoutUs);
  } else if (computed(request.status)) {
    compute = add(Number::compute, profile.compute.sample(random_, request.slowness));
  }
  add(Number::network, profile.network.sample(random_));
  event.set(Number::latency, latency);
  const bool answered = request.status == v1::INFERENCE_STATUS_OK;
  if (answered)  // a tenth to three tenths of the work comes before the first token
    event.set(Number::ttft, before_compute + compute * (103 + random_.below(205)) / 1'024);
  fill_tokens(request, answered, event);
}

void EventSource::fill_tokens(const Request& request, bool answered, SimEvent& event) {
  const Profile& profile = *request.profile;
  const std::uint64_t bits = random_.next();
  const auto one_in = [&bits](std::uint32_t n, unsigned shift) {
    return Random::pick(static_cast<std::uint32_t>(bits >> shift), n) == 0;
  };
  const std::int64_t input = 1 + profile.input_tokens.sample(random_);
  event.set(Number::input_tokens, input);
  // Caches keep whole blocks of 16 tokens.
  event.set(Number::cached_tokens, one_in(kCacheHitOneIn, 0) ? input / 32 * 16 : 0);
  if (answered) event.set(Number::output_tokens, 1 + profile.output_tokens.sample(random_));
  event.set(Number::retry_count,
            one_in(kRetriedOneIn, 16) ? 1 + static_cast<std::int64_t>(bits >> 61) % 3 : 0);
  unsigned flags = v1::INFERENCE_FLAG_ABNORMAL_INPUT_KNOWN;
  if (one_in(kAbnormalOneIn, 32)) flags |= v1::INFERENCE_FLAG_ABNORMAL_INPUT;
  if (answered) {
    const auto confidence = 0.5F + 0.5F * static_cast<float>(random_.next() >> 40) * 0x1p-24F;
    flags |= v1::INFERENCE_FLAG_LOW_CONFIDENCE_KNOWN;
    if (confidence < kLowConfidence) flags |= v1::INFERENCE_FLAG_LOW_CONFIDENCE;
    if (!plan_.options.lean) {
      event.confidence = std::bit_cast<std::uint32_t>(confidence);
      event.set(Number::batch_size, 1 + static_cast<std::int64_t>(bits >> 56) % 32);
    }
  }
  event.flags = static_cast<std::uint8_t>(flags);
}

}  // namespace weir::ingest
