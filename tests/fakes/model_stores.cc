#include "tests/fakes/model_stores.h"

namespace weir::fakes {
namespace {

std::unexpected<Error> open_elsewhere(const runtime::TaskId& task) {
  return fail(ErrorCode::locked, "{}: is open elsewhere (simulated)", to_string(task));
}

}  // namespace

class ModelStores::Handle final : public state::Store {
 public:
  Handle(ModelStores& stores, std::shared_ptr<Contents> contents)
      : stores_(stores), contents_(std::move(contents)) {
    contents_->open = true;
  }
  ~Handle() override { contents_->open = false; }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  Result<bool> get(std::string_view key, std::string& value) const override {
    WEIR_TRY(readable());
    return contents_->now->get(key, value);
  }
  Result<void> scan(std::string_view prefix, std::string_view from,
                    const Visitor& visit) const override {
    WEIR_TRY(readable());
    return contents_->now->scan(prefix, from, visit);
  }
  Result<void> write(const state::StoreBatch& batch, state::Durability durability) override {
    if (stores_.failing_ != 0 && stores_.random_() % 100 < static_cast<unsigned>(stores_.failing_))
      return fail(ErrorCode::exhausted, "the disk is full (simulated)");
    contents_->writes.push_back(batch);
    return contents_->now->write(batch, durability);
  }

 private:
  Result<void> readable() const {
    if (!contents_->damaged) return {};
    return fail(ErrorCode::corrupt, "block checksum mismatch (simulated)");
  }

  ModelStores& stores_;
  const std::shared_ptr<Contents> contents_;
};

Result<std::unique_ptr<state::Store>> ModelStores::open(const runtime::TaskId& task) {
  auto& contents = stores_[task];
  if (contents == nullptr) contents = std::make_shared<Contents>();
  if (contents->open) return open_elsewhere(task);
  return std::make_unique<Handle>(*this, contents);
}

Result<std::unique_ptr<state::Store>> ModelStores::open_empty(const runtime::TaskId& task) {
  WEIR_TRY(discard(task));
  return open(task);
}

Result<void> ModelStores::discard(const runtime::TaskId& task) {
  const auto found = stores_.find(task);
  if (found == stores_.end()) return {};
  if (found->second->open) return open_elsewhere(task);
  stores_.erase(found);
  return {};
}

void ModelStores::lose_writes() {
  for (auto& [task, contents] : stores_) {
    if (contents->open) continue;
    auto& writes = contents->writes;
    writes.resize(random_() % (writes.size() + 1));
    contents->now = std::make_unique<state::MemoryStore>();
    for (const state::StoreBatch& batch : writes)
      (void)contents->now->write(batch, state::Durability::synced);
  }
}

}  // namespace weir::fakes
