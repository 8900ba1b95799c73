#include "sinks/webhook/payload.h"

#include <algorithm>

#include <fmt/format.h>

#include "processors/core/text.h"

namespace weir::webhook {
namespace {

template <class Labels>
std::string value_of(const Labels& labels, std::string_view name) {
  const auto found =
      std::ranges::find_if(labels, [name](const v1::Label& each) { return each.name() == name; });
  return found == labels.end() ? std::string() : found->value();
}

}  // namespace

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string shortened(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view kCut = "...";
  if (text.size() <= max_bytes) return std::string(text);
  return std::string(cut_utf8(text, max_bytes - kCut.size())) + std::string(kCut);
}

bool fires(const v1::Alert& alert) { return alert.state() == v1::ALERT_STATE_FIRING; }

bool is_muted(const v1::Alert& alert) {
  return alert.silenced_by_size() > 0 || alert.inhibited_by_size() > 0;
}

std::string annotation(const v1::Alert& alert, std::string_view name) {
  return value_of(alert.annotation(), name);
}

std::string label(const v1::Alert& alert, std::string_view name) {
  return value_of(alert.label(), name);
}

std::string title_of(const v1::Alert& alert) {
  const v1::ConditionChange& condition = alert.condition();
  std::string title = condition.objective() + " " + condition.condition();
  for (int i = 0; i < std::min(condition.scope_size(), condition.series_size()); ++i)
    title += fmt::format(" {}={}", condition.scope(i), condition.series(i));
  return title;
}

std::string summary_of(const v1::Alert& alert) {
  std::string summary = annotation(alert, "summary");
  return summary.empty() ? title_of(alert) : summary;
}

}  // namespace weir::webhook
