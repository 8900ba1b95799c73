#include "processors/state/prefix_store.h"

namespace weir::state {
namespace {

std::string joined(std::string_view prefix, std::string_view key) {
  std::string result;
  result.reserve(prefix.size() + key.size());
  return result.append(prefix).append(key);
}

}  // namespace

Result<bool> PrefixStore::get(std::string_view key, std::string& value) const {
  return base_.get(joined(prefix_, key), value);
}

Result<void> PrefixStore::scan(std::string_view prefix, std::string_view from,
                               const Visitor& visit) const {
  return base_.scan(joined(prefix_, prefix), joined(prefix_, from),
                    [&](std::string_view key, std::string_view value) {
                      return visit(key.substr(prefix_.size()), value);
                    });
}

Result<void> PrefixStore::write(const StoreBatch& batch, Durability durability) {
  StoreBatch below;
  below.append_below(prefix_, batch);
  return base_.write(below, durability);
}

}  // namespace weir::state
