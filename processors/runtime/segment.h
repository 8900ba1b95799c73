// Reading one segment file: at an offset, or frame by frame for recovery. Nothing is written here.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "processors/runtime/file_system.h"
#include "processors/runtime/segment_format.h"

namespace weir::runtime {

/// A record's offset and the byte of its file where its frame begins.
struct SegmentPlace {
  std::int64_t offset = 0;
  std::uint64_t position = 0;

  bool operator==(const SegmentPlace&) const = default;
};

/// What to do about a data directory that lacks what was acknowledged, for the end of an error.
inline constexpr std::string_view kRestore =
    "restore the directory from a copy, or import and replay into a new one";
/// corrupt: `where`, a partition's directory or one of its files, does not hold `offset`.
std::unexpected<Error> missing_segment(std::string_view where, std::int64_t offset);

/// "00000000000000000042.log", as a partition's directory names the segment from offset 42 on.
std::string segment_name(std::int64_t base);
/// The base offset; nullopt: not the name of a segment.
std::optional<std::int64_t> parse_segment_name(std::string_view name);

/// Visits the frames below byte `limit` in order, from the one at `at` on, until `visit` returns
/// false or the next bytes are no whole frame of the next offset. Returns the place of the first
/// frame not passed: the refused one, or where such bytes begin.
using FrameVisitor = std::function<bool(const Frame& frame, SegmentPlace at)>;
Result<SegmentPlace> walk_frames(const ReadFile& file, SegmentPlace at, std::uint64_t limit,
                                 const FrameVisitor& visit);

/// Thread-safe. Remembers the places of frames that were read, one every 64 KiB and those where the
/// last few reads ended, so that reading on finds its place at once and no index is kept on disk.
class Segment {
 public:
  /// Opens the file and checks its header. `files` outlives this.
  static Result<std::shared_ptr<const Segment>> open(const FileSystem& files, std::string path,
                                                     const TopicPartition& where,
                                                     std::int64_t base);

  /// Of a file whose header is known to be right; its first frame is at `first`.
  Segment(const FileSystem& files, std::string path, SegmentPlace first)
      : files_(files), path_(std::move(path)), first_(first) {}

  std::int64_t base() const { return first_.offset; }
  const std::string& path() const { return path_; }
  /// The first frame.
  SegmentPlace first() const { return first_; }

  /// Replaces `batch` by the records from `from` on whose frames lie below byte `limit`: at least
  /// one, and no more once their frames take `max_bytes`. Bytes below `limit` that are no whole
  /// frame of the next offset are corrupt. `from` >= base().
  Result<void> read(std::int64_t from, std::size_t max_bytes, std::uint64_t limit,
                    RecordBatch& batch) const;

 private:
  Result<SegmentPlace> find(const ReadFile& file, std::int64_t from, std::uint64_t limit) const;
  SegmentPlace nearest(std::int64_t from) const;
  void remember(SegmentPlace at) const;
  std::unexpected<Error> damaged(SegmentPlace at, std::string_view what) const;

  const FileSystem& files_;
  const std::string path_;
  const SegmentPlace first_;

  mutable std::mutex mutex_;
  mutable std::vector<SegmentPlace> sparse_;      // ascending
  mutable std::array<SegmentPlace, 8> recent_{};  // offset 0: unused
  mutable std::size_t oldest_ = 0;                // of recent_
};

}  // namespace weir::runtime
