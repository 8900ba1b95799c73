#include "processors/runtime/kafka_state.h"

#include <algorithm>

#include "processors/core/bytes.h"
#include "processors/state/prefix_store.h"

namespace weir::runtime {
namespace {

/// The first key of all, in each write: a bulk that holds it survives with all that was before it.
const std::string kMarkKey(1, '\0');
const std::string kStatePrefix(1, '\1');

std::unexpected<Error> newer(std::string_view what, std::uint8_t version) {
  return fail(ErrorCode::version,
              "{}: of format {}, this weir reads up to {}; run the newer weir again", what, version,
              kLocalStateVersion);
}

/// Notes that its base is damaged: what the task makes of the error does not tell.
class NotingStore final : public state::Store {
 public:
  /// `damaged` outlives it.
  NotingStore(std::unique_ptr<state::Store> base, bool& damaged)
      : base_(std::move(base)), damaged_(damaged) {}

  Result<bool> get(std::string_view key, std::string& value) const override {
    return noted(base_->get(key, value));
  }
  Result<void> scan(std::string_view prefix, std::string_view from,
                    const Visitor& visit) const override {
    return noted(base_->scan(prefix, from, visit));
  }
  Result<void> write(const state::StoreBatch& batch, state::Durability durability) override {
    return noted(base_->write(batch, durability));
  }

 private:
  template <class T>
  Result<T> noted(Result<T> result) const {
    if (!result && result.error().code == ErrorCode::corrupt) damaged_ = true;
    return result;
  }

  const std::unique_ptr<state::Store> base_;
  bool& damaged_;
};

}  // namespace

std::string encode(const ChangelogHead& head) {
  std::string text;
  put_fixed(text, kLocalStateVersion);
  put_fixed(text, head.incarnation);
  put_fixed(text, head.input_position);
  return text;
}

Result<ChangelogHead> decode_head(std::string_view text) {
  ByteReader reader(text);
  const auto version = reader.fixed<std::uint8_t>();
  if (reader.ok() && version > kLocalStateVersion) return newer("the changelog", version);
  ChangelogHead head;
  head.incarnation = reader.fixed<Id>();
  head.input_position = reader.fixed<std::int64_t>();
  if (!reader.ok() || !reader.at_end() || version == 0)
    return fail(ErrorCode::corrupt, "the changelog: its head cannot be read");
  return head;
}

LocalState::LocalState(std::string owner, std::unique_ptr<state::Store> store)
    : owner_(std::move(owner)), store_(std::make_unique<NotingStore>(std::move(store), damaged_)) {}

Result<std::unique_ptr<LocalState>> LocalState::open(TaskStores& stores, const TaskId& task,
                                                     std::string_view owner) {
  WEIR_ASSIGN(auto store, stores.open(task));
  std::unique_ptr<LocalState> local(new LocalState(std::string(owner), std::move(store)));
  if (auto read = local->read_mark(); !read)
    return within(fmt::format("local state of {}", to_string(task)), read.error());
  return local;
}

Result<std::unique_ptr<LocalState>> LocalState::open_empty(TaskStores& stores, const TaskId& task,
                                                           std::string_view owner) {
  WEIR_ASSIGN(auto store, stores.open_empty(task));
  return std::unique_ptr<LocalState>(new LocalState(std::string(owner), std::move(store)));
}

Result<void> LocalState::read_mark() {
  std::string text;
  WEIR_ASSIGN(const bool found, store_->get(kMarkKey, text));
  if (!found) return {};
  ByteReader reader(text);
  const auto version = reader.fixed<std::uint8_t>();
  if (reader.ok() && version > kLocalStateVersion) return newer("its mark", version);
  const std::string_view owner = reader.bytes();
  position_ = reader.fixed<std::int64_t>();
  changed_us_ = reader.fixed<TimeUs>();
  const std::string_view head = reader.bytes();
  if (!reader.ok() || !reader.at_end() || version == 0)
    return fail(ErrorCode::corrupt, "its mark cannot be read");
  if (owner != owner_)
    return fail(ErrorCode::invalid_argument,
                "is that of {}, not of {}; give this pipeline a `data` directory of its own", owner,
                owner_);
  if (head.empty()) return {};
  WEIR_ASSIGN(head_, decode_head(head));
  return {};
}

Result<void> LocalState::write(const state::StoreBatch& changes, const Mark& mark,
                               state::Durability durability) {
  std::string text;
  put_fixed(text, kLocalStateVersion);
  put_bytes(text, owner_);
  put_fixed(text, mark.position);
  put_fixed(text, mark.changed_us);
  put_bytes(text, mark.head ? encode(*mark.head) : "");
  state::StoreBatch batch;
  batch.put(kMarkKey, text);
  batch.append_below(kStatePrefix, changes);
  WEIR_TRY(store_->write(batch, durability));
  position_ = mark.position;
  changed_us_ = mark.changed_us;
  head_ = mark.head;
  return {};
}

std::unique_ptr<state::Store> LocalState::state() const {
  return std::make_unique<state::PrefixStore>(*store_, kStatePrefix);
}

}  // namespace weir::runtime
