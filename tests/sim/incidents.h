// What somebody keeps open who keeps an incident of each group, as PagerDuty does.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/outcome.h"

namespace weir::sim {

class Incidents {
 public:
  /// Of any receiver, in the order they were told.
  void hear(const v1::Notification& notification, const Wrong& wrong);

  /// In the end: an incident is open only where something of it goes on, or of its group; and all
  /// that is to wake somebody, shown for long enough and not taken on, has one that does.
  using Is = std::function<bool(const v1::Alert& alert)>;
  void check(const Is& goes_on, const Is& wakes_somebody, const Wrong& wrong) const;

 private:
  struct Incident {
    std::vector<v1::Alert> firing;  // as it was told last
    bool acknowledged = false;      // it wakes nobody, whatever is triggered
  };

  bool has_one(const std::string& receiver, const v1::Alert& alert) const;

  /// What is open, by receiver and group.
  std::map<std::pair<std::string, std::string>, Incident> open_;
  /// All that fired ever, by receiver and fingerprint.
  std::map<std::pair<std::string, std::string>, v1::Alert> alerts_;
};

}  // namespace weir::sim
