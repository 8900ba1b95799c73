// What the task knows, in memory as in its store: alerts, groups, loads and silences. What was
// touched is written at `flush`, in the order of keys. One thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include "processors/alert/state.h"
#include "processors/labels/matcher.h"
#include "processors/state/write_back.h"

namespace weir::alert {

struct Silence {
  v1::Silence silence;
  std::vector<labels::Matcher> matchers;
};

class Book {
 public:
  using Entries = std::map<std::string, Entry, std::less<>>;
  using Groups = std::map<GroupKey, Group>;
  using Silences = std::map<std::string, Silence, std::less<>>;

  /// Reads what the store holds. Error: corrupt, version.
  Result<void> open(state::WriteBack& store);
  void flush(state::WriteBack& store);

  Head& head() { return head_; }
  const Head& head() const { return head_; }

  const Entries& entries() const { return entries_; }
  /// null: there is none.
  const Entry* find(std::string_view fingerprint) const;
  /// To be changed; made where there is none.
  Entry& entry(const std::string& fingerprint);
  void erase_entry(const std::string& fingerprint);

  const Groups& groups() const { return groups_; }
  Group& group(const GroupKey& key);
  void erase_group(const GroupKey& key);

  Load& load(const std::string& receiver);

  const Silences& silences() const { return silences_; }
  /// Error: of a matcher.
  Result<void> put_silence(const v1::Silence& silence);
  void erase_silence(const std::string& id);

 private:
  Result<void> read(std::string_view key, std::string_view value);

  Head head_;
  Entries entries_;
  Groups groups_;
  std::map<std::string, Load> loads_;
  Silences silences_;
  std::set<std::string> touched_;  // keys of the store
};

}  // namespace weir::alert
