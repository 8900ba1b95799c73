// Who is told, in every scenario: the real receivers over the scenario's log, and beyond them a
// world that is away, busy or slow, whose answers get lost, and whose clocks are wrong.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "processors/graph.h"
#include "processors/runtime/follower.h"
#include "sinks/webhook/receiver.h"
#include "tests/sim/outcome.h"

namespace weir::sim {

/// What receivers follow, and under which name.
inline const runtime::TopicPartition kAlerts{std::string(topics::kAlert), 0};
inline std::string follower_of(const std::string& receiver) { return "webhook." + receiver; }

/// What stands at the other end: a chat and an Alertmanager. It keeps all that it was ever sent.
class Outside {
 public:
  /// `now`: the scenario's clock, which slow answers move.
  Outside(const Scenario& scenario, TimeUs& now);

  Result<net::ClientResponse> answer(const std::string& receiver,
                                     const net::ClientRequest& request);
  /// From now on it answers at once, and well.
  void calm() { calm_ = true; }
  /// Somebody who may have had a request in hand was killed.
  void excuse() { ++excuses_; }

  /// Nothing was lost, nothing came that was not to come, and in the end they know what is so.
  /// Tells each difference to `wrong`.
  void check(const Outcome& outcome, const Wrong& wrong) const;

  Random& random() { return random_; }
  TimeUs now() const { return now_; }
  const std::map<std::string, webhook::ReceiverConfig>& configs() const { return configs_; }
  webhook::Probe& probe(const std::string& receiver) { return probes_.at(receiver); }

 private:
  struct Arrival {
    std::string id;
    std::string body;
  };
  void take_alerts(const std::string& body);
  void check_chat(const Outcome& outcome, const Wrong& wrong) const;
  void check_alertmanager(const Outcome& outcome, const Wrong& wrong) const;
  void check_decisions(const Outcome& outcome, const Wrong& wrong) const;

  const bool forgets_;  // the log does, where it has a budget
  const bool repeats_;  // who goes on there may repeat what was told out of order
  Random random_;
  TimeUs& now_;
  std::map<std::string, webhook::ReceiverConfig> configs_;  // by name
  runtime::Metrics metrics_;
  std::map<std::string, webhook::Probe> probes_;
  bool calm_ = false;
  std::size_t excuses_ = 0;
  std::vector<Arrival> chat_;
  std::map<std::string, TimeUs> ends_us_;  // of Alertmanager's alerts, by their labels
  std::vector<std::string> lapses_;        // of those that it took for ended: it heard no more
};

/// The receivers of one process.
class Receivers {
 public:
  using MakeFollower =
      std::function<std::unique_ptr<runtime::Follower>(const std::string& receiver)>;

  /// Everything outlives it.
  Receivers(Outside& outside, MakeFollower make_follower);

  /// A step of one, or of each. False: nothing was to be done. Errors: the log's. Of one that was
  /// killed in a request nothing is left, and it begins anew.
  Result<bool> step_one();
  Result<bool> step_all();

 private:
  struct Seat {
    std::string name;
    std::unique_ptr<runtime::Follower> follower;
    std::unique_ptr<webhook::Receiver> receiver;
  };

  void start(Seat& seat);
  Result<bool> step(Seat& seat);

  Outside& outside_;
  const MakeFollower make_follower_;
  std::vector<Seat> seats_;
};

}  // namespace weir::sim
