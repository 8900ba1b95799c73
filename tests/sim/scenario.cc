#include "tests/sim/scenario.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include "processors/runtime/io.h"
#include "tests/sim/records.h"

namespace weir::sim {
namespace {

struct WindowChoice {
  DurationUs length_us;
  DurationUs hop_us;
};

constexpr DurationUs kTen = 10 * kSecondUs;

const std::vector<std::vector<WindowChoice>> kWindowSets = {
    {{kTen, kTen}, {kMinuteUs, kTen}},
    {{kMinuteUs, kMinuteUs}},
    {{kMinuteUs, kTen}, {5 * kMinuteUs, kTen}, {10 * kMinuteUs, kMinuteUs}},
    {{3 * kMinuteUs, kMinuteUs}, {20 * kSecondUs, kTen}},
    {{10 * kMinuteUs, 5 * kMinuteUs}, {2 * kMinuteUs, kTen}},
    {{20 * kMinuteUs, kMinuteUs}, {kMinuteUs, kMinuteUs}, {kTen, kTen}},
};
const std::vector<std::vector<DurationUs>> kTierSets = {
    {kTen, kMinuteUs, 5 * kMinuteUs},
    {kTen, 2 * kTen, kMinuteUs, 5 * kMinuteUs, 10 * kMinuteUs, kHourUs},
};
const std::vector<std::vector<std::string>> kScopes = {
    {"service"}, {"service", "model"}, {"tenant"}, {}, {"model", "region"}};

}  // namespace

TimeUs Input::newest_us() const {
  TimeUs newest = 0;
  for (const Event& event : events)
    if (event.reason == v1::DEAD_LETTER_REASON_UNSPECIFIED)
      newest = std::max(newest, event.fields.event_time_us());
  return newest;
}

Scenario::Scenario(std::uint64_t seed, Home home) : seed(seed), home(home) {
  Random random(seed);
  choose_rules(random);
  choose_inputs(random);
}

void Scenario::choose_rules(Random& random) {
  history = random.chance(40) && home == Home::embedded;
  raw_partitions = static_cast<std::int32_t>(random.between(1, random.chance(70) ? 3 : 8));
  keyed_partitions = static_cast<std::int32_t>(random.between(1, random.chance(80) ? 3 : 8));
  crashes = random.chance(60);
  stalls = !history && raw_partitions > 1 && random.chance(30);
  stall_after_us = random.between(30, 120) * kSecondUs;
  max_series = random.chance(20) ? random.between(1, 4) : 1'000;
  segment_bytes = static_cast<std::uint64_t>(random.between(2, 64)) << 10;
  step_bytes = random.chance(50) ? 1 : 1 << 20;
  open_bytes = random.chance(50) ? 1 : 1 << 20;
  commit_interval_us = random.between(1, 5'000) * kMillisecondUs;
  if (random.chance(30) && home == Home::embedded) choose_expiry(random);
  start_us = 1'700'000'000 * kSecondUs + random.below(kDayUs);
  // Series are forgotten at full hours only, and the oracle need not know which were.
  if (max_series < 1'000) start_us = align_down(start_us, kHourUs) + 25 * kMinuteUs;
  span_us = random.between(60, 900) * kSecondUs;

  definitions.set_out_of_orderness_us(random.between(0, 10) * kSecondUs);
  // Some stalls last longer than anything is kept, most do not.
  DurationUs lateness = random.between(0, 60) * kSecondUs;
  if (stalls && random.chance(80)) lateness += 15 * kMinuteUs;
  for (const DurationUs span : kTierSets[random.chance(70) ? 0 : 1]) {
    v1::TierDefinition& tier = *definitions.add_tier();
    tier.set_span_us(span);
    tier.set_lateness_us(lateness);
    lateness += random.between(0, 240) * kSecondUs;
  }
  std::vector<std::vector<std::string>> scopes = kScopes;
  for (std::int64_t left = random.between(1, 3); left > 0; --left) {
    v1::ScopeDefinition& scope = *definitions.add_scope();
    const auto picked = scopes.begin() + random.below(static_cast<std::int64_t>(scopes.size()));
    for (const std::string& dimension : *picked) scope.add_dimension(dimension);
    scopes.erase(picked);
    const auto set = random.below(static_cast<std::int64_t>(kWindowSets.size()));
    for (const WindowChoice& window : kWindowSets[static_cast<std::size_t>(set)]) {
      scope.add_window()->set_length_us(window.length_us);
      scope.mutable_window()->rbegin()->set_hop_us(window.hop_us);
    }
    if (random.chance(80)) scope.add_sketch("latency");
    for (const char* const sketch : {"ttft", "tpot", "queue", "compute", "network"})
      if (random.chance(40)) scope.add_sketch(sketch);
    scope.set_distinct_users(random.chance(30));
    scope.set_distinct_tenants(random.chance(30));
  }
  if (random.chance(70)) definitions.add_unrated_status("client_error");
  if (random.chance(70)) definitions.add_unrated_status("cancelled");
}

void Scenario::choose_expiry(Random& random) {
  expires = true;
  segment_bytes = static_cast<std::uint64_t>(random.between(1, 4)) << 10;
  if (random.chance(50)) max_age_us = random.between(10, 300) * kSecondUs;
  if (random.chance(50)) max_bytes = static_cast<std::uint64_t>(random.between(1, 32)) << 10;
  if (random.chance(70)) {
    // All segments that are written to, twice: less could hold up everybody for good.
    const std::int64_t partitions = raw_partitions + 2 * keyed_partitions + 2;
    disk_bytes = static_cast<std::uint64_t>(partitions) * 2 * segment_bytes +
                 (static_cast<std::uint64_t>(random.between(192, 512)) << 10);
    // And no commit is larger than that.
    open_bytes = 1;
    step_bytes = 1;
  }
}

void Scenario::choose_inputs(Random& random) {
  for (std::int32_t partition = 1; partition < raw_partitions; ++partition)
    if (random.chance(20)) silent_.insert(partition);
  if (stalls && random.chance(40)) {
    stuck_partition_ = static_cast<std::int32_t>(random.below(raw_partitions));
    stuck_from_us_ = start_us + random.below(span_us);
    stuck_until_us_ = stuck_from_us_ + random.below(span_us);
  }
  for (std::int64_t left = random.between(20, 150); left > 0; --left)
    inputs.push_back(make_input(random, start_us + random.below(span_us)));
  std::ranges::stable_sort(inputs, {}, &Input::at_us);
  // A producer that never heard the answer sends the same again; a broken one other bytes.
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].id || !random.chance(50)) continue;
    Input again = inputs[i];
    again.at_us += random.below(2 * kDedupHorizonUs);
    if (random.chance(20)) {
      Input other = make_input(random, again.at_us);
      other.id = again.id;
      other.partition = again.partition;
      again = std::move(other);
    }
    inputs.push_back(std::move(again));
    if (inputs.size() > 300) break;
  }
  std::ranges::stable_sort(inputs, {}, &Input::at_us);
}

Input Scenario::make_input(Random& random, TimeUs at) {
  Input input;
  input.at_us = at;
  // Some partitions are silent, one is hot.
  input.partition = random.chance(50) ? 0 : static_cast<std::int32_t>(random.below(raw_partitions));
  if (silent_.contains(input.partition)) input.partition = 0;
  const bool stuck =
      input.partition == stuck_partition_ && at >= stuck_from_us_ && at < stuck_until_us_;
  const auto events = random.chance(40) ? random.between(2, 8) : 1;
  for (std::int64_t left = events; left > 0; --left)
    input.events.push_back(make_event(random, stuck ? stuck_from_us_ : at));
  if (random.chance(30)) {
    input.id.emplace();
    for (std::uint8_t& byte : *input.id) byte = static_cast<std::uint8_t>(random.next());
  }
  if (input.events.size() > 1 || random.chance(20)) {
    std::ranges::stable_partition(input.events, fits_columns, &Event::fields);
    input.content_type = std::string(runtime::kInferenceBatchType);
    input.value = to_batch(input.events);
  } else if (random.chance(30) && !input.events[0].fields.has_confidence()) {
    input.content_type = random.chance(50) ? std::string(runtime::kJsonType) : std::string();
    input.value = to_json(input.events[0].fields);
  } else {
    if (random.chance(30)) input.content_type = runtime::kInferenceEventType;
    input.value = input.events[0].fields.SerializeAsString();
  }
  if (random.chance(6)) break_input(random, input);
  return input;
}

void Scenario::break_input(Random& random, Input& input) {
  input.broken = v1::DEAD_LETTER_REASON_MALFORMED;
  switch (random.below(5)) {
    case 0:
      input.broken = v1::DEAD_LETTER_REASON_CONTENT_TYPE;
      input.content_type = "text/plain";
      break;
    case 1:
      input.content_type = std::string(runtime::kJsonType);
      input.value = R"({"event_time":)";
      break;
    case 2: {
      v1::InferenceBatch batch;  // with a column too short
      batch.set_count(2);
      batch.add_time_offset_us(0);
      input.content_type = std::string(runtime::kInferenceBatchType);
      input.value = batch.SerializeAsString();
      break;
    }
    case 3:
      input.content_type = std::string(runtime::kInferenceBatchType);
      input.value = to_batch(input.events);
      input.value.pop_back();  // truncated
      break;
    default:
      input.content_type = std::string(runtime::kInferenceBatchType);
      input.value = "\xff\xff not a batch";
  }
}

Event Scenario::make_event(Random& random, TimeUs at) const {
  Event event;
  v1::InferenceEvent& fields = event.fields;
  TimeUs time = at - random.below(4 * kSecondUs);
  if (random.chance(10)) time = at - random.below(3 * kMinuteUs);
  if (random.chance(5)) time = at - random.below(20 * kMinuteUs);
  if (random.chance(3) && !history) time = at + random.between(30, 600) * kSecondUs;
  fields.set_event_time_us(time);
  fields.set_service(random.chance(60) ? "hot" : fmt::format("s{}", random.below(4)));
  fields.set_model(fmt::format("m{}", random.below(3)));
  fields.set_tenant(random.chance(10) ? "" : fmt::format("t{}", random.below(6)));
  if (random.chance(50)) fields.set_region("eu");
  fields.set_status(static_cast<v1::InferenceStatus>(random.chance(70) ? 1 : random.below(12)));
  if (random.chance(90))
    fields.set_latency_us(random.between(0, std::int64_t{1} << random.between(1, 31)));
  if (random.chance(1)) fields.set_latency_us(random.between(1, 1'000'000'000'000));
  if (random.chance(50)) fields.set_ttft_us(random.between(0, 900'000));
  if (random.chance(20)) fields.set_queue_us(random.between(0, 90'000));
  if (random.chance(20)) fields.set_compute_us(random.between(0, 900'000));
  if (random.chance(20)) fields.set_network_us(random.between(0, 9'000));
  if (random.chance(5))
    fields.set_cold_start_us(std::max<std::int64_t>(0, random.between(-90'000'000, 90'000'000)));
  if (random.chance(70)) fields.set_input_tokens(random.between(0, 8'000));
  if (random.chance(70)) fields.set_output_tokens(random.between(0, 2'000));
  if (random.chance(20)) fields.set_cached_tokens(random.between(0, 2'000));
  if (random.chance(5)) fields.set_retry_count(static_cast<std::int32_t>(random.between(0, 3)));
  if (random.chance(10)) fields.set_low_confidence(random.chance(50));
  if (random.chance(10)) fields.set_abnormal_input(random.chance(50));
  if (random.chance(70)) fields.set_user_hash(random.chance(70) ? 7 : random.next());
  if (random.chance(4)) event.reason = break_event(random, fields);
  return event;
}

v1::DeadLetterReason Scenario::break_event(Random& random, v1::InferenceEvent& fields) {
  switch (random.below(6)) {
    case 0:
      fields.set_latency_us(-5);
      return v1::DEAD_LETTER_REASON_NEGATIVE_DURATION;
    case 1:
      if (fields.event_time_us() % 2 == 0) {  // nanoseconds
        fields.set_event_time_us(fields.event_time_us() * 1'000);
        return v1::DEAD_LETTER_REASON_OUT_OF_RANGE;
      }
      fields.set_event_time_us(0);
      return v1::DEAD_LETTER_REASON_MISSING_TIME;
    case 2:
      fields.set_input_tokens(-1);
      return v1::DEAD_LETTER_REASON_OUT_OF_RANGE;
    case 3:
      fields.set_request_id("short");
      return v1::DEAD_LETTER_REASON_MALFORMED;
    case 4:
      fields.set_service(std::string(300, 'x'));
      return v1::DEAD_LETTER_REASON_INVALID_TEXT;
    default:
      fields.set_confidence(std::numeric_limits<float>::quiet_NaN());
      return v1::DEAD_LETTER_REASON_NOT_A_NUMBER;
  }
}

DurationUs Scenario::longest_window_us() const {
  DurationUs longest = 0;
  for (const v1::ScopeDefinition& scope : definitions.scope())
    for (const v1::WindowDefinition& window : scope.window())
      longest = std::max(longest, window.length_us() + window.hop_us());
  return longest;
}

}  // namespace weir::sim
