// What the task tells, while it works on one record: alerts, notifications and silences on
// `weir.alert`, decisions on `weir.decision`. One thread.
#pragma once

#include <string>
#include <string_view>

#include "processors/alert/life.h"
#include "processors/alert/probe.h"
#include "processors/alert/state.h"
#include "processors/runtime/processor.h"

namespace weir::alert {

inline constexpr std::size_t kAlertOutput = 0;     // weir.alert
inline constexpr std::size_t kDecisionOutput = 1;  // weir.decision
inline constexpr std::size_t kConfigOutput = 2;    // weir.config

/// Of the record that is the cause.
struct Cause {
  TimeUs append_time_us = 0;
  std::int64_t offset = 0;
  std::uint64_t rules_hash = 0;  // of the rules in force
  bool history = false;          // outputs carry the append time, too
};

/// What a decision says besides its alert, where it says it.
struct DecisionNotes {
  std::string receiver = {};
  std::string notification_id = {};
  std::string by = {};
  std::string reference = {};
};

class Outbox {
 public:
  /// All outlive this.
  Outbox(runtime::TaskContext& context, Probe& probe, const Cause& cause)
      : context_(context), probe_(probe), cause_(cause) {}

  void tell(const v1::Alert& alert);
  void tell(const v1::Notification& notification);
  void tell(const v1::Silence& silence);
  void decide(const v1::Alert& alert, const Turn& turn, const DecisionNotes& notes = {});

  const Cause& cause() const { return cause_; }
  Probe& probe() { return probe_; }
  bool told() const { return told_; }

 private:
  void emit(std::size_t output, std::string key, std::string value);
  void emit(std::string key, v1::AlertRecord& record);

  runtime::TaskContext& context_;
  Probe& probe_;
  const Cause cause_;
  bool told_ = false;
};

}  // namespace weir::alert
