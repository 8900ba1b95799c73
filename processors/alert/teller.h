// Decides which receiver is told of which groups, at one record: what is due, and what of it
// becomes one digest. One thread.
//
// A receiver is told a digest instead of each group where
//   - Weir is far behind its events, or was: what began and ended meanwhile is told at once;
//   - more groups are due at once than one cause should make, repeats included;
//   - it had its share for this hour;
//   - only a digest told of what is to be repeated.
// Who keeps incidents is told, besides, where a digest ended what stands open under a group's own
// key, and when nothing of the digests fires any more: notifications that close. And where all that
// an incident is of was acknowledged and something else begins, that it ends, as it would wake
// nobody any more: what is told next begins another one.
#pragma once

#include <string>
#include <vector>

#include "processors/alert/book.h"
#include "processors/alert/config.h"
#include "processors/alert/groups.h"
#include "processors/alert/incidents.h"
#include "processors/alert/outbox.h"

namespace weir::alert {

class Teller {
 public:
  /// All outlive this.
  Teller(const Config& config, Book& book, Outbox& outbox)
      : config_(config), book_(book), outbox_(outbox), incidents_(config.page_url, book, outbox) {}

  /// Brings alerts that changed into their groups and tells them on `weir.alert`; then tells every
  /// receiver what is due.
  void settle();

 private:
  struct Waiting {
    GroupKey key;
    Pending pending;
    bool due = false;
    bool repeat = false;
  };

  void tell_changed();
  void join(Entry& entry);
  void measure_backlog();
  /// What waits, by receiver in the order of their names.
  std::vector<Waiting> look_at_groups();
  void drop_lapsed(const GroupKey& key);
  /// Of the same receiver.
  bool is_in_another_group(const GroupKey& key, const std::string& fingerprint) const;
  void tell_receiver(const std::string& receiver, std::vector<Waiting> waiting);
  void tell_behind(const std::string& receiver, const std::vector<Waiting>& waiting);
  void tell_each(const std::string& receiver, const std::vector<Waiting>& waiting);
  /// By a digest, as far as the receiver's share allows.
  void tell_together(const std::string& receiver, const std::vector<Waiting>& waiting,
                     const std::string& cause);
  void tell_group(const Waiting& waiting);
  void tell_digest(const std::string& receiver, const std::vector<Waiting>& waiting,
                   const std::string& cause);
  void throttle(const Waiting& waiting, const std::string& because);
  void say_grouped(const Pending& pending, const v1::Notification& notification);
  void mark_told(const Waiting& waiting);
  bool is_digest_due(const std::string& receiver) const;
  bool has_share(const std::string& receiver);
  std::string had_its_share(const std::string& receiver) const;
  TimeUs now() const { return book_.head().append_time_us; }

  const Config& config_;
  Book& book_;
  Outbox& outbox_;
  Incidents incidents_;
};

}  // namespace weir::alert
