// A store in memory: what it holds dies with it, and both durabilities are the same. For tests,
// fakes and the deterministic simulation.
#pragma once

#include <map>
#include <shared_mutex>
#include <string>

#include "processors/state/store.h"

namespace weir::state {

/// Thread-safe: a reader sees a batch whole or not at all. `visit` must not write to this store.
class MemoryStore final : public Store {
 public:
  Result<bool> get(std::string_view key, std::string& value) const override;
  Result<void> scan(std::string_view prefix, std::string_view from,
                    const Visitor& visit) const override;
  Result<void> write(const StoreBatch& batch, Durability durability) override;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::string, std::less<>> entries_;
};

}  // namespace weir::state
