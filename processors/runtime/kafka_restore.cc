#include "processors/runtime/kafka_restore.h"

#include <algorithm>

#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {
namespace {

constexpr std::size_t kReadBytes = 4 << 20;
constexpr std::size_t kGatheredBytes = 16 << 20;
/// From here on a file of its own is cheaper for a store.
constexpr std::size_t kBulkBytes = 4 << 20;

}  // namespace

Result<std::unique_ptr<Restore>> Restore::begin(RestoreRequest request, ChangelogReader& changelogs,
                                                TaskStores& stores, TimeUs now) {
  std::unique_ptr<Restore> restore(new Restore(std::move(request), changelogs, stores));
  const TopicPartition& changelog = restore->request_.changelog;
  WEIR_ASSIGN(restore->end_, changelogs.high_watermark(changelog));
  WEIR_ASSIGN(restore->start_, changelogs.start(changelog));
  WEIR_TRY(restore->open_local(now));
  return restore;
}

Result<void> Restore::open_local(TimeUs now) {
  auto opened = LocalState::open(stores_, request_.task, request_.owner);
  if (!opened && opened.error().code == ErrorCode::corrupt) return rebuild_damaged(opened.error());
  WEIR_ASSIGN(local_, std::move(opened));
  kept_ = local_->position() > 0;
  begin_at_local();
  // A standby of this process may have followed it beyond the end that was asked for before.
  if (position_ > end_) WEIR_TRY(extend());
  if (!usable(now)) WEIR_TRY(rebuild());
  return {};
}

void Restore::begin_at_local() {
  gathered_.clear();
  position_ = local_->position();
  mark_ = {.position = position_, .changed_us = local_->changed_us(), .head = local_->head()};
}

bool Restore::usable(TimeUs now) const {
  if (position_ == 0) return start_ == 0;
  if (position_ < start_ || position_ > end_) return false;
  // Nothing but the marker of the last commit can be one record.
  return end_ - position_ <= 1 || now - local_->changed_us() <= request_.usable_us;
}

Result<void> Restore::rebuild_damaged(const Error& error) {
  tell_trouble(
      fmt::format("damaged {}", to_string(request_.task)),
      fmt::format("the local copy of {} is damaged, and is made anew from its changelog: {}",
                  to_string(request_.task), error.message));
  return rebuild();
}

/// Never where a changelog that has lost something would cost the copy as well: it may be the last
/// that is whole.
Result<void> Restore::rebuild() {
  if (kept_ && position_ > end_)
    return fail(ErrorCode::corrupt,
                "{}: ends at {}, but the local copy of {} was read up to {}: it was made anew, or "
                "lost its last records at the broker; the copy is kept. Bring the topic back from "
                "a copy, or start a new pipeline under another `kafka.prefix`. Only if the cluster "
                "was set back on purpose, with the group's positions: stop `weir run` and delete "
                "`tasks/{}-{}` in its `data`",
                to_string(request_.changelog), end_, to_string(request_.task), position_,
                request_.task.processor, request_.task.partition);
  if (start_ > 0)
    return fail(ErrorCode::corrupt,
                "{}: its first {} records were deleted at the broker, so the state of {} cannot be "
                "rebuilt; bring the topic back from a copy, or start a new pipeline under another "
                "`kafka.prefix`",
                to_string(request_.changelog), start_, to_string(request_.task));
  local_.reset();
  WEIR_ASSIGN(local_, LocalState::open_empty(stores_, request_.task, request_.owner));
  begin_at_local();
  kept_ = false;
  return {};
}

Result<bool> Restore::step() {
  if (position_ < end_) {
    WEIR_ASSIGN(const bool go_on, take_records());
    if (!go_on) return false;
  }
  if (position_ < end_) return false;
  WEIR_ASSIGN(const bool written, write_gathered());
  if (!written) return false;
  gathered_.shrink_to_fit();  // a copy that is followed may lie here for long
  if (!request_.follows) WEIR_TRY(check_complete());
  return true;
}

Result<void> Restore::extend() {
  WEIR_ASSIGN(end_, changelogs_.high_watermark(request_.changelog));
  return {};
}

/// False: it begins anew.
Result<bool> Restore::take_records() {
  const auto read = changelogs_.read(request_.changelog, position_, kReadBytes, batch_);
  if (!read && read.error().code == ErrorCode::invalid_argument) {
    WEIR_TRY(look_again(read.error()));
    return false;
  }
  unreadable_ = !read && read.error().code == ErrorCode::corrupt;
  WEIR_TRY(read);
  if (batch_.next == position_) return true;
  return take_batch();
}

/// The broker does not have what was there at the beginning.
Result<void> Restore::look_again(const Error& error) {
  WEIR_ASSIGN(end_, changelogs_.high_watermark(request_.changelog));
  WEIR_ASSIGN(start_, changelogs_.start(request_.changelog));
  if (position_ < start_ || position_ > end_) return rebuild();
  return fail(ErrorCode::io, "{}; it is there now", error.message);
}

Result<bool> Restore::take_batch() {
  for (const Record& record : batch_.records) {
    mark_.changed_us = std::max(mark_.changed_us, record.append_time_us);
    if (record.key == kChangelogHeadKey) {
      WEIR_ASSIGN(const ChangelogHead head, decode_head(record.value));
      if (kept_ && mark_.head && mark_.head->incarnation != head.incarnation) {
        WEIR_TRY(rebuild());
        return false;
      }
      mark_.head = head;
    } else if (record.value.data() == nullptr) {
      gathered_.erase(record.key);
    } else {
      gathered_.put(record.key, record.value);
    }
  }
  mark_.position = position_ = batch_.next;
  if (gathered_.memory_bytes() < kGatheredBytes) return true;
  return write_gathered();
}

/// False: it begins anew.
Result<bool> Restore::write_gathered() {
  if (mark_.position == local_->position()) return true;
  gathered_.sort(local_->position() == 0);
  const auto written = local_->write(
      gathered_, mark_,
      gathered_.bytes() >= kBulkBytes ? state::Durability::bulk : state::Durability::buffered);
  gathered_.clear();
  if (!written && written.error().code == ErrorCode::corrupt) {
    WEIR_TRY(rebuild_damaged(written.error()));
    return false;
  }
  WEIR_TRY(written);
  return true;
}

Result<void> Restore::check_complete() const {
  const auto& head = local_->head();
  const auto& committed = request_.committed;
  if (!head && !committed) return {};
  if (head && committed && head->input_position == *committed) return {};
  const auto text = [](const std::optional<std::int64_t>& position) {
    return position ? std::to_string(*position) : std::string("none");
  };
  const std::string what = fmt::format(
      "{}: the state in {} belongs to input position {}, but the group's position is {}: one of "
      "them was lost or changed at the broker",
      to_string(request_.task), to_string(request_.changelog),
      text(head ? std::optional(head->input_position) : std::nullopt), text(committed));
  if (!head)
    return fail(ErrorCode::corrupt,
                "{}. Bring the changelog back from a copy, or start a new pipeline under another "
                "`kafka.prefix`",
                what);
  return fail(ErrorCode::corrupt,
              "{}. Either stop every `weir run` and set the group's position to that of the state "
              "(kafka-consumer-groups --reset-offsets --to-offset {} --execute), or start a new "
              "pipeline under another `kafka.prefix`",
              what, head->input_position);
}

}  // namespace weir::runtime
