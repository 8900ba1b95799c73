// What a sink sees of the log that it follows: one partition, read in order, with a place that is
// kept in the log itself and moves together with what the sink has to say (its outcomes).
//
// The place is a position and a note: what the follower has to know beyond it, in a few bytes.
//
// One thread. After any error but `exhausted` the follower's place is what was committed last:
// whoever follows drops what it has begun, and begins anew with take().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/log.h"

namespace weir::runtime {

inline constexpr std::size_t kMaxNoteBytes = 3 << 10;

struct FollowerPlace {
  std::int64_t position = 0;  // the next offset that is not done with
  std::string note;           // at most kMaxNoteBytes

  bool operator==(const FollowerPlace&) const = default;
};

class Follower {
 public:
  virtual ~Follower() = default;

  /// Whether this process may follow now; to be asked again and again. False: another one does, and
  /// what was begun is to be dropped.
  virtual Result<bool> take() = 0;
  /// Where to go on; nullopt: nobody ever followed under this name. After take() said yes.
  virtual Result<std::optional<FollowerPlace>> place() = 0;
  /// What is there to be read.
  virtual Result<Bounds> bounds() = 0;
  /// As Reader::read.
  virtual Result<void> read(std::int64_t from, std::size_t max_bytes, RecordBatch& batch) = 0;
  /// The new place and what goes with it, as one. exhausted: the log has no room; nothing changed,
  /// and the same may be tried again later.
  virtual Result<void> commit(const FollowerPlace& place, std::vector<Output> outputs) = 0;
};

}  // namespace weir::runtime
