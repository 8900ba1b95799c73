// Tells one receiver of alerts what weir.alert has for it: at least once, in order for each alert,
// and the same id at every attempt. The log is its queue. It is stepped: reads, sends at most one
// request, and commits what came of it. One thread drives it; it waits for nothing but the answer.
//
// An Alertmanager is told of alerts that are routed to it, and does its own grouping; every other
// receiver of the notifications that name it. A receiver that is new begins with what named it in
// the last 10 minutes; alert tells it of all that fires already.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "processors/net/http_client.h"
#include "processors/runtime/follower.h"
#include "sinks/results/receiver_facts.h"
#include "sinks/webhook/backlog.h"
#include "sinks/webhook/config.h"
#include "sinks/webhook/firing.h"
#include "sinks/webhook/probe.h"

namespace weir::webhook {

/// Everything referred to outlives the receiver.
struct ReceiverParts {
  ReceiverConfig config;
  ReceiverSecrets secrets;
  runtime::Follower* follower = nullptr;
  Probe* probe = nullptr;
  std::function<TimeUs()> clock;
  std::function<double()> jitter;  // random, from 0 to below 1
  /// Sends; an HttpClient's, or a test's.
  std::function<Result<net::ClientResponse>(const net::ClientRequest&, const std::stop_token&)>
      send;
};

class Receiver {
 public:
  explicit Receiver(ReceiverParts parts);

  /// One unit of work. False: nothing is to be done just now. Errors: the log's (stopped, where the
  /// request was cut short); it can be called again, and begins anew from what is committed.
  Result<bool> step(const std::stop_token& stop);

  /// From any thread.
  results::ReceiverFacts facts() const;

 private:
  Result<bool> work(const std::stop_token& stop);
  Result<void> begin();
  /// The first offset from which on everything was appended at or after the time.
  Result<std::int64_t> first_since(const runtime::Bounds& bounds, TimeUs time);
  Result<void> remember(const runtime::Bounds& bounds);
  static bool parse(const runtime::Record& from, v1::AlertRecord& record);
  bool keeps_incidents() const { return parts_.config.type == ReceiverType::pagerduty; }
  Result<bool> read();
  std::optional<Item> item_of(v1::AlertRecord record);
  Result<bool> send_next(const std::stop_token& stop);
  Result<bool> send_again(const std::stop_token& stop);
  Result<Outcome> attempt(std::span<const Item> items, const std::stop_token& stop);
  void note(const Outcome& outcome, TimeUs now);
  void settle(const Finished& finished, TimeUs now);
  Result<void> commit();
  void report();

  const ReceiverParts parts_;
  const bool takes_alerts_;
  std::unique_ptr<Backlog> backlog_;  // null: to begin anew
  std::unique_ptr<Firing> firing_;
  runtime::RecordBatch batch_;            // reused
  std::vector<runtime::Output> outputs_;  // that wait for a commit
  runtime::FollowerPlace committed_;
  TimeUs committed_at_us_ = kMinTime;

  mutable std::mutex mutex_;
  bool is_told_here_ = false;  // guarded, and so is what follows
  std::string trouble_;
  TimeUs last_success_us_ = kMinTime;
  TimeUs last_failure_us_ = kMinTime;
  std::string last_failure_;
};

}  // namespace weir::webhook
