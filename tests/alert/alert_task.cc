#include "tests/alert/alert_task.h"

#include <gtest/gtest.h>

#include "processors/alert/life.h"

namespace weir::alert {
namespace {

std::string lower(std::string name, std::size_t prefix) {
  name.erase(0, prefix);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

std::string kind_name(v1::DecisionKind kind) {
  return lower(v1::DecisionKind_Name(kind), sizeof "DECISION_KIND_" - 1);
}

std::string reason_name(v1::NotificationReason reason) {
  return lower(v1::NotificationReason_Name(reason), sizeof "NOTIFICATION_REASON_" - 1);
}

std::string state_name(v1::AlertState state) {
  return lower(v1::AlertState_Name(state), sizeof "ALERT_STATE_" - 1);
}

std::string render(const v1::Notification& notification) {
  std::string text = fmt::format("notify {} {} {} #{}:", notification.receiver(),
                                 reason_name(notification.reason()), notification.group_key(),
                                 notification.sequence());
  for (const v1::Alert& alert : notification.alert())
    text +=
        fmt::format(" {}{}", alert.state() == v1::ALERT_STATE_FIRING ? '+' : '-', title_of(alert));
  if (notification.more_size() > 0) text += fmt::format(" and {} more", notification.more_size());
  if (!notification.digest_cause().empty())
    text += fmt::format(" ({})", notification.digest_cause());
  if (notification.closes()) text += " closes";
  return text + '\n';
}

std::string render(const v1::Alert& alert) {
  std::string text = fmt::format("alert {} {}", title_of(alert), state_name(alert.state()));
  if (alert.life() > 1) text += fmt::format(" life {}", alert.life());
  if (alert.flapping()) text += " flapping";
  if (!alert.acknowledged_by().empty()) text += " acknowledged by " + alert.acknowledged_by();
  if (alert.silenced_by_size() > 0) text += " silenced";
  if (alert.inhibited_by_size() > 0) text += " inhibited";
  return text + '\n';
}

}  // namespace

v1::ConditionChange change(const std::string& objective, const std::string& condition,
                           const std::string& severity) {
  v1::ConditionChange change;
  change.set_objective(objective);
  change.set_service(objective.substr(0, objective.find('-')));
  change.set_condition(condition);
  change.set_severity(severity);
  change.set_state(v1::CONDITION_STATE_FIRING);
  change.set_was(v1::CONDITION_STATE_QUIET);
  change.set_reason("it burns");
  return change;
}

v1::ConditionChange quiet(v1::ConditionChange change) {
  change.set_state(v1::CONDITION_STATE_QUIET);
  change.set_was(v1::CONDITION_STATE_FIRING);
  change.set_reason("it is quiet");
  return change;
}

v1::ConditionChange of_series(v1::ConditionChange change, const std::string& dimension,
                              const std::string& value) {
  change.add_scope(dimension);
  change.add_series(value);
  return change;
}

std::string fingerprint_of(const v1::ConditionChange& change) {
  return labels::fingerprint(labels_of(change));
}

Config config_for(std::vector<std::string> receivers) {
  Config config;
  config.receivers = std::move(receivers);
  return config;
}

AlertTask::AlertTask(Config config_of_it) : config(std::move(config_of_it)) { open(); }

void AlertTask::open() {
  cache_ = std::make_unique<state::WriteBack>(store_, 1 << 20);
  context_ =
      std::make_unique<runtime::TaskContext>(0, 1, std::vector<std::int32_t>{1, 1, 1}, *cache_);
  processor_ = std::make_unique<AlertProcessor>(config, probe);
  const auto opened = processor_->open(*context_);
  if (!opened) ADD_FAILURE() << opened.error().message;
}

void AlertTask::take(const runtime::NewRecord& record) {
  v1::AlertRecord told;
  ASSERT_TRUE(told.ParseFromString(record.value));
  if (told.has_notification()) {
    notifications_.push_back(told.notification());
    told_ += render(told.notification());
    EXPECT_EQ(record.key, told.notification().receiver() + "/" + told.notification().group_key());
  } else if (told.has_alert()) {
    alerts_[record.key] = told.alert();
  } else {
    silences_.push_back(told.silence());
  }
}

void AlertTask::gather() {
  for (const auto& emitted : context_->take_emitted()) {
    bytes_ += emitted.record.key + emitted.record.value;
    if (emitted.output == kAlertOutput) {
      take(emitted.record);
      continue;
    }
    if (emitted.output == kConfigOutput) {
      ASSERT_TRUE(rules_.emplace_back().ParseFromString(emitted.record.value));
      continue;
    }
    v1::Decision& decision = decisions_.emplace_back();
    ASSERT_TRUE(decision.ParseFromString(emitted.record.value));
    told_ += fmt::format("decision {} {}: {}\n", decision.title(), kind_name(decision.kind()),
                         decision.because());
  }
  if (!restart_always_) return;
  commit();
  restart();
}

std::string AlertTask::say(v1::Signal signal, std::int64_t at) {
  signal.set_version(1);
  signal.set_time_us(kStart + at * kSecondUs);
  const std::string value = signal.SerializeAsString();
  const runtime::Record record{.offset = next_offset_++,
                               .append_time_us = signal.time_us() + lag * kSecondUs,
                               .value = value};
  const auto taken = processor_->process({&record, 1}, *context_);
  if (!taken) ADD_FAILURE() << taken.error().message;
  gather();
  return std::exchange(told_, "");
}

std::string AlertTask::say(const v1::ConditionChange& change, std::int64_t at,
                           std::int32_t partition) {
  v1::Signal signal;
  signal.set_processor("slo");
  signal.set_partition(partition);
  *signal.mutable_condition() = change;
  return say(std::move(signal), at);
}

std::string AlertTask::pass(std::int64_t at, bool complete, std::int32_t partition) {
  v1::Signal signal;
  signal.set_processor("slo");
  signal.set_partition(partition);
  signal.mutable_time()->set_complete(complete);
  return say(std::move(signal), at);
}

std::string AlertTask::tick(const v1::ConditionChange& change, std::int64_t at) {
  std::string text = say(change, at);
  return text + pass(at);
}

void AlertTask::commit() {
  ASSERT_TRUE(processor_->prepare_commit(*context_));
  ASSERT_TRUE(store_.write(cache_->take_changes(), state::Durability::synced));
}

std::string AlertTask::name_of(const std::string& fingerprint) const {
  const auto found = alerts_.find(fingerprint);
  return found == alerts_.end() ? fingerprint : title_of(found->second);
}

std::string AlertTask::state() {
  std::string text;
  EXPECT_TRUE(processor_->prepare_commit(*context_));
  EXPECT_TRUE(cache_->scan("", "", [&](std::string_view key, std::string_view value) {
    if (key.starts_with(kAlertPrefix)) {
      text += render(decode_entry(value)->alert);
    } else if (key.starts_with(kGroupPrefix)) {
      const GroupKey name = *parse_group_key(key);
      const Group group = *decode_group(value);
      text += fmt::format("group {} {} #{}{}:", name.receiver, name.group, group.sequence,
                          group.dirty_since_us == kMaxTime ? "" : " dirty");
      for (const auto& [fingerprint, member] : group.members)
        text += fmt::format(" {}{}", name_of(fingerprint), member.life == 0 ? " untold" : "");
      text += '\n';
    } else if (key.starts_with(kSilencePrefix)) {
      text += fmt::format("silence {}\n", decode_silence(value)->id());
    }
    return true;
  }));
  return text;
}

}  // namespace weir::alert
