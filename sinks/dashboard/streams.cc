#include "sinks/dashboard/streams.h"

#include <fmt/ranges.h>

#include "sinks/dashboard/api.h"
#include "sinks/results/kpi_json.h"

namespace weir::dashboard {
namespace {

using results::Json;

/// More than this is asked for again and not streamed: a client that was away for long, or a late
/// partition that restates an hour.
constexpr std::size_t kMaxEnds = 100;
constexpr std::size_t kMaxBytes = 512 << 10;

struct Range {
  TimeUs from_us = 0;
  TimeUs to_us = 0;
};

/// Ends that follow each other are read at once.
std::vector<Range> ranges_of(const std::set<TimeUs>& ends, DurationUs hop_us) {
  std::vector<Range> ranges;
  for (const TimeUs end : ends) {
    if (ranges.empty() || end - ranges.back().to_us > hop_us) ranges.push_back({end, end});
    ranges.back().to_us = end;
  }
  return ranges;
}

}  // namespace

std::optional<net::HttpResponse> Streams::add(const net::HttpRequest& request,
                                              std::shared_ptr<net::EventStream> stream) {
  auto query = parse_query(request, "position");
  if (!query) return net::error_response(query.error());
  const auto selection = view_.catalog()->select(*query);
  if (!selection) return net::error_response(selection.error());
  // A position that is none, or of another log, is answered by a reset.
  view::Position position = view_.position();
  auto asked = request.header("Last-Event-ID");
  if (!asked) asked = request.query_value("position");
  if (asked) position = view::parse_position(*asked).value_or(view::Position());
  const std::lock_guard lock(mutex_);
  clients_.push_back({*std::move(query), std::move(position), std::move(stream)});
  return std::nullopt;
}

void Streams::tell() {
  const view::Position now = view_.position();
  const std::lock_guard lock(mutex_);
  std::erase_if(clients_, [&](Client& client) { return !tell(client, now); });
}

void Streams::tell_all(std::string_view event, std::string_view data) {
  const std::lock_guard lock(mutex_);
  std::erase_if(clients_, [&](Client& client) { return !client.stream->send(event, data); });
}

bool Streams::tell(Client& client, const view::Position& now) const {
  if (!client.stream->open()) return false;
  if (client.position == now) return true;
  const auto rows = rows_since(client);
  client.position = now;
  if (!rows) return client.stream->send("reset", "{}", view::to_string(now));
  return rows->empty() || client.stream->send("rows", *rows, view::to_string(now));
}

std::optional<std::string> Streams::rows_since(const Client& client) const {
  const auto selection = view_.catalog()->select(client.query);
  if (!selection) return std::nullopt;
  const auto ends = view_.changed_ends(*selection, client.position);
  if (!ends || ends->size() > kMaxEnds) return std::nullopt;
  std::string text;
  results::KpiQuery query = client.query;
  for (const Range& range : ranges_of(*ends, selection->window.hop_us)) {
    query.from_us = range.from_us;
    query.to_us = range.to_us;
    const auto answer = view_.query(query);
    if (!answer) return std::nullopt;
    const auto read = answer->read([&](const results::KpiRow& row) {
      text += text.empty() ? '[' : ',';
      text += results::json_of(*answer, row).dump(-1, ' ', false, Json::error_handler_t::replace);
      return text.size() <= kMaxBytes;
    });
    if (!read || text.size() > kMaxBytes) return std::nullopt;
  }
  return text.empty() ? text : text + ']';
}

}  // namespace weir::dashboard
