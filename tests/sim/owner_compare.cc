// What was told, against what should have been.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/sim/owner.h"

namespace weir::sim {

void Owner::expect(const LoggedBatch& logged, const SeriesKey& key, Series& series, TimeUs end,
                   const std::set<int>& windows, bool restates) {
  const auto found = results_.find({restates, key, end});
  if (found == results_.end()) {
    wrong_(fmt::format("{}: not told{} as of {}", name(key, *windows.begin(), end),
                       restates ? " again" : "", logged.offset));
    return;
  }
  const v1::KpiResult& result = *found->second;
  results_.erase(found);
  const bool overflow = !key.second.empty() && key.second.front() == kOther;
  if (result.overflow() != overflow || result.as_of_partition() != partition_ ||
      result.definitions_hash() != logged.batch.definitions_hash())
    wrong_(fmt::format("{}: a wrong head", name(key, *windows.begin(), end)));
  std::vector<int> told;
  for (const v1::WindowResult& window : result.window()) {
    int w = 0;
    while (window_of(key.first, w).length_us() != window.length_us() ||
           window_of(key.first, w).hop_us() != window.hop_us())
      ++w;
    told.push_back(w);
    compare(key, series, end, w, window, restates);
    series.told[w][end] = window;
  }
  if (!std::ranges::equal(told, windows))
    wrong_(fmt::format("{}: told windows {} as of {}, expected {}", name(key, told.front(), end),
                       fmt::join(told, ","), logged.offset, fmt::join(windows, ",")));
}

void Owner::compare(const SeriesKey& key, Series& series, TimeUs end, int window,
                    const v1::WindowResult& told, bool restates) {
  const Meaning meaning{&scenario_.definitions, key.first, window, series.peak_is_known};
  const auto where = [&] { return name(key, window, end); };
  std::string wrong =
      difference(exact(series, key.first, window, end, true), told.value(), meaning);
  if (!wrong.empty()) wrong_(where() + ":" + wrong);
  if (told.complete() != is_complete(end))
    wrong_(fmt::format("{}: {}complete", where(), told.complete() ? "" : "in"));
  if (!restates) return;
  wrong = difference(exact(series, key.first, window, end, false), told.restated(), meaning);
  if (!wrong.empty()) wrong_(where() + ": restates" + wrong);
  const auto before = series.told[window].find(end);
  if (before != series.told[window].end() &&
      before->second.value().SerializeAsString() != told.restated().SerializeAsString())
    wrong_(where() + ": restates what was not told");
  const auto adds_up = [&told](auto of) {
    return of(told.value()) == of(told.restated()) + of(told.difference());
  };
  if (!adds_up([](const v1::KpiValues& v) { return v.requests(); }) ||
      !adds_up([](const v1::KpiValues& v) { return v.status().ok(); }) ||
      !adds_up([](const v1::KpiValues& v) { return v.input_tokens(); }) ||
      !adds_up([](const v1::KpiValues& v) { return v.latency_us().count(); }) ||
      !adds_up([](const v1::KpiValues& v) { return v.latency_us().max(); }))
    wrong_(where() + ": the difference is another");
}

/// Whoever carries values forward has the right ones in the end, at every end.
void Owner::check_carried() {
  for (auto& [key, series] : series_) {
    for (int w = 0; w < scenario_.definitions.scope(key.first).window_size(); ++w) {
      const v1::WindowDefinition& window = window_of(key.first, w);
      std::set<TimeUs> ends;
      for (const Known& known : series.events) {
        const TimeUs first = align_down(known.time, window.hop_us()) + window.hop_us();
        ends.insert({first, first + window.length_us()});
      }
      for (const auto& [end, told] : series.told[w]) ends.insert(end);
      for (const TimeUs end : ends) {
        const TimeUs last = watermark_ == kMaxTime
                                ? series.told[w].empty() ? end : series.told[w].rbegin()->first
                                : closed_;
        if (end > last) continue;
        const auto after = series.told[w].upper_bound(end);
        const v1::KpiValues carried =
            after == series.told[w].begin() ? v1::KpiValues() : std::prev(after)->second.value();
        const Exact right = exact(series, key.first, w, end, true);
        if (carried.requests() != right.requests && lost_events_ == 0)
          wrong_(fmt::format("{}: in the end {} requests, exactly {}", name(key, w, end),
                             carried.requests(), right.requests));
      }
    }
  }
}

/// Nobody was left out of what ended by then.
bool Owner::is_complete(TimeUs end) const {
  return std::ranges::all_of(sources_, [end](const Source& source) {
    return source.ended || source.time.watermark >= end;
  });
}

std::string Owner::name(const SeriesKey& key, int window, TimeUs end) const {
  const v1::ScopeDefinition& scope = scenario_.definitions.scope(key.first);
  return fmt::format("[{}]=[{}] {}/{} at {}", fmt::join(scope.dimension(), ","),
                     fmt::join(key.second, ","), format_duration(scope.window(window).length_us()),
                     format_duration(scope.window(window).hop_us()), format_rfc3339(end));
}

}  // namespace weir::sim
