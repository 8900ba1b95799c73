// The ledgers of a partition, and the objectives that hold. A ledger gets a small number when its
// series is first seen; above the cap of its objective a series is counted in the objective's
// `__other__`. One that nothing is in any more gives its number back. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "processors/slo/ledger.h"

namespace weir::slo {

class Ledgers {
 public:
  Ledgers(std::int64_t max_series, state::WriteBack& store)
      : max_series_(max_series), store_(store), books_(store) {}

  /// Reads what is committed.
  Result<void> open();

  /// The objectives that hold from now on. Those whose counting changed begin a new version;
  /// ledgers of others stay until they are closed: see superseded(). Of conditions that go,
  /// nothing is known afterwards.
  Result<void> define(std::shared_ptr<const objectives::Objectives> objectives);
  /// Whether it is these that hold.
  bool holds(const objectives::Objectives& objectives) const {
    return defined() && objectives.hash() == definitions_hash();
  }
  bool defined() const { return objectives_ != nullptr; }
  std::uint64_t definitions_hash() const { return defined() ? objectives_->hash() : 0; }

  /// The ledger of a delta, opened if need be; nullopt: its objective does not hold any more.
  /// corrupt: the bytes are not a series of it.
  Result<std::optional<LedgerId>> admit(std::uint64_t objective_id, std::string_view series);

  /// Numbers run from 0 to end(); some are free: null.
  LedgerId end() const { return static_cast<LedgerId>(ledgers_.size()); }
  /// How many numbers are not free.
  std::size_t size() const { return ledgers_.size() - free_.size(); }
  Ledger* find(LedgerId id) { return ledgers_[id].get(); }
  /// Ledgers whose objective does not hold any more.
  std::vector<LedgerId> superseded() const;
  /// Forgets a ledger, its panes and its number.
  Result<void> erase(LedgerId id);

  Bookkeeper& books() { return books_; }
  /// The longest slice of any objective that holds.
  DurationUs longest_slice_us() const;

  /// Puts changed ledgers into the store.
  void flush();

 private:
  struct Kept {
    std::shared_ptr<const LedgerPlan> plan;
    std::uint32_t version = 0;
    std::int64_t series = 0;  // apart, overflow not counted
  };

  Result<void> take(std::shared_ptr<const objectives::Objectives> objectives);
  Result<std::uint32_t> version_of(const objectives::Objective& objective);
  Result<void> forget_version(const LedgerPlan& plan);
  Result<void> adopt(LedgerId id, const Kept& kept);
  LedgerId place(Kept& kept, std::string_view series);
  static std::string name_of(std::uint64_t objective_id, std::string_view series);

  const std::int64_t max_series_;
  state::WriteBack& store_;
  Bookkeeper books_;
  std::shared_ptr<const objectives::Objectives> objectives_;
  std::map<std::uint64_t, Kept> kept_;  // by objective id
  std::vector<std::unique_ptr<Ledger>> ledgers_;
  std::set<LedgerId> free_;
  absl::flat_hash_map<std::string, LedgerId> by_name_;
};

}  // namespace weir::slo
