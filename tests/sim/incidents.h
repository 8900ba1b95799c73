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
  /// that is shown for long enough has one.
  using Is = std::function<bool(const v1::Alert& alert)>;
  void check(const Is& goes_on, const Is& is_shown, const Wrong& wrong) const;

 private:
  bool has_one(const std::string& receiver, const v1::Alert& alert) const;

  /// What fires as it was told last, by receiver and group.
  std::map<std::pair<std::string, std::string>, std::vector<v1::Alert>> open_;
  /// All that fired ever, by receiver and fingerprint.
  std::map<std::pair<std::string, std::string>, v1::Alert> alerts_;
};

}  // namespace weir::sim
