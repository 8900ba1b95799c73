// The receivers of alerts that the settings name, each on a thread of its own: one that is slow or
// away delays no other, and nothing else.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/follower.h"
#include "processors/runtime/probe.h"
#include "sinks/results/receiver_facts.h"
#include "sinks/webhook/receiver.h"
#include "tools/weir/settings.h"

namespace weir::cli {

/// What a receiver's follower is called in the log.
std::string follower_name(const webhook::ReceiverConfig& receiver);

/// Everything referred to outlives the receivers.
struct ReceiversParts {
  const Settings& settings;
  runtime::Metrics& metrics;
  /// Of weir.alert, under that name.
  std::function<std::unique_ptr<runtime::Follower>(const std::string& name)> make_follower;
  /// An error of the log, from any thread. True: go on after a pause.
  std::function<bool(const Error&)> go_on;
  /// How soon what is new in the log is seen.
  std::chrono::milliseconds pace{20};
};

class Receivers {
 public:
  /// Loads the secrets, and logs what the settings warn of. Errors: as webhook::load_secrets.
  static Result<std::unique_ptr<Receivers>> make(const ReceiversParts& parts);
  /// Ends what is being sent within about a second.
  ~Receivers();

  /// Begins.
  void start();

  /// From any thread.
  std::vector<results::ReceiverFacts> facts() const;

 private:
  struct Running;

  explicit Receivers(const ReceiversParts& parts);
  void run(Running& running, const std::stop_token& stop) const;

  const std::function<bool(const Error&)> go_on_;
  const std::chrono::milliseconds pace_;
  std::vector<std::unique_ptr<Running>> running_;
};

}  // namespace weir::cli
