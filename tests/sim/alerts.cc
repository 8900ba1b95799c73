#include "tests/sim/alerts.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/sim/incidents.h"

namespace weir::sim {
namespace {

constexpr DurationUs kFlapWithinUs = 10 * kMinuteUs;
constexpr DurationUs kFlapHoldUs = 2 * kMinuteUs;
constexpr std::int64_t kFlapChanges = 3;
/// After a change everybody has been told, whatever it waited for.
constexpr DurationUs kToldAfterUs = 3 * kMinuteUs;

/// An alert by what it is of.
std::string name_of(const v1::ConditionChange& change) {
  return fmt::format("{} {} {}", change.objective(), change.condition(),
                     fmt::join(change.series(), ","));
}

/// One alert as it stands.
struct Story {
  v1::ConditionChange condition;
  v1::AlertState state = v1::ALERT_STATE_UNSPECIFIED;
  std::uint32_t life = 0;
  TimeUs starts_us = 0;
  TimeUs fired_us = 0;
  TimeUs ends_us = 0;
  std::optional<TimeUs> quiet_since_us;
  std::vector<TimeUs> onsets;  // of all lives
  bool flapping = false;
  std::string acknowledged_by;
  std::set<std::string> silenced_by;
  std::set<std::string> inhibited_by;  // names
  std::string told;                    // as it was rendered last

  bool is_firing() const { return state == v1::ALERT_STATE_FIRING; }
  bool is_active() const { return state == v1::ALERT_STATE_PENDING || is_firing(); }
  bool is_muted() const { return !silenced_by.empty() || !inhibited_by.empty(); }
  std::string render() const {
    return fmt::format("life {} {} from {} fired {} to {}{} by '{}' silenced [{}] inhibited [{}]",
                       life, v1::AlertState_Name(state), starts_us, fired_us, ends_us,
                       flapping ? " flapping" : "", acknowledged_by, fmt::join(silenced_by, ","),
                       fmt::join(inhibited_by, ","));
  }
};

/// What was told; `names`: by fingerprint.
Story told_of(const v1::Alert& alert, const std::map<std::string, std::string>& names) {
  Story story{.state = alert.state(),
              .life = alert.life(),
              .starts_us = alert.starts_at_us(),
              .fired_us = alert.fired_at_us(),
              .ends_us = alert.ends_at_us(),
              .flapping = alert.flapping(),
              .acknowledged_by = alert.acknowledged_by(),
              .silenced_by = {alert.silenced_by().begin(), alert.silenced_by().end()}};
  for (const std::string& each : alert.inhibited_by()) {
    const auto found = names.find(each);
    story.inhibited_by.insert(found == names.end() ? each : found->second);
  }
  return story;
}

/// Plays the signals one by one.
class Stories {
 public:
  explicit Stories(const alert::Config& config) : config_(config) {}

  void take(const LoggedSignal& logged, const std::map<std::string, std::string>& names) {
    const v1::Signal& signal = logged.signal;
    const TimeUs before = std::exchange(now_, std::max(now_, logged.append_time_us));
    if (before / kDayUs != now_ / kDayUs)  // what stands is told again each day
      for (auto& [name, story] : all_)
        if (story.is_active()) story.told.clear();
    if (signal.has_condition()) {
      change(signal.condition(), signal.time_us(), signal.partition());
    } else if (signal.has_time()) {
      pass(signal);
    } else if (signal.has_acknowledgement()) {
      const auto name = names.find(signal.acknowledgement().fingerprint());
      const auto found = name == names.end() ? all_.end() : all_.find(name->second);
      if (found != all_.end() && found->second.is_firing())
        found->second.acknowledged_by = signal.acknowledgement().by();
    } else if (signal.has_silence()) {
      silences_[signal.silence().id()] = signal.silence();
    } else if (signal.has_silence_expiry()) {
      silences_.erase(signal.silence_expiry().id());
    }
  }

  /// What hides whom, as it is after everything that one tick told.
  void settle() {
    for (auto& [name, story] : all_) {
      if (story.state != v1::ALERT_STATE_FIRING) continue;
      story.silenced_by.clear();
      story.inhibited_by.clear();
      for (const auto& [id, silence] : silences_)
        if (silence.starts_at_us() <= now_ && now_ < silence.ends_at_us() &&
            silence.matcher(0).value() == story.condition.series(0))
          story.silenced_by.insert(id);
      if (story.condition.severity() != "ticket" || story.condition.condition() == "silent")
        continue;
      for (const auto& [other_name, other] : all_)
        if (other.state == v1::ALERT_STATE_FIRING && other.condition.severity() == "page" &&
            other.condition.objective() == story.condition.objective() &&
            other.condition.series(0) == story.condition.series(0))
          story.inhibited_by.insert(other_name);
    }
  }

  std::map<std::string, Story>& all() { return all_; }
  TimeUs now() const { return now_; }

 private:
  void change(const v1::ConditionChange& change, TimeUs time, std::int32_t partition) {
    const std::string name = name_of(change);
    if (change.state() != v1::CONDITION_STATE_FIRING) {
      const auto found = all_.find(name);
      if (found != all_.end()) quieten(found->second, time);
      return;
    }
    Story& story = all_[name];
    partitions_[name] = partition;
    story.condition = change;
    if (story.is_active() && !story.quiet_since_us) return;
    story.onsets.push_back(time);
    const auto lately = std::ranges::count_if(
        story.onsets, [time](TimeUs each) { return each > time - kFlapWithinUs; });
    story.flapping = lately >= kFlapChanges;
    story.quiet_since_us.reset();
    if (story.is_active()) return;
    ++story.life;
    story.state = v1::ALERT_STATE_PENDING;
    story.starts_us = time;
    story.fired_us = story.ends_us = 0;
    story.acknowledged_by.clear();
    story.silenced_by.clear();
    story.inhibited_by.clear();
    fire_if_held(story, time);
  }

  static void fire_if_held(Story& story, TimeUs time) {
    if (time < story.starts_us + story.condition.for_us()) return;
    story.state = v1::ALERT_STATE_FIRING;
    story.fired_us = time;
  }

  static void quieten(Story& story, TimeUs time) {
    if (story.state == v1::ALERT_STATE_PENDING) {
      story.state = v1::ALERT_STATE_RESOLVED;
      story.ends_us = time;
    } else if (story.state == v1::ALERT_STATE_FIRING && !story.quiet_since_us) {
      story.quiet_since_us = time;
    }
  }

  void pass(const v1::Signal& signal) {
    for (auto& [name, story] : all_) {
      if (partitions_[name] != signal.partition()) continue;
      if (story.state == v1::ALERT_STATE_PENDING) {
        fire_if_held(story, signal.time_us());
      } else if (story.state == v1::ALERT_STATE_FIRING && story.quiet_since_us &&
                 signal.time().complete()) {
        const DurationUs hold =
            story.flapping ? std::max(config_.keep_firing_us, kFlapHoldUs) : config_.keep_firing_us;
        if (signal.time_us() < *story.quiet_since_us + hold) continue;
        story.state = v1::ALERT_STATE_RESOLVED;
        story.ends_us = *story.quiet_since_us;
        story.quiet_since_us.reset();
      }
    }
  }

  const alert::Config& config_;
  TimeUs now_ = kMinTime;
  std::map<std::string, Story> all_;
  std::map<std::string, std::int32_t> partitions_;
  std::map<std::string, v1::Silence> silences_;
};

/// Compares what was told with the stories, signal by signal, and follows what receivers heard.
class Teller {
 public:
  Teller(const alert::Config& config, const Wrong& wrong)
      : config_(config), wrong_(wrong), stories_(config) {}

  void check(const Outcome& outcome) {
    for (const LoggedAlert& logged : outcome.alerts) hear(logged.record);
    std::map<std::int64_t, std::vector<const v1::Alert*>> told;
    for (const LoggedAlert& logged : outcome.alerts)
      if (logged.record.has_alert())
        told[logged.record.alert().as_of_offset()].push_back(&logged.record.alert());
    for (const LoggedSignal& logged : outcome.signals) {
      stories_.take(logged, names_);
      if (logged.signal.has_condition()) continue;
      stories_.settle();
      compare(logged.offset, told[logged.offset]);
      told.erase(logged.offset);
    }
    std::erase_if(told, [](const auto& each) { return each.second.empty(); });
    for (const auto& [offset, alerts] : told)
      wrong_(fmt::format("alerts: {} are told as of signal {}, which is none to be told at",
                         alerts.size(), offset));
    for (const v1::Decision& decision : outcome.decisions) check_decision(decision);
  }

  /// In the end each receiver knows what is so.
  void check_calm() {
    for (auto& [name, story] : stories_.all()) {
      if (story.fired_us == 0 || told_us_[name] > stories_.now() - kToldAfterUs) continue;
      for (const std::string& receiver : config_.receivers) {
        const auto heard = heard_.find({receiver, name});
        const bool fires = story.state == v1::ALERT_STATE_FIRING;
        if (story.is_muted() && (fires || heard == heard_.end())) continue;
        const std::string now = fmt::format("life {} {}", story.life, fires ? "fires" : "is over");
        const std::string last = heard == heard_.end() ? "nothing" : heard->second;
        const bool life_too = !story.is_muted();  // of a hidden life nobody hears
        if (last != now && (life_too || !last.ends_with("is over")))
          wrong_(fmt::format("alerts: {} heard last of {}: {}; but {}", receiver, name, last, now));
      }
    }
    incidents_.check([this](const v1::Alert& alert) { return goes_on(alert); },
                     [this](const v1::Alert& alert) { return wakes_somebody(alert); }, wrong_);
  }

 private:
  /// Or may not have been told yet.
  bool goes_on(const v1::Alert& alert) {
    const std::string name = name_of(alert.condition());
    return stories_.all()[name].state == v1::ALERT_STATE_FIRING ||
           told_us_[name] > stories_.now() - kToldAfterUs;
  }

  bool wakes_somebody(const v1::Alert& alert) {
    const std::string name = name_of(alert.condition());
    const Story& story = stories_.all()[name];
    return story.state == v1::ALERT_STATE_FIRING && !story.is_muted() &&
           story.acknowledged_by.empty() && told_us_[name] <= stories_.now() - kToldAfterUs;
  }

  void compare(std::int64_t offset, const std::vector<const v1::Alert*>& told) {
    for (const v1::Alert* alert : told) {
      const std::string name = name_of(alert->condition());
      Story& story = stories_.all()[name];
      const std::string as_told = told_of(*alert, names_).render();
      if (as_told != story.render())
        wrong_(fmt::format("alert {} as of signal {}: told {}; it is {}", name, offset, as_told,
                           story.render()));
      story.told = story.render();
      told_us_[name] = stories_.now();
    }
    for (auto& [name, story] : stories_.all()) {
      if (story.life == 0 || story.told == story.render()) continue;
      wrong_(fmt::format("alert {} as of signal {}: nothing is told; it is {}", name, offset,
                         story.render()));
      story.told = story.render();
    }
  }

  void hear(const v1::AlertRecord& record) {
    if (record.has_alert()) {
      const v1::Alert& alert = record.alert();
      const auto [known, is_new] = names_.emplace(alert.fingerprint(), name_of(alert.condition()));
      if (known->second != name_of(alert.condition()))
        wrong_(fmt::format("alerts {} and {} have one fingerprint", known->second,
                           name_of(alert.condition())));
      last_[alert.fingerprint()] = alert;
    }
    if (record.has_notification()) hear(record.notification());
  }

  void hear(const v1::Notification& notification) {
    const std::string what = fmt::format("notification {} of {} to {}", notification.sequence(),
                                         notification.group_key(), notification.receiver());
    if (!notifications_.emplace(notification.id(), &notification).second)
      wrong_(what + ": its id is another's");
    for (const v1::Alert& alert : notification.alert()) {
      const v1::Alert& last = last_[alert.fingerprint()];
      const bool fires = alert.state() == v1::ALERT_STATE_FIRING;
      if (alert.SerializeAsString() != last.SerializeAsString())
        wrong_(fmt::format("{}: {} is not as it was told last", what, names_[alert.fingerprint()]));
      if (fires && alert.silenced_by_size() + alert.inhibited_by_size() > 0)
        wrong_(fmt::format("{}: {} is hidden", what, names_[alert.fingerprint()]));
      heard_[{notification.receiver(), names_[alert.fingerprint()]}] =
          fmt::format("life {} {}", alert.life(), fires ? "fires" : "is over");
    }
    incidents_.hear(notification, wrong_);
    std::map<std::string, std::uint32_t>& sequences = sequences_[notification.receiver()];
    if (notification.reason() == v1::NOTIFICATION_REASON_DIGEST) return sequences.clear();
    std::uint32_t& last = sequences[notification.group_key()];
    const bool alone = notification.reason() == v1::NOTIFICATION_REASON_INCIDENT;
    if (last != 0 && !alone && notification.sequence() != 1 && notification.sequence() != last + 1)
      wrong_(fmt::format("{}: after {}", what, last));
    last = notification.closes() || notification.firing() == 0 ? 0 : notification.sequence();
    if (notification.closes() || alone) return;
    std::vector<TimeUs>& times = times_[notification.receiver()];
    const TimeUs now = notification.append_time_us();
    times.push_back(now);
    std::erase_if(times, [now](TimeUs each) { return each <= now - kHourUs; });
    if (std::ssize(times) > config_.storm.per_hour)
      wrong_(fmt::format("{}: {} within an hour", what, times.size()));
  }

  void check_decision(const v1::Decision& decision) {
    if (decision.kind() != v1::DECISION_KIND_GROUPED) return;
    const auto found = notifications_.find(decision.notification_id());
    const bool named = found != notifications_.end() &&
                       std::ranges::count(found->second->alert(), decision.fingerprint(),
                                          &v1::Alert::fingerprint) == 1;
    if (!named)
      wrong_(fmt::format("decision: {} is said to be in a notification that does not tell of it",
                         decision.title()));
  }

  const alert::Config& config_;
  const Wrong& wrong_;
  Stories stories_;
  std::map<std::string, std::string> names_;                               // by fingerprint
  std::map<std::string, v1::Alert> last_;                                  // by fingerprint
  std::map<std::string, const v1::Notification*> notifications_;           // by id
  std::map<std::pair<std::string, std::string>, std::string> heard_;       // by receiver and name
  std::map<std::string, std::map<std::string, std::uint32_t>> sequences_;  // by receiver and group
  std::map<std::string, std::vector<TimeUs>> times_;  // by receiver, of the last hour
  std::map<std::string, TimeUs> told_us_;             // append time, by name
  Incidents incidents_;
};

}  // namespace

alert::Config alert_config_of(const Scenario& scenario) {
  Random random(scenario.seed ^ 0xa1e27);
  alert::Config config;
  config.receivers = {"chat", "alertmanager"};
  config.grouping.wait_us = random.below(3) * 5 * kSecondUs;
  config.grouping.interval_us = random.between(0, 30) * kSecondUs;
  config.grouping.repeat_us = random.between(1, 5) * kMinuteUs;
  config.keep_firing_us = random.below(4) * 20 * kSecondUs;
  config.flapping = {.changes = kFlapChanges, .within_us = kFlapWithinUs, .hold_us = kFlapHoldUs};
  config.storm.per_hour = random.between(1, 30);
  config.storm.digest_every_us = random.between(10, 60) * kSecondUs;
  config.storm.groups_at_once = random.between(1, 5);
  config.storm.backlog_after_us = random.between(1, 5) * kMinuteUs;
  config.history = scenario.history;
  return config;
}

v1::Signal say_something(Random& random, TimeUs now, const runtime::Reader& log) {
  std::vector<v1::Alert> alerts;
  std::vector<v1::Silence> silences;
  const runtime::TopicPartition where{std::string(topics::kAlert), 0};
  // Who cannot read it says something all the same.
  const std::int64_t start = log.bounds(where).value_or(runtime::Bounds{}).start;
  (void)read_from(log, where, start, [&](const runtime::Record& record) {
    v1::AlertRecord told;
    told.ParseFromString(std::string(record.value));
    if (told.has_alert()) alerts.push_back(told.alert());
    if (told.has_silence()) silences.push_back(told.silence());
  });
  const auto one_of = [&random](const auto& all) {
    return all[static_cast<std::size_t>(random.below(std::ssize(all)))];
  };
  v1::Signal signal;
  signal.set_version(1);
  signal.set_time_us(now);
  signal.set_processor("http");
  if (!silences.empty() && random.chance(40)) {
    signal.mutable_silence_expiry()->set_id(one_of(silences).id());
  } else if (!alerts.empty() && random.chance(60)) {
    signal.mutable_acknowledgement()->set_fingerprint(one_of(alerts).fingerprint());
    signal.mutable_acknowledgement()->set_by(fmt::format("p{}", random.below(3)));
  } else {
    v1::Silence& silence = *signal.mutable_silence();
    silence.set_id(fmt::format("s{}", random.below(4)));
    silence.set_starts_at_us(now + random.between(-60, 60) * kSecondUs);
    silence.set_ends_at_us(silence.starts_at_us() + random.between(1, 240) * kSecondUs);
    silence.set_by("somebody");
    v1::LabelMatcher& matcher = *silence.add_matcher();
    matcher.set_name("service");
    matcher.set_operation(v1::MATCH_OPERATION_EQUAL);
    matcher.set_value(random.chance(50) ? "hot" : fmt::format("s{}", random.below(4)));
  }
  return signal;
}

void check_alerts(const Scenario& scenario, const Outcome& outcome, const Wrong& wrong) {
  const alert::Config config = alert_config_of(scenario);
  Teller teller(config, wrong);
  teller.check(outcome);
  if (!scenario.history) teller.check_calm();
}

}  // namespace weir::sim
