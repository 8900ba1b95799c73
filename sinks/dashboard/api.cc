#include "sinks/dashboard/api.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include <fmt/ranges.h>

#include "processors/core/text.h"
#include "processors/events/dead_letter.h"
#include "sinks/dashboard/bounded_rows.h"
#include "sinks/results/burn_results.h"
#include "sinks/results/kpi_json.h"
#include "sinks/results/record_scan.h"
#include "weir/v1/dead_letter.pb.h"

namespace weir::dashboard {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using results::Json;
using results::KpiQuery;

constexpr std::size_t kDefaultRows = 20'000;
constexpr std::size_t kMaxRows = 200'000;
constexpr std::size_t kDefaultDeadLetters = 50;
constexpr std::size_t kMaxDeadLetters = 1'000;
constexpr int kMaxReasons = 100;  // of one dead letter; all are counted
constexpr std::size_t kMaxLedgers = 5'000;
constexpr std::array<std::string_view, 1> kRepeated = {"where"};
constexpr std::array<std::string_view, 1> kLimitOnly = {"limit"};
constexpr std::array<std::string_view, 1> kObjectiveOnly = {"objective"};
constexpr std::int64_t kNewestBurns = 5'000;  // of each partition

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

HttpResponse rows_response(bool truncated, const std::string& rows) {
  return {.content_type = "application/json",
          .body = fmt::format(R"({{"truncated":{},"rows":{}}})"
                              "\n",
                              truncated, rows)};
}

/// An absent parameter leaves `value` as it is.
template <class T, class Parse>
Result<void> read_value(const HttpRequest& request, std::string_view name, T& value, Parse parse) {
  const auto text = request.query_value(name);
  if (!text) return {};
  auto parsed = parse(*text);
  if (!parsed) return within(name, parsed.error());
  value = *std::move(parsed);
  return {};
}

Result<std::size_t> limit_of(const HttpRequest& request, std::size_t otherwise, std::size_t most) {
  const auto text = request.query_value("limit");
  if (!text) return otherwise;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc() || end != text->data() + text->size() || limit < 1 || limit > most)
    return fail(ErrorCode::invalid_argument, "limit: '{}' is not a whole number from 1 to {}",
                *text, most);
  return limit;
}

Result<bool> parse_flag(std::string_view text) {
  if (text == "0" || text == "1") return text == "1";
  return fail(ErrorCode::invalid_argument, "{} is neither 0 nor 1", quote(text));
}

Json reasons_of(const v1::DeadLetter& letter) {
  Json reasons = Json::array();
  for (int i = 0; i < std::min(letter.entry_size(), kMaxReasons); ++i) {
    const v1::DeadLetterEntry& entry = letter.entry(i);
    reasons.push_back({{"index", entry.event_index()},
                       {"reason", events::reason_name(entry.reason())},
                       {"text", entry.text().empty() ? Json() : Json(entry.text())}});
  }
  return reasons;
}

/// What was refused is shown by its length: it may hold what nobody should read here.
Json json_of(const v1::DeadLetter& letter, TimeUs appended) {
  const bool imported = letter.topic().empty();
  const TimeUs time = letter.append_time_us() != 0 ? letter.append_time_us() : appended;
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json() : Json(text);
  };
  return {{"time", format_rfc3339(time)},
          {"topic", text_or_null(letter.topic())},
          {"partition", imported ? Json() : Json(letter.partition())},
          {"offset", imported ? Json() : Json(letter.offset())},
          {"source", text_or_null(letter.source())},
          {"content_type", text_or_null(letter.content_type())},
          {"original_bytes", letter.original().size()},
          {"reasons_total", letter.entry_size()},
          {"reasons", reasons_of(letter)}};
}

}  // namespace

HttpResponse json_response(const Json& json) {
  return {.content_type = "application/json", .body = dump(json) + "\n"};
}

Result<KpiQuery> parse_query(const HttpRequest& request, std::string_view also) {
  const std::array<std::string_view, 7> known = {"scope", "window", "where", "from",
                                                 "to",    "all",    also};
  WEIR_TRY(net::check_query(request, known, kRepeated));
  KpiQuery query;
  for (const std::string_view name : {"scope", "window"})
    if (!request.query_value(name))
      return fail(ErrorCode::invalid_argument,
                  "{}: is missing; ask like ?scope=service&window=1m/10s", name);
  WEIR_TRY(read_value(request, "scope", query.scope, results::parse_scope));
  WEIR_TRY(read_value(request, "window", query.window, results::parse_window_name));
  WEIR_TRY(read_value(request, "from", query.from_us, parse_rfc3339));
  WEIR_TRY(read_value(request, "to", query.to_us, parse_rfc3339));
  for (const auto& [name, value] : request.query) {
    if (name != "where") continue;
    auto condition = results::parse_condition(value);
    if (!condition) return within("where", condition.error());
    query.where.push_back(*std::move(condition));
  }
  WEIR_TRY(read_value(request, "all", query.all, parse_flag));
  return query;
}

HttpResponse Api::catalog(const HttpRequest& request) const {
  if (const auto known = net::check_query(request, {}); !known)
    return net::error_response(known.error());
  const auto catalog = parts_.view.catalog();
  Json json;
  Json& scopes = json["scopes"] = Json::array();
  for (const auto& [name, windows] : catalog->scopes()) {
    Json& scope = scopes.emplace_back();
    scope["dimensions"] = name;
    for (const windows::Window& window : windows)
      scope["windows"].push_back(windows::to_string(window));
  }
  json["unrated"] = catalog->unrated();
  json["version"] = parts_.version;
  const TimeUs reached = parts_.view.last_end();
  json["now"] = reached == kMinTime ? Json() : Json(format_rfc3339(reached));
  json["server_time_us"] = parts_.clock();
  return json_response(json);
}

HttpResponse Api::query(const HttpRequest& request) const {
  const auto query = parse_query(request, "limit");
  if (!query) return net::error_response(query.error());
  const auto limit = limit_of(request, kDefaultRows, kMaxRows);
  if (!limit) return net::error_response(limit.error());
  // Asked before reading: a stream from here on repeats rows rather than missing one.
  const view::Position position = parts_.view.position();
  const auto answer = parts_.view.query(*query);
  if (!answer) return net::error_response(answer.error());
  BoundedRows rows(*limit);
  const auto read = answer->read([&](const results::KpiRow& row) {
    rows.add(dump(results::json_of(*answer, row)));
    return true;
  });
  if (!read) return net::error_response(read.error());
  HttpResponse response{.content_type = "application/json"};
  response.body =
      fmt::format(R"({{"scope":{},"window":"{}","position":"{}","truncated":{},"rows":{}}})"
                  "\n",
                  dump(answer->scope()), windows::to_string(answer->window()),
                  view::to_string(position), rows.truncated(), rows.oldest_first());
  return response;
}

HttpResponse Api::pipeline(const HttpRequest& request) const {
  if (const auto known = net::check_query(request, {}); !known)
    return net::error_response(known.error());
  return json_response(to_json(parts_.pipeline(), parts_.clock()));
}

HttpResponse Api::dead_letters(const HttpRequest& request) const {
  if (const auto known = net::check_query(request, kLimitOnly); !known)
    return net::error_response(known.error());
  const auto limit = limit_of(request, kDefaultDeadLetters, kMaxDeadLetters);
  if (!limit) return net::error_response(limit.error());
  const runtime::TopicPartition where{std::string(results::kDeadLetterTopic), 0};
  const auto bounds = parts_.log.bounds(where);
  if (!bounds) return net::error_response(bounds.error());
  BoundedRows rows(*limit);
  const auto first = std::max(bounds->start, bounds->end - static_cast<std::int64_t>(*limit));
  const auto read = results::scan_partition(
      parts_.log, where, first, [&](const runtime::Record& record) -> Result<bool> {
        if (record.offset >= bounds->end) return false;
        v1::DeadLetter letter;
        WEIR_TRY(results::parse_record(record, letter));
        rows.add(dump(json_of(letter, record.append_time_us)));
        return true;
      });
  if (!read) return net::error_response(read.error());
  return rows_response(rows.truncated() || first > bounds->start, rows.newest_first());
}

/// Who asks first waits for the look back into the log, and so does who asks meanwhile.
Result<std::vector<results::Burndown>> Api::burndowns(std::string_view objective) const {
  const std::lock_guard lock(burndown_mutex_);
  WEIR_TRY(burndown_board_.update(parts_.log));
  return burndown_board_.ledgers(objective);
}

/// How budgets went down over their windows: [end, left, burn rate over 1 h].
HttpResponse Api::burndown(const HttpRequest& request) const {
  if (const auto known = net::check_query(request, kObjectiveOnly); !known)
    return net::error_response(known.error());
  const auto told = burndowns(request.query_value("objective").value_or(""));
  if (!told) return net::error_response(told.error());
  const auto number = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json();
  };
  BoundedRows rows(kMaxLedgers);
  for (const results::Burndown& each : *told) {
    std::vector<Json> points;
    for (const results::BurndownPoint& point : each.points)
      points.push_back({point.end_us, number(point.left_ratio), number(point.hour_rate)});
    rows.add(dump({{"objective", each.last.objective()},
                   {"scope", each.last.scope()},
                   {"series", each.last.series()},
                   {"window_us", each.last.budget().length_us()},
                   {"points", std::move(points)}}));
  }
  return rows_response(rows.truncated(), rows.oldest_first());
}

/// What each ledger told last, among the newest results: a ledger that was quiet for longer than
/// the others take to tell so many is not there.
HttpResponse Api::objectives(const HttpRequest& request) const {
  results::BurnQuery query{.last = true, .newest = kNewestBurns};
  if (const auto known = net::check_query(request, kObjectiveOnly); !known)
    return net::error_response(known.error());
  query.objective = request.query_value("objective").value_or("");
  BoundedRows rows(kMaxLedgers);
  bool any = false;
  const auto read = results::read_burn(parts_.log, query, [&](const v1::BurnResult& result) {
    any = true;
    if (!result.closed()) rows.add(dump(results::to_json(result, results::Absent::null)));
    return true;
  });
  if (!read) return net::error_response(read.error());
  if (!any && !query.objective.empty())
    return net::error_response(404, "nothing was told of that objective",
                               "/api/v1/objectives lists those of which something was");
  return rows_response(rows.truncated(), rows.oldest_first());
}

}  // namespace weir::dashboard
