// A part of a store as a store of its own: every key lives below a prefix. The embedded log keeps
// the state of all tasks in one database this way.
#pragma once

#include <string>

#include "processors/state/store.h"

namespace weir::state {

/// As thread-safe as its base.
class PrefixStore final : public Store {
 public:
  /// `base` outlives this. No prefix in use may begin with another one.
  PrefixStore(Store& base, std::string prefix) : base_(base), prefix_(std::move(prefix)) {}

  Result<bool> get(std::string_view key, std::string& value) const override;
  Result<void> scan(std::string_view prefix, std::string_view from,
                    const Visitor& visit) const override;
  Result<void> write(const StoreBatch& batch, Durability durability) override;

 private:
  Store& base_;
  const std::string prefix_;
};

}  // namespace weir::state
