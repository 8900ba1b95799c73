#include "tools/weir/live_results.h"

#include <spdlog/spdlog.h>

#include "tools/weir/home.h"

namespace weir::cli {
namespace {

/// Prometheus mostly asks less often.
constexpr DurationUs kScrapeEveryUs = 5 * kSecondUs;

}  // namespace

LiveResults::LiveResults(const LiveResultsParts& parts)
    : facts_(parts.facts),
      view_probe_(parts.metrics),
      up_probe_(parts.metrics, parts.version, parts.started_us),
      view_(parts.log, view::ViewOptions{.max_bytes = parts.settings.memory_plan().view},
            view_probe_),
      api_(dashboard::ApiParts{.view = view_,
                               .log = parts.log,
                               .pipeline = [this] { return facts_.facts(); },
                               .clock = now_us,
                               .version = parts.version}),
      alerts_(alerts::ApiParts{.log = parts.log,
                               .appender = parts.appender,
                               .receivers = [this] { return facts_.facts().receivers; },
                               .clock = now_us,
                               .draw_id = random_id}),
      streams_(view_),
      exposition_(prometheus::ExpositionParts{
          .view = view_, .log = parts.log, .metrics = parts.metrics, .clock = now_us}) {}

std::vector<net::Route> LiveResults::routes() {
  std::vector<net::Route> routes = dashboard::routes(api_, streams_);
  for (net::Route& route : alerts::routes(alerts_)) routes.push_back(std::move(route));
  routes.push_back(
      {.method = "GET",
       .path = "/metrics",
       .access = net::Access::read,
       .handler = [this](const net::HttpRequest& request) { return exposition_.answer(request); }});
  const auto not_yet = [] {
    return net::error_response(503, "earlier results are being read", "try again in a second");
  };
  for (net::Route& route : routes) {
    if (route.handler)
      route.handler = [this, not_yet,
                       answer = std::move(route.handler)](const net::HttpRequest& request) {
        return open_ ? answer(request) : not_yet();
      };
    if (route.stream)
      route.stream = [this, not_yet, answer = std::move(route.stream)](
                         const net::HttpRequest& request, std::shared_ptr<net::EventStream> to) {
        return open_ ? answer(request, std::move(to)) : not_yet();
      };
  }
  return routes;
}

Result<void> LiveResults::open() {
  WEIR_TRY(view_.open());
  open_ = true;
  return {};
}

Result<void> LiveResults::look(TimeUs now) {
  if (!open_) WEIR_TRY(open());
  WEIR_ASSIGN(const bool told, view_.update());
  if (told) streams_.tell();
  if (now < next_facts_) return {};
  WEIR_TRY(facts_.gather(now));
  const dashboard::PipelineFacts facts = facts_.facts();
  up_probe_.report(facts);
  streams_.tell_all("pipeline", to_json(facts, now).dump());
  next_facts_ = now + kSecondUs;
  if (now < next_scrape_) return {};
  // The page says when it was looked last.
  const auto looked = exposition_.look();
  if (!looked) spdlog::warn("event=metrics_behind error={:?}", looked.error().message);
  next_scrape_ = now + (looked ? kScrapeEveryUs : kMinuteUs);
  return {};
}

}  // namespace weir::cli
