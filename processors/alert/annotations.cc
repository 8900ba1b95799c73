#include "processors/alert/annotations.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "processors/alert/life.h"
#include "processors/core/text.h"
#include "processors/core/time.h"

namespace weir::alert {
namespace {

constexpr std::string_view kUnknown = "-";

std::string label_of(const v1::Alert& alert, std::string_view name) {
  for (const v1::Label& label : alert.label())
    if (label.name() == name) return label.value();
  return std::string(kUnknown);
}

std::string rate_of(const v1::SignalWindow& window) {
  return window.has_burn_rate() ? fmt::format("{:.1f}", window.burn_rate()) : std::string(kUnknown);
}

std::string length_of(const v1::SignalWindow& window) {
  return window.length_us() > 0 ? describe_duration(window.length_us()) : std::string(kUnknown);
}

std::string series_of(const v1::Alert& alert) {
  std::vector<std::string> pairs;
  const v1::ConditionChange& condition = alert.condition();
  for (int i = 0; i < std::min(condition.scope_size(), condition.series_size()); ++i)
    pairs.push_back(condition.scope(i) + "=" + condition.series(i));
  return fmt::format("{}", fmt::join(pairs, ","));
}

/// Of RatioTimeslices windows count billionths of a slice.
std::string count_of(std::int64_t count, const v1::ConditionChange& condition) {
  constexpr double kPpb = 1e9;
  if (condition.method() != v1::BUDGETING_METHOD_RATIO_TIMESLICES) return fmt::format("{}", count);
  return fmt::format("{:.6g}", static_cast<double>(count) / kPpb);
}

struct Name {
  std::string_view name;
  std::string (*value)(const v1::Alert&);
};

constexpr std::array kNames = {
    Name{"bad",
         [](const v1::Alert& alert) {
           const v1::SignalWindow& window = alert.condition().long_window();
           return count_of(window.total() - window.good(), alert.condition());
         }},
    Name{"budget_spent",
         [](const v1::Alert& alert) {
           return fmt::format("{:.1f}%", 100 * alert.condition().spent_ratio());
         }},
    Name{"burn_rate",
         [](const v1::Alert& alert) { return rate_of(alert.condition().long_window()); }},
    Name{"condition", [](const v1::Alert& alert) { return alert.condition().condition(); }},
    Name{"exhausted_at",
         [](const v1::Alert& alert) {
           const v1::ConditionChange& condition = alert.condition();
           return condition.has_exhausted_at_us() ? format_rfc3339(condition.exhausted_at_us())
                                                  : std::string(kUnknown);
         }},
    Name{"factor",
         [](const v1::Alert& alert) { return fmt::format("{:.1f}", alert.condition().factor()); }},
    Name{"fingerprint", [](const v1::Alert& alert) { return alert.fingerprint(); }},
    Name{"forecast",
         [](const v1::Alert& alert) -> std::string {
           const v1::ConditionChange& condition = alert.condition();
           if (condition.spent_ratio() >= 1) return "all of it is gone";
           return condition.has_exhausted_at_us()
                      ? "at this pace all of it at " + format_rfc3339(condition.exhausted_at_us())
                      : "at this pace it lasts";
         }},
    Name{"objective", [](const v1::Alert& alert) { return alert.condition().objective(); }},
    Name{"page", [](const v1::Alert& alert) { return alert.page_url(); }},
    Name{"reason", [](const v1::Alert& alert) { return alert.condition().reason(); }},
    Name{"series", series_of},
    Name{"service", [](const v1::Alert& alert) { return label_of(alert, "service"); }},
    Name{"severity", [](const v1::Alert& alert) { return alert.severity(); }},
    Name{"short_burn_rate",
         [](const v1::Alert& alert) { return rate_of(alert.condition().short_window()); }},
    Name{"since", [](const v1::Alert& alert) { return format_rfc3339(alert.starts_at_us()); }},
    Name{"title", title_of},
    Name{"total",
         [](const v1::Alert& alert) {
           return count_of(alert.condition().long_window().total(), alert.condition());
         }},
    Name{"window",
         [](const v1::Alert& alert) { return length_of(alert.condition().long_window()); }}};

constexpr std::string_view kLabelPrefix = "label.";

bool is_name(std::string_view name) {
  return std::ranges::find(kNames, name, &Name::name) != kNames.end() ||
         (name.starts_with(kLabelPrefix) && name.size() > kLabelPrefix.size());
}

std::unexpected<Error> refuse(std::string_view text, std::size_t at, std::string_view why) {
  std::vector<std::string_view> names;
  for (const Name& each : kNames) names.push_back(each.name);
  return fail(ErrorCode::invalid_argument, "{}{}\nnames: {}, label.NAME", why,
              caret_below(text, at), fmt::join(names, ", "));
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<Template> Template::parse(std::string_view text) {
  if (text.size() > kMaxAnnotationBytes)
    return fail(ErrorCode::invalid_argument, "a template has at most {} bytes, this one {}",
                kMaxAnnotationBytes, text.size());
  Template made;
  made.text_ = text;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = std::min(text.find("{{", at), text.size());
    if (open > at) made.pieces_.push_back({std::string(text.substr(at, open - at))});
    if (open == text.size()) break;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) return refuse(text, open, "the braces are not closed");
    const std::string_view name = trimmed(text.substr(open + 2, close - open - 2));
    if (!is_name(name)) return refuse(text, open, fmt::format("{} is no name", quote(name)));
    made.pieces_.push_back({std::string(name), true});
    at = close + 2;
  }
  return made;
}

std::string Template::fill(const v1::Alert& alert) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    if (!piece.is_name) {
      text += piece.text;
    } else if (piece.text.starts_with(kLabelPrefix)) {
      text += label_of(alert, piece.text.substr(kLabelPrefix.size()));
    } else {
      text += std::ranges::find(kNames, piece.text, &Name::name)->value(alert);
    }
  }
  return std::string(cut_utf8(text, kMaxAnnotationBytes));
}

std::vector<Annotation> default_annotations() {
  const auto annotation = [](std::string name, std::string_view text) {
    return Annotation{std::move(name), *Template::parse(text)};
  };
  return {annotation("summary", "{{title}} ({{service}}): {{reason}}"),
          annotation("description",
                     "{{bad}} of {{total}} bad in {{window}}, burn rate {{burn_rate}}; "
                     "{{budget_spent}} of the budget is spent, {{forecast}}. Since {{since}}."),
          annotation("command", "weir why {{fingerprint}}"),
          annotation("explain",
                     "weir explain --alert {{fingerprint}} DIR, or --kafka FILE instead of DIR"),
          annotation("page", "{{page}}")};
}

}  // namespace weir::alert
