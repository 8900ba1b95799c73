#include "tests/sim/scenario.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include "processors/runtime/io.h"

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
};
const std::vector<std::vector<std::string>> kScopes = {
    {"service"}, {"service", "model"}, {"tenant"}, {}, {"model", "region"}};

/// A column of u32 with 0xFFFFFFFF for what an event lacks.
template <class Field, class Has, class Get>
void add_column(const std::vector<Event>& events, Field* column, Has has, Get get) {
  if (std::ranges::none_of(events, [&](const Event& e) { return has(e.fields); })) return;
  for (const Event& event : events)
    column->Add(has(event.fields) ? static_cast<std::uint32_t>(get(event.fields)) : 0xFFFFFFFFU);
}

template <class Get>
void add_texts(const std::vector<Event>& events, v1::StringColumn* column, Get get) {
  for (const Event& event : events) {
    const std::string& text = get(event.fields);
    const auto found = std::ranges::find(column->value(), text);
    const auto code = found - column->value().begin();
    if (found == column->value().end()) column->add_value(text);
    column->mutable_code()->push_back(static_cast<char>(code));
  }
}

std::string to_columns(const std::vector<Event>& events) {
  v1::InferenceBatch batch;
  batch.set_count(static_cast<std::uint32_t>(events.size()));
  TimeUs base = std::numeric_limits<TimeUs>::max();
  for (const Event& event : events) base = std::min(base, event.fields.event_time_us());
  batch.set_base_time_us(base);
  for (const Event& event : events) {
    batch.add_time_offset_us(static_cast<std::uint32_t>(event.fields.event_time_us() - base));
    batch.mutable_status()->push_back(static_cast<char>(event.fields.status()));
  }
  using E = v1::InferenceEvent;
  add_texts(events, batch.mutable_service(), [](const E& e) -> auto& { return e.service(); });
  add_texts(events, batch.mutable_model(), [](const E& e) -> auto& { return e.model(); });
  add_texts(events, batch.mutable_tenant(), [](const E& e) -> auto& { return e.tenant(); });
  add_texts(events, batch.mutable_region(), [](const E& e) -> auto& { return e.region(); });
  add_column(
      events, batch.mutable_latency_us(), [](const E& e) { return e.has_latency_us(); },
      [](const E& e) { return e.latency_us(); });
  add_column(
      events, batch.mutable_ttft_us(), [](const E& e) { return e.has_ttft_us(); },
      [](const E& e) { return e.ttft_us(); });
  add_column(
      events, batch.mutable_input_tokens(), [](const E& e) { return e.has_input_tokens(); },
      [](const E& e) { return e.input_tokens(); });
  add_column(
      events, batch.mutable_output_tokens(), [](const E& e) { return e.has_output_tokens(); },
      [](const E& e) { return e.output_tokens(); });
  add_column(
      events, batch.mutable_retry_count(), [](const E& e) { return e.has_retry_count(); },
      [](const E& e) { return e.retry_count(); });
  return batch.SerializeAsString();
}

std::string to_json(const v1::InferenceEvent& event) {
  std::string json = fmt::format(
      R"({{"event_time_us":{},"service":"{}","model":"{}","tenant":"{}","status":{},"new_field":1)",
      event.event_time_us(), event.service(), event.model(), event.tenant(),
      static_cast<int>(event.status()));
  if (!event.region().empty()) json += fmt::format(R"(,"region":"{}")", event.region());
  if (event.has_latency_us()) json += fmt::format(R"(,"latency_us":{})", event.latency_us());
  if (event.has_ttft_us()) json += fmt::format(R"(,"ttft_us":{})", event.ttft_us());
  if (event.has_input_tokens()) json += fmt::format(R"(,"input_tokens":{})", event.input_tokens());
  if (event.has_output_tokens())
    json += fmt::format(R"(,"output_tokens":{})", event.output_tokens());
  if (event.has_retry_count()) json += fmt::format(R"(,"retry_count":{})", event.retry_count());
  return json + "}";
}

auto order_of(const Input& input) { return std::tie(input.at_us, input.value); }

}  // namespace

Scenario::Scenario(std::uint64_t seed) : seed(seed) {
  Random random(seed);
  choose_rules(random);
  choose_inputs(random);
}

void Scenario::choose_rules(Random& random) {
  history = random.chance(40);
  raw_partitions = static_cast<std::int32_t>(random.between(1, random.chance(70) ? 3 : 8));
  keyed_partitions = static_cast<std::int32_t>(random.between(1, 4));
  crashes = random.chance(60);
  stalls = !history && raw_partitions > 1 && random.chance(30);
  stall_after_us = random.between(30, 120) * kSecondUs;
  max_series = random.chance(20) ? random.between(1, 4) : 1'000;
  segment_bytes = static_cast<std::uint64_t>(random.between(2, 64)) << 10;
  step_bytes = random.chance(50) ? 1 : 1 << 20;
  open_bytes = random.chance(50) ? 1 : 1 << 20;
  commit_interval_us = random.between(1, 5'000) * kMillisecondUs;
  start_us = 1'700'000'000 * kSecondUs + random.below(kDayUs);
  // Series are forgotten at full hours only, and the oracle need not know which were.
  if (max_series < 1'000) start_us = align_down(start_us, kHourUs) + 25 * kMinuteUs;
  span_us = random.between(60, 900) * kSecondUs;

  definitions.set_out_of_orderness_us(random.between(0, 10) * kSecondUs);
  // Some stalls last longer than anything is kept, most do not.
  DurationUs lateness = random.between(0, 60) * kSecondUs;
  if (stalls && random.chance(80)) lateness += 15 * kMinuteUs;
  for (const DurationUs span : {kTen, kMinuteUs, 5 * kMinuteUs}) {
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
    if (random.chance(50)) scope.add_sketch("ttft");
  }
  definitions.add_unrated_status("client_error");
}

void Scenario::choose_inputs(Random& random) {
  for (std::int64_t left = random.between(20, 150); left > 0; --left)
    inputs.push_back(make_input(random, start_us + random.below(span_us)));
  std::ranges::sort(inputs, {}, order_of);
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
  std::ranges::sort(inputs, {}, order_of);
}

Input Scenario::make_input(Random& random, TimeUs at) {
  Input input;
  input.at_us = at;
  // Some partitions are quiet, one is hot.
  input.partition = random.chance(50) ? 0 : static_cast<std::int32_t>(random.below(raw_partitions));
  const auto events = random.chance(40) ? random.between(2, 8) : 1;
  for (std::int64_t left = events; left > 0; --left) input.events.push_back(make_event(random, at));
  if (random.chance(30)) {
    input.id.emplace();
    for (std::uint8_t& byte : *input.id) byte = static_cast<std::uint8_t>(random.next());
  }
  const bool columns =
      input.events.size() > 1 || (random.chance(20) && input.events[0].fields.latency_us() >= 0 &&
                                  input.events[0].fields.event_time_us() > 0);
  if (columns) {
    // Columns cannot be negative; what they cannot say is not meant.
    for (Event& event : input.events) {
      if (event.fields.latency_us() < 0) event.fields.clear_latency_us();
      if (event.fields.event_time_us() <= 0) event.fields.set_event_time_us(at);
      event.reason = v1::DEAD_LETTER_REASON_UNSPECIFIED;
    }
    input.content_type = std::string(runtime::kInferenceBatchType);
    input.value = to_columns(input.events);
  } else if (random.chance(30)) {
    input.content_type = random.chance(50) ? std::string(runtime::kJsonType) : std::string();
    input.value = to_json(input.events[0].fields);
  } else {
    input.value = input.events[0].fields.SerializeAsString();
  }
  if (random.chance(3)) {
    input.broken = v1::DEAD_LETTER_REASON_CONTENT_TYPE;
    input.content_type = "text/plain";
  } else if (random.chance(3)) {
    input.broken = v1::DEAD_LETTER_REASON_MALFORMED;
    input.content_type = std::string(runtime::kInferenceBatchType);
    input.value = "\xff\xff not a batch";
  }
  return input;
}

Event Scenario::make_event(Random& random, TimeUs at) {
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
  if (random.chance(50)) fields.set_ttft_us(random.between(0, 900'000));
  if (random.chance(70)) fields.set_input_tokens(random.between(0, 8'000));
  if (random.chance(70)) fields.set_output_tokens(random.between(0, 2'000));
  if (random.chance(5)) fields.set_retry_count(static_cast<std::int32_t>(random.between(0, 3)));
  if (random.chance(2)) {
    fields.set_latency_us(-5);
    event.reason = v1::DEAD_LETTER_REASON_NEGATIVE_DURATION;
  } else if (random.chance(2)) {
    fields.set_event_time_us(0);
    event.reason = v1::DEAD_LETTER_REASON_MISSING_TIME;
  }
  return event;
}

DurationUs Scenario::longest_window_us() const {
  DurationUs longest = 0;
  for (const v1::ScopeDefinition& scope : definitions.scope())
    for (const v1::WindowDefinition& window : scope.window())
      longest = std::max(longest, window.length_us() + window.hop_us());
  return longest;
}

}  // namespace weir::sim
