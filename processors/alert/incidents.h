// What stands open where somebody keeps an incident of each group key, as PagerDuty does: under a
// group's own key, and under that of a receiver's digests. An incident that is acknowledged wakes
// nobody any more, whatever else is told of it: so it is acknowledged only where everything that
// fires is, and ends before something else is told. One thread.
//
// Notifications of it close, or are NOTIFICATION_REASON_INCIDENT; what they say of alerts is told
// elsewhere, so nothing is decided by them and they count for nobody's share.
#pragma once

#include <string>
#include <vector>

#include "processors/alert/book.h"
#include "processors/alert/outbox.h"

namespace weir::alert {

/// The group key of digests, and what decisions about what is in one refer to.
inline constexpr const char* kDigest = "digest";

/// Also where there are none.
bool all_acknowledged(const std::vector<const Entry*>& alerts);

class Incidents {
 public:
  /// All outlive this.
  Incidents(const std::string& page_url, Book& book, Outbox& outbox)
      : page_url_(page_url), book_(book), outbox_(outbox) {}

  /// Of earlier digests, what fires as it did then.
  struct Standing {
    std::vector<const Entry*> visible;
    std::vector<const Entry*> hidden;
  };
  Standing standing_of(const GroupKey& digest) const;
  /// A digest said that of these some fire; `taken_on`: that all that do are acknowledged.
  void stand(const GroupKey& digest, const std::vector<const Entry*>& alerts, bool taken_on);
  /// What is hidden, so that the digests' incident does not show it any more, or has ended: it
  /// begins anew where it is shown again.
  void begin_anew(const std::string& receiver, const std::vector<const Entry*>& hidden);
  /// Where something of a receiver's digests ended and nothing is shown any more, or all of it is
  /// acknowledged, says so.
  void settle_digests();

  /// A digest told of the group: what stands open under the group's own key follows.
  void follow_digest(const GroupKey& key, const std::vector<const Entry*>& ended);
  /// What is told next under the key is to wake somebody.
  void end_if_taken_on(const GroupKey& key);

 private:
  std::vector<const Entry*> ended_of(const Group& digest) const;
  void close(const GroupKey& key, v1::NotificationReason reason,
             const std::vector<const Entry*>& ended);
  void acknowledge(const GroupKey& key, const std::vector<const Entry*>& alerts);

  const std::string& page_url_;
  Book& book_;
  Outbox& outbox_;
};

}  // namespace weir::alert
