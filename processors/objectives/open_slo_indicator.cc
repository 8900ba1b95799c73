// kind: SLI, and the indicators inside of an SLO.
#include "processors/aggregates/definitions.h"
#include "processors/objectives/open_slo_document.h"
#include "processors/predicates/predicate.h"

namespace weir::objectives {
namespace {

constexpr std::string_view kHow =
    "write `metricSource: {type: weir, spec: {query: \"status == ok\"}}`";

/// Notes what cannot be run instead of a query.
std::optional<Query> read_source(const config::Section& metric, Refusals& refused) {
  metric.require("metricSource", "metricSource: {type: weir, spec: {query: \"status == ok\"}}");
  const auto source = metric.section("metricSource");
  if (!source) return std::nullopt;
  std::string type;
  std::string reference;
  source->string("type", type);
  source->string("metricSourceRef", reference);
  source->has("spec");  // whatever another source has in it
  if (type != "weir") {
    refused.push_back(fmt::format(
        "{}: metric source '{}' is not one that Weir reads; it judges its own events: {}",
        source->where("type"), type.empty() ? reference : type, kHow));
    return std::nullopt;
  }
  Query query{.where = source->where("spec")};
  const auto spec = source->section("spec");
  if (!spec) {
    source->require("spec", "spec: {query: \"status == ok\"}");
    return std::nullopt;
  }
  query.where = spec->where("query");
  spec->require("query", "query: status == ok && latency <= 800ms");
  spec->parsed("query", query.text, [](std::string_view text) -> Result<std::string> {
    WEIR_ASSIGN(const auto predicate, predicates::Predicate::parse(text));
    return predicate.text();
  });
  spec->list("per", query.per, [](std::string_view name) -> Result<std::string> {
    WEIR_TRY(aggregates::parse_dimension(name));
    return std::string(name);
  });
  return query;
}

std::optional<Query> read_part(const config::Section& ratio, std::string_view key,
                               Refusals& refused) {
  const auto part = ratio.section(key);
  if (!part) return std::nullopt;
  return read_source(*part, refused);
}

void read_ratio(const config::Section& ratio, Indicator& indicator) {
  bool counter = false;
  ratio.boolean("counter", counter);
  indicator.good = read_part(ratio, "good", indicator.refused);
  indicator.bad = read_part(ratio, "bad", indicator.refused);
  indicator.total = read_part(ratio, "total", indicator.refused);
  std::string raw_type;
  ratio.string("rawType", raw_type);
  if (ratio.has("raw")) {
    (void)read_part(ratio, "raw", indicator.refused);
    indicator.refused.push_back(
        fmt::format("{}: a raw ratio is not judged event by event; give `good` and `total`",
                    ratio.where("raw")));
    return;
  }
  if (ratio.has("good") == ratio.has("bad"))
    ratio.refuse("good", "a ratio has exactly one of good and bad, beside total");
  ratio.require("total", "total: {metricSource: {type: weir, spec: {query: \"true\"}}}");
}

}  // namespace

Indicator read_indicator(const config::Section& spec) {
  Indicator indicator;
  std::string description;
  spec.string("description", description);
  if (const auto threshold = spec.section("thresholdMetric")) {
    (void)read_source(*threshold, indicator.refused);
    indicator.refused.push_back(fmt::format(
        "{}: a threshold metric is a number that somebody has summed up already; Weir judges each "
        "event: write a ratioMetric whose good query is, for example, latency <= 500ms",
        threshold->where()));
  }
  if (const auto ratio = spec.section("ratioMetric")) read_ratio(*ratio, indicator);
  if (!spec.has("thresholdMetric") && !spec.has("ratioMetric"))
    spec.refuse("ratioMetric", "an indicator has a ratioMetric or a thresholdMetric");
  return indicator;
}

std::optional<Ref<Indicator>> read_indicator_ref(const config::Section& section) {
  std::string name;
  if (section.string("indicatorRef", name))
    return Ref<Indicator>{.where = section.where("indicatorRef"), .name = name, .value = {}};
  const auto inner = section.section("indicator");
  if (!inner) return std::nullopt;
  (void)read_name(*inner);
  inner->require("spec", "spec: {ratioMetric: ...}");
  const auto spec = inner->section("spec");
  if (!spec) return std::nullopt;
  return Ref<Indicator>{.where = inner->where(), .name = "", .value = read_indicator(*spec)};
}

}  // namespace weir::objectives
