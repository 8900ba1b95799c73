#include "tools/weir/alert_source.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "processors/core/text.h"
#include "processors/net/target.h"
#include "sinks/alerts/api.h"
#include "sinks/alerts/requests.h"
#include "sinks/results/alert_stats.h"
#include "tools/weir/home.h"
#include "tools/weir/json_rows.h"
#include "tools/weir/log_source.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using results::Json;

constexpr std::size_t kMaxWarningBytes = 500;

/// On standard error: results are whole without it.
void warn(const Json& warnings) {
  for (const Json& each : warnings)
    fmt::print(stderr, "weir: warning: {}\n", printable(text_of(each), kMaxWarningBytes));
}

class RemoteAlerts final : public AlertSource {
 public:
  explicit RemoteAlerts(Remote remote) : remote_(std::move(remote)) {}

  Result<Json> alerts(bool all) override { return list("alerts", "/api/v1/alerts", all); }
  Result<Json> silences(bool all) override { return list("silences", "/api/v1/silences", all); }
  Result<Json> decisions(const results::DecisionQuery& query) override {
    return list("decisions", "/api/v1/decisions" + parameters(query), false);
  }
  Result<Json> stats(const results::DecisionQuery& query) override {
    WEIR_ASSIGN(Json json, remote_.ask("GET", "/api/v1/alerts/stats" + parameters(query)));
    warn(field(json, "warnings"));
    return json;
  }

 private:
  static std::string parameters(const results::DecisionQuery& query) {
    std::string text;
    const auto add = [&text](const char* name, const std::string& value) {
      text += (text.empty() ? "?" : "&") + std::string(name) + "=" + net::encode_query(value);
    };
    if (!query.alert.empty()) add("alert", query.alert);
    if (query.from_us != kMinTime) add("from", format_rfc3339(query.from_us));
    if (query.to_us != kMaxTime) add("to", format_rfc3339(query.to_us));
    return text;
  }

  Result<Json> list(const char* name, const std::string& path, bool all) {
    WEIR_ASSIGN(const Json json, remote_.ask("GET", path + (all ? "?all" : "")));
    warn(field(json, "warnings"));
    const Json& found = field(json, name);
    if (!found.is_array())
      return fail(ErrorCode::protocol, "{} is no weir: its answer has no {}", remote_.origin(),
                  name);
    return found;
  }

  Remote remote_;
};

class LogAlerts final : public AlertSource {
 public:
  explicit LogAlerts(std::unique_ptr<LogSource> log) : log_(std::move(log)) {}

  Result<Json> alerts(bool all) override {
    WEIR_TRY(board_.update(log_->reader()));
    WEIR_TRY(deliveries_.update(log_->reader()));
    warn(results::warnings_json({board_.unreadable(), deliveries_.unreadable()}));
    return results::alerts_json(board_, deliveries_, all);
  }
  Result<Json> silences(bool all) override {
    WEIR_TRY(board_.update(log_->reader()));
    warn(results::warnings_json({board_.unreadable(), deliveries_.unreadable()}));
    return results::silences_json(board_, now_us(), all);
  }
  Result<Json> decisions(const results::DecisionQuery& query) override {
    return results::decisions_json(log_->reader(), query, alerts::kMaxDecisions);
  }
  Result<Json> stats(const results::DecisionQuery& query) override {
    WEIR_ASSIGN(const auto stats, results::read_alert_stats(log_->reader(), query));
    return to_json(stats);
  }

 private:
  const std::unique_ptr<LogSource> log_;
  results::AlertBoard board_;
  results::DeliveryBoard deliveries_;
};

}  // namespace

void add_result_place(CLI::App& app, ResultPlace& place) {
  CLI::Option* const url = add_remote(app, place.remote, net::Access::read);
  CLI::Option* const directory =
      app.add_option("DIR", place.directory, "read the log in this directory instead")
          ->excludes(url);
  app.add_option("--kafka", place.kafka_config, "read the cluster of this configuration instead")
      ->excludes(directory)
      ->excludes(url);
}

Result<std::string> parse_fingerprint(const std::string& text) {
  if (alerts::is_fingerprint(text)) return text;
  return fail(ErrorCode::invalid_argument,
              "{} is no fingerprint, which is 16 of 0-9 a-f; `weir alerts` lists them",
              quote(text));
}

void add_author(CLI::App& app, const std::string& names, std::string& by) {
  app.add_option(names, by, "who says so (without it: the user that runs this)");
}

Result<std::string> author_of(const std::string& by) {
  if (!by.empty()) return by;
  for (const char* const name : {"USER", "LOGNAME"})
    if (const char* const user = std::getenv(name); user != nullptr && *user != '\0') return user;
  const passwd* const entry = getpwuid(getuid());
  if (entry != nullptr && *entry->pw_name != '\0') return entry->pw_name;
  return fail(ErrorCode::invalid_argument,
              "who says so? USER and LOGNAME are not set, and user {} has no name on this machine; "
              "give one: --by NAME",
              getuid());
}

Result<std::unique_ptr<AlertSource>> AlertSource::open(const ResultPlace& place) {
  if (place.directory.empty() && place.kafka_config.empty()) {
    WEIR_ASSIGN(Remote remote, Remote::open(place.remote));
    return std::make_unique<RemoteAlerts>(std::move(remote));
  }
  WEIR_ASSIGN(auto log, LogSource::open(place.directory, place.kafka_config));
  return std::make_unique<LogAlerts>(std::move(log));
}

}  // namespace weir::cli
