// One alert task over a store of its own: fed with signals, it renders what it tells, one line
// each, and its whole state. Times are whole seconds after kStart; append time is event time plus
// `lag`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "processors/alert/alert.h"
#include "processors/state/memory_store.h"
#include "weir/v1/config.pb.h"

namespace weir::alert {

inline constexpr TimeUs kStart = 19'675 * kDayUs;  // 2023-11-14

/// "chat page-1h", severity page, in state firing; no series.
v1::ConditionChange change(const std::string& objective = "chat",
                           const std::string& condition = "page-1h",
                           const std::string& severity = "page");
v1::ConditionChange quiet(v1::ConditionChange change);
v1::ConditionChange of_series(v1::ConditionChange change, const std::string& dimension,
                              const std::string& value);
std::string fingerprint_of(const v1::ConditionChange& change);

/// What is default, but for who is told.
Config config_for(std::vector<std::string> receivers = {"oncall"});

class AlertTask {
 public:
  explicit AlertTask(Config config = config_for());

  /// Each returns what was told then, one line each:
  ///   decision chat page-1h fired: it burns
  ///   notify oncall first {}:{service="chat"} #1: +chat page-1h
  std::string say(const v1::ConditionChange& change, std::int64_t at, std::int32_t partition = 0);
  std::string pass(std::int64_t at, bool complete = true, std::int32_t partition = 0);
  std::string say(v1::Signal signal, std::int64_t at);
  /// A change and the passing of its tick.
  std::string tick(const v1::ConditionChange& change, std::int64_t at);

  void commit();
  /// Drops what is not committed and starts again.
  void restart() { open(); }
  /// Commits and starts again after every record from now on.
  void restart_always() { restart_always_ = true; }

  /// Alerts, groups and silences as they stand, one a line.
  std::string state();
  /// Everything told so far, serialised.
  const std::string& bytes() const { return bytes_; }
  const std::vector<v1::Notification>& notifications() const { return notifications_; }
  const std::vector<v1::Decision>& decisions() const { return decisions_; }
  /// Each time that one was told.
  const std::vector<v1::Silence>& silences() const { return silences_; }
  /// Each time that others held.
  const std::vector<v1::ConfigRecord>& rules() const { return rules_; }
  /// As last told, by fingerprint.
  const std::map<std::string, v1::Alert>& alerts() const { return alerts_; }

  Config config;
  /// Of append time behind event time, in seconds.
  std::int64_t lag = 0;

  runtime::Metrics metrics;
  Probe probe{metrics};

 private:
  void open();
  void gather();
  void take(const runtime::NewRecord& record);
  std::string name_of(const std::string& fingerprint) const;

  state::MemoryStore store_;
  std::unique_ptr<state::WriteBack> cache_;
  std::unique_ptr<runtime::TaskContext> context_;
  std::unique_ptr<AlertProcessor> processor_;
  std::int64_t next_offset_ = 0;
  bool restart_always_ = false;
  std::string told_;
  std::string bytes_;
  std::vector<v1::Notification> notifications_;
  std::vector<v1::Decision> decisions_;
  std::vector<v1::Silence> silences_;
  std::vector<v1::ConfigRecord> rules_;
  std::map<std::string, v1::Alert> alerts_;
};

}  // namespace weir::alert
