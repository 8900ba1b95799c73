// What people ask and say about alerts over HTTP, as functions of a request. README.md describes
// the interface. Thread-safe: handlers run on several threads.
//
// What is said is appended to `weir.signal`; the answer comes when it is durable, and alert acts on
// it within a commit. The first request reads what is kept of alerts and decisions; each further
// one what is new; statistics of a time that is asked for read all decisions that are kept. Answers
// are made side by side.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "processors/core/id.h"
#include "processors/core/result.h"
#include "processors/net/http_server.h"
#include "processors/runtime/io.h"
#include "sinks/results/alert_json.h"
#include "sinks/results/alert_stats.h"
#include "weir/v1/signal.pb.h"

namespace weir::alerts {

inline constexpr std::size_t kMaxBodyBytes = 64 << 10;
inline constexpr std::size_t kMaxDecisions = 10'000;

/// Everything referred to outlives the interface.
struct ApiParts {
  const runtime::Reader& log;
  runtime::Appender& appender;
  /// The receivers that are told from this process; called from several threads.
  std::function<std::vector<results::ReceiverFacts>()> receivers;
  std::function<TimeUs()> clock;
  std::function<Id()> draw_id;  // of a silence; called from several threads
};

class Api {
 public:
  explicit Api(ApiParts parts) : parts_(std::move(parts)) {}

  net::HttpResponse list(const net::HttpRequest& request);
  net::HttpResponse decisions(const net::HttpRequest& request);
  net::HttpResponse stats(const net::HttpRequest& request);
  net::HttpResponse receivers(const net::HttpRequest& request);
  net::HttpResponse silences(const net::HttpRequest& request);
  /// POST /api/v1/alerts/FINGERPRINT/ack and /mark, and /api/v1/alerts/ack.
  net::HttpResponse say(const net::HttpRequest& request);
  net::HttpResponse add_silence(const net::HttpRequest& request);
  net::HttpResponse expire_silence(const net::HttpRequest& request);

 private:
  Result<void> read();
  template <class Make>
  net::HttpResponse answer(const Make& make);
  Result<v1::Alert> find_alert(const std::string& fingerprint);
  Result<void> check_silence(const std::string& id);
  /// A place for it among those that are kept, or already_exists: all are taken.
  Result<void> take_place(const v1::Silence& silence);
  /// Of the last results::kBoardKeepsUs, at the cost of what is new.
  net::HttpResponse latest_stats();
  net::HttpResponse take_on(const v1::Signal& signal);
  /// Alerts of which `counts` holds now.
  using Matchers = google::protobuf::RepeatedPtrField<v1::LabelMatcher>;
  Result<std::int64_t> count_matching(const Matchers& matchers, bool (*counts)(const v1::Alert&));
  Result<void> append(v1::Signal signal) const;

  const ApiParts parts_;
  std::shared_mutex mutex_;
  results::AlertBoard board_;          // guarded
  results::DeliveryBoard deliveries_;  // guarded
  /// Ends of silences that were said and that alert has not told yet, by id; guarded. Many can be
  /// said within one commit.
  std::map<std::string, TimeUs> said_;
  std::mutex stats_mutex_;
  results::AlertStatsBoard stats_;  // guarded by stats_mutex_
};

/// `api` outlives the server. Reading asks for the read token, saying for the write token.
std::vector<net::Route> routes(Api& api);

}  // namespace weir::alerts
