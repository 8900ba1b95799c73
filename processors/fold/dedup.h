// Which records were seen: the same id within the horizon counts once. All of it is in the store,
// so that however many ids come, memory is what the cache of the store has. One thread.
//
// What was once older than the horizon stays forgotten when the horizon is raised: whether it is
// gone from the store already depends on the commits there were, and no result may.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "processors/core/id.h"
#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/state/write_back.h"

namespace weir::fold {

class Dedup {
 public:
  Dedup(DurationUs horizon_us, state::WriteBack& store) : horizon_us_(horizon_us), store_(store) {}

  /// `forgotten_us`: what it was at the last commit; kMinTime: an older state, or none. Puts the
  /// ids of an older one in the order of their age: once, all of them with the next commit.
  Result<void> open(TimeUs forgotten_us);

  enum class Verdict : std::uint8_t {
    first,
    repeated,    // the same id and content
    conflicting  // the same id with another content
  };
  /// `append_time_us` is the log's, and never goes back.
  Result<Verdict> see(const Id& id, std::string_view content, TimeUs append_time_us);

  /// Lets go ids that are older than the horizon, before a commit. After a pause that may be all:
  /// with each commit go twice as many as came and kMostForgotten more, the oldest first.
  /// kMinTime: nothing was read yet.
  Result<void> forget(TimeUs append_time_us);

  /// Ids that were seen before that count as never seen. Never goes back.
  TimeUs forgotten_us() const { return forgotten_us_; }

  static constexpr std::size_t kMostForgotten = 4096;

 private:
  void move_horizon(TimeUs append_time_us);

  const DurationUs horizon_us_;
  state::WriteBack& store_;
  TimeUs forgotten_us_ = kMinTime;
  std::size_t came_ = 0;       // since the last `forget`
  TimeUs gone_us_ = kMinTime;  // older ones are not in the store: where to look from
};

}  // namespace weir::fold
