#include "sinks/alerts/api.h"

#include <algorithm>
#include <mutex>

#include "processors/labels/matcher.h"
#include "sinks/alerts/requests.h"

namespace weir::alerts {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using results::Json;

constexpr std::string_view kSignalTopic = "weir.signal";
constexpr std::string_view kAlertsPath = "/api/v1/alerts/";
constexpr std::string_view kSilencesPath = "/api/v1/silences/";

HttpResponse json_response(const Json& json, int status = 200) {
  return {.status = status, .content_type = "application/json", .body = results::to_line(json)};
}

bool is_true(const HttpRequest& request, std::string_view name) {
  const auto value = request.query_value(name);
  return value && *value != "false" && *value != "0";
}

/// An absent parameter leaves the time as it is.
Result<void> read_time(const HttpRequest& request, std::string_view name, TimeUs& time) {
  const auto text = request.query_value(name);
  if (!text) return {};
  const auto parsed = parse_rfc3339(*text);
  if (!parsed) return within(name, parsed.error());
  time = *parsed;
  return {};
}

Result<results::DecisionQuery> read_query(const HttpRequest& request) {
  results::DecisionQuery query;
  query.alert = request.query_value("alert").value_or("");
  if (!query.alert.empty() && !is_fingerprint(query.alert))
    return fail(ErrorCode::invalid_argument, "alert: is no fingerprint; /api/v1/alerts lists them");
  WEIR_TRY(read_time(request, "from", query.from_us));
  WEIR_TRY(read_time(request, "to", query.to_us));
  return query;
}

/// `known`: the parameters there are.
struct Path {
  const char* method;
  const char* path;
  std::vector<std::string_view> known = {};
};

using Answer = HttpResponse (Api::*)(const HttpRequest&);

net::Route route(Api& api, const Path& path, Answer answer) {
  return {.method = path.method,
          .path = path.path,
          .access = path.method == std::string_view("GET") ? net::Access::read : net::Access::write,
          .handler = [&api, known = path.known, answer](const HttpRequest& request) {
            const auto good = net::check_query(request, known);
            return good ? (api.*answer)(request) : net::error_response(good.error());
          }};
}

bool stands(const v1::Alert& alert) { return alert.state() != v1::ALERT_STATE_RESOLVED; }

bool needs_somebody(const v1::Alert& alert) {
  return alert.state() == v1::ALERT_STATE_FIRING && alert.acknowledged_by().empty();
}

HttpResponse too_large() {
  return net::error_response(413, "the body is too large", "send at most 64 KiB");
}

}  // namespace

Result<void> Api::append(v1::Signal signal) const {
  signal.set_version(1);
  signal.set_processor("http");
  signal.set_time_us(parts_.clock());
  const runtime::NewRecord record{.key = "http", .value = signal.SerializeAsString()};
  WEIR_TRY(parts_.appender.append({std::string(kSignalTopic), 0}, {&record, 1}));
  return {};
}

Result<void> Api::read() {
  const std::unique_lock lock(mutex_);
  WEIR_TRY(board_.update(parts_.log));
  return deliveries_.update(parts_.log);
}

/// `make` turns the boards into JSON, while others may do so, too.
template <class Make>
HttpResponse Api::answer(const Make& make) {
  if (const auto done = read(); !done) return net::error_response(done.error());
  const std::shared_lock lock(mutex_);
  Json json = make();
  if (Json warnings = results::warnings_json({board_.unreadable(), deliveries_.unreadable()});
      !warnings.empty())
    json["warnings"] = std::move(warnings);
  return json_response(json);
}

HttpResponse Api::list(const HttpRequest& request) {
  const bool all = is_true(request, "all");
  return answer([&] { return Json{{"alerts", results::alerts_json(board_, deliveries_, all)}}; });
}

HttpResponse Api::receivers(const HttpRequest& /*request*/) {
  const std::vector<results::ReceiverFacts> told = parts_.receivers();
  return answer([&] {
    return Json{{"receivers", results::receivers_json(told, deliveries_, parts_.clock())}};
  });
}

HttpResponse Api::silences(const HttpRequest& request) {
  const bool all = is_true(request, "all");
  return answer(
      [&] { return Json{{"silences", results::silences_json(board_, parts_.clock(), all)}}; });
}

HttpResponse Api::decisions(const HttpRequest& request) {
  const auto query = read_query(request);
  if (!query) return net::error_response(query.error());
  const auto decisions = results::decisions_json(parts_.log, *query, kMaxDecisions);
  if (!decisions) return net::error_response(decisions.error());
  return json_response({{"decisions", *decisions}});
}

HttpResponse Api::stats(const HttpRequest& request) {
  const auto query = read_query(request);
  if (!query) return net::error_response(query.error());
  if (query->from_us == kMinTime && query->to_us == kMaxTime) return latest_stats();
  const auto stats = results::read_alert_stats(parts_.log, *query);
  if (!stats) return net::error_response(stats.error());
  return json_response(to_json(*stats));
}

HttpResponse Api::latest_stats() {
  const std::scoped_lock lock(stats_mutex_);
  if (const auto done = stats_.update(parts_.log); !done) return net::error_response(done.error());
  Json json = to_json(stats_.stats());
  if (Json warnings = results::warnings_json({stats_.unreadable()}); !warnings.empty())
    json["warnings"] = std::move(warnings);
  return json_response(json);
}

Result<v1::Alert> Api::find_alert(const std::string& fingerprint) {
  WEIR_TRY(read());
  const std::shared_lock lock(mutex_);
  const auto alert = board_.alerts().find(fingerprint);
  if (alert != board_.alerts().end()) return alert->second;
  return fail(ErrorCode::not_found, "there is no such alert; /api/v1/alerts?all lists them");
}

Result<void> Api::check_silence(const std::string& id) {
  WEIR_TRY(read());
  const std::shared_lock lock(mutex_);
  const auto found = board_.silences().find(id);
  if (found == board_.silences().end())
    return fail(ErrorCode::not_found, "there is no such silence; /api/v1/silences lists them");
  if (found->second.ends_at_us() > parts_.clock()) return {};
  return fail(ErrorCode::already_exists, "the silence ended at {} already; there is nothing to do",
              format_rfc3339(found->second.ends_at_us()));
}

HttpResponse Api::say(const HttpRequest& request) {
  if (request.body.size() > kMaxBodyBytes) return too_large();
  const auto signal = read_saying(request.path.substr(kAlertsPath.size()), request.body);
  if (!signal) return net::error_response(signal.error());
  if (!signal->acknowledgement().matcher().empty()) return take_on(*signal);
  const std::string& fingerprint =
      signal->has_mark() ? signal->mark().fingerprint() : signal->acknowledgement().fingerprint();
  const auto alert = find_alert(fingerprint);
  if (!alert) return net::error_response(alert.error());
  if (signal->has_acknowledgement() && alert->state() != v1::ALERT_STATE_FIRING)
    return net::error_response(409, "the alert does not fire", "there is nothing to take on");
  const Json before = results::to_json(*alert)["acknowledged"];
  const bool is_taken_on = signal->has_acknowledgement() && !before.is_null();
  if (is_taken_on && alert->acknowledged_by() == signal->acknowledgement().by())
    return json_response({{"accepted", false}, {"acknowledged", before}});
  if (const auto done = append(*signal); !done) return net::error_response(done.error());
  Json answer = {{"accepted", true}};
  if (is_taken_on) answer["taken_over_from"] = before;
  return json_response(answer, 202);
}

/// One notification tells of all that it is.
HttpResponse Api::take_on(const v1::Signal& signal) {
  const auto matching = count_matching(signal.acknowledgement().matcher(), needs_somebody);
  if (!matching) return net::error_response(matching.error());
  if (*matching == 0)
    return net::error_response(409, "no alert that fires and that nobody has taken on matches",
                               "/api/v1/alerts lists what fires");
  if (const auto done = append(signal); !done) return net::error_response(done.error());
  return json_response({{"accepted", true}, {"matching", *matching}}, 202);
}

Result<std::int64_t> Api::count_matching(const Matchers& matchers,
                                         bool (*counts)(const v1::Alert&)) {
  WEIR_TRY(read());
  WEIR_ASSIGN(const auto made, labels::make_matchers(matchers));
  const std::shared_lock lock(mutex_);
  return std::ranges::count_if(board_.alerts(), [&](const auto& each) {
    return counts(each.second) && labels::match_all(made, labels::read(each.second.label()));
  });
}

Result<void> Api::take_place(const v1::Silence& silence) {
  WEIR_TRY(read());
  const std::unique_lock lock(mutex_);
  const TimeUs now = parts_.clock();
  std::erase_if(said_, [&](const auto& each) {
    return each.second <= now || board_.silences().contains(each.first);
  });
  const auto standing = std::ranges::count_if(
      board_.silences(), [&](const auto& each) { return each.second.ends_at_us() > now; });
  if (static_cast<std::size_t>(standing) + said_.size() >= labels::kMaxSilences)
    return fail(ErrorCode::already_exists,
                "{} silences hold or will already, and no more are kept; expire some that nobody "
                "needs, /api/v1/silences lists them, or let one have matchers of several, such as "
                "service=~\"a|b\"",
                labels::kMaxSilences);
  said_.emplace(silence.id(), silence.ends_at_us());
  return {};
}

HttpResponse Api::add_silence(const HttpRequest& request) {
  if (request.body.size() > kMaxBodyBytes) return too_large();
  const std::string id = format_id(parts_.draw_id());
  const auto silence = read_silence(request.body, parts_.clock(), id);
  if (!silence) return net::error_response(silence.error());
  if (const auto place = take_place(*silence); !place) return net::error_response(place.error());
  v1::Signal signal;
  *signal.mutable_silence() = *silence;
  if (const auto done = append(std::move(signal)); !done) {
    const std::unique_lock lock(mutex_);
    said_.erase(id);
    return net::error_response(done.error());
  }
  const auto matching = count_matching(silence->matcher(), stands);
  return json_response({{"id", id}, {"matching", matching ? Json(*matching) : Json()}}, 202);
}

HttpResponse Api::expire_silence(const HttpRequest& request) {
  const std::string id = request.path.substr(kSilencesPath.size());
  if (const auto known = check_silence(id); !known) return net::error_response(known.error());
  v1::Signal signal;
  signal.mutable_silence_expiry()->set_id(id);
  signal.mutable_silence_expiry()->set_by(std::string(request.query_value("by").value_or("")));
  if (const auto done = append(std::move(signal)); !done) return net::error_response(done.error());
  return json_response({{"accepted", true}}, 202);
}

std::vector<net::Route> routes(Api& api) {
  return {route(api, {"GET", "/api/v1/alerts", {"all"}}, &Api::list),
          route(api, {"GET", "/api/v1/alerts/stats", {"from", "to"}}, &Api::stats),
          route(api, {"GET", "/api/v1/decisions", {"alert", "from", "to"}}, &Api::decisions),
          route(api, {"GET", "/api/v1/receivers"}, &Api::receivers),
          route(api, {"GET", "/api/v1/silences", {"all"}}, &Api::silences),
          route(api, {"POST", "/api/v1/alerts/*"}, &Api::say),
          route(api, {"POST", "/api/v1/silences"}, &Api::add_silence),
          route(api, {"DELETE", "/api/v1/silences/*", {"by"}}, &Api::expire_silence)};
}

}  // namespace weir::alerts
