// Where the tasks of one simulated machine keep their local copies: what is written may be lost
// from its end, and a write may fail.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <vector>

#include "processors/runtime/kafka_seams.h"
#include "processors/state/memory_store.h"

namespace weir::fakes {

/// Of one thread. Stores that are open when it is destroyed must not be used again.
class ModelStores final : public runtime::TaskStores {
 public:
  explicit ModelStores(std::uint64_t seed) : random_(seed) {}

  Result<std::unique_ptr<state::Store>> open(const runtime::TaskId& task) override;
  Result<std::unique_ptr<state::Store>> open_empty(const runtime::TaskId& task) override;
  Result<void> discard(const runtime::TaskId& task) override;

  /// What is there of a task cannot be read any more. REQUIRES: there is something.
  void damage(const runtime::TaskId& task) { stores_.at(task)->damaged = true; }

  /// From now on so many of a hundred writes find the disk full.
  void fail_writes(int percent) { failing_ = percent; }
  /// Of each store that is not open, some of its last writes are gone: power was lost, or the disk
  /// is an older copy. A write is there whole or not at all.
  void lose_writes();

 private:
  struct Contents {
    std::vector<state::StoreBatch> writes;  // all there ever were, the state's history
    std::unique_ptr<state::MemoryStore> now = std::make_unique<state::MemoryStore>();
    bool open = false;
    bool damaged = false;
  };
  class Handle;

  std::mt19937_64 random_;
  int failing_ = 0;
  std::map<runtime::TaskId, std::shared_ptr<Contents>> stores_;
};

}  // namespace weir::fakes
