#include "processors/runtime/embedded_recovery.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace weir::runtime {
namespace {

// A segment file with its size.
struct SegmentFile {
  std::int64_t base = 0;
  std::string path;
  std::unique_ptr<ReadFile> file;
  std::uint64_t size = 0;
};

// Those that an interrupted expiry left go into `expired`.
Result<std::vector<SegmentFile>> open_segments(const PartitionPlace& place, std::int64_t start,
                                               std::vector<std::string>& expired) {
  WEIR_ASSIGN(const auto bases, list_segments(place.files, place.directory));
  std::vector<SegmentFile> segments;
  for (std::size_t i = 0; i < bases.size(); ++i) {
    std::string path = place.directory + "/" + segment_name(bases[i]);
    if (i + 1 < bases.size() && bases[i + 1] <= start) {
      expired.push_back(std::move(path));
      continue;
    }
    WEIR_ASSIGN(auto file, place.files.open_read(path));
    WEIR_ASSIGN(const std::uint64_t size, file->size());
    segments.push_back({bases[i], std::move(path), std::move(file), size});
  }
  return segments;
}

// The file that holds `mark`, which must be there, as long as it says, and readable from `start`
// on.
Result<std::size_t> find_marked(const PartitionPlace& place,
                                const std::vector<SegmentFile>& segments, std::int64_t start,
                                const EndMark& mark) {
  std::size_t at = 0;
  while (at < segments.size() && segments[at].base != mark.base) ++at;
  if (at == segments.size() || segments.front().base > start)
    return missing_segment(place.directory, at == segments.size() ? mark.base : start);
  if (segments[at].size < mark.end.position)
    return fail(ErrorCode::corrupt,
                "{}: {} bytes, and {} had been acknowledged: it is shorter than its end; {}",
                segments[at].path, segments[at].size, mark.end.position, kRestore);
  return at;
}

Result<SegmentSet::Entry> entry_of(const PartitionPlace& place, const SegmentFile& segment,
                                   std::uint64_t limit) {
  WEIR_ASSIGN(auto opened, Segment::open(place.files, segment.path, place.where, segment.base));
  return SegmentSet::Entry{std::move(opened), limit};
}

// Keeps the first `count` segments up to the end of `contents`. Of the rest the last one goes
// first, so that a crash leaves no gap.
void keep(const std::vector<SegmentFile>& segments, std::size_t count,
          RecoveredPartition& recovered) {
  for (std::size_t i = 0; i < count; ++i) recovered.kept.push_back(segments[i].path);
  for (std::size_t i = segments.size(); i > count; --i)
    recovered.surplus.push_back(segments[i - 1].path);
  recovered.torn = count > 0 && segments[count - 1].size > recovered.contents.mark.end.position;
}

// Frames from `at` on may only be of commit `expected`.
Result<void> check_surplus(const SegmentFile& segment, SegmentPlace at, std::uint64_t expected) {
  std::optional<SegmentPlace> other;
  WEIR_TRY(
      walk_frames(*segment.file, at, segment.size, [&](const Frame& frame, SegmentPlace place) {
        if (frame.witness != expected) other = place;
        return !other;
      }));
  if (!other) return {};
  return fail(ErrorCode::corrupt,
              "{}: byte {} (offset {}): a record of another commit than the next one, {}: state/ "
              "has lost commits that were acknowledged; {}",
              segment.path, other->position, other->offset, expected, kRestore);
}

Result<void> check_all_surplus(const PartitionPlace& place,
                               const std::vector<SegmentFile>& segments, std::size_t first,
                               std::uint64_t expected) {
  for (std::size_t i = first; i < segments.size(); ++i) {
    const auto opened = Segment::open(place.files, segments[i].path, place.where, segments[i].base);
    // Its header may not have reached the disk; then nothing behind it was acknowledged either.
    if (opened) WEIR_TRY(check_surplus(segments[i], (*opened)->first(), expected));
  }
  return {};
}

// The first byte where a frame stands whose witness says that `offset` had been durable.
Result<std::optional<std::uint64_t>> find_proof(const SegmentFile& segment, std::uint64_t from,
                                                std::int64_t offset) {
  std::string bytes;
  WEIR_TRY(segment.file->read(from, segment.size - from, bytes));
  const auto most = offset + static_cast<std::int64_t>(bytes.size() / kFrameHeaderBytes);
  for (std::size_t at = 0; at + kFrameHeaderBytes <= bytes.size(); ++at) {
    std::int64_t candidate = 0;  // the offset of a frame that would begin here
    std::memcpy(&candidate, bytes.data() + at + kFrameOffsetAt, sizeof candidate);
    if (candidate < offset || candidate > most) continue;
    Frame frame;
    if (decode_frame(std::string_view(bytes).substr(at), frame) == FrameState::whole &&
        static_cast<std::int64_t>(frame.witness) > offset)
      return from + at;
  }
  return std::nullopt;
}

Result<void> check_torn(const std::vector<SegmentFile>& segments, std::size_t at,
                        SegmentPlace torn) {
  for (std::size_t i = at; i < segments.size(); ++i) {
    WEIR_ASSIGN(const auto proof,
                find_proof(segments[i], i == at ? torn.position : 0, torn.offset));
    if (proof)
      return fail(ErrorCode::corrupt,
                  "{}: byte {} (offset {}): the bytes are not what was written, and a later record "
                  "({}: byte {}) says that they were; {}",
                  segments[at].path, torn.position, torn.offset, segments[i].path, *proof,
                  kRestore);
  }
  return {};
}

struct RawScan {
  EndMark mark;          // behind the last whole append
  std::size_t last = 0;  // the segment that holds it
  std::vector<SegmentSet::Entry> entries;
  std::size_t torn_segment = 0;  // where bytes are no frame; behind the last segment: nowhere
  SegmentPlace torn;
};

// Walks the segments from `first` on, and in it from `mark` on.
Result<RawScan> scan_raw(const PartitionPlace& place, const std::vector<SegmentFile>& segments,
                         std::size_t first, const EndMark& mark) {
  RawScan scan{.mark = mark, .last = first, .entries = {}, .torn_segment = first, .torn = mark.end};
  for (std::size_t& i = scan.torn_segment; i < segments.size(); ++i) {
    auto entry = entry_of(place, segments[i], segments[i].size);
    if (!entry && i == first && mark.end.position > 0) return std::unexpected(entry.error());
    if (!entry || (i > first && segments[i].base != scan.torn.offset)) {
      scan.torn.position = 0;
      return scan;
    }
    if (i > first || mark.end.position == 0) scan.torn = entry->segment->first();
    scan.entries.push_back(*std::move(entry));
    WEIR_ASSIGN(scan.torn, walk_frames(*segments[i].file, scan.torn, segments[i].size,
                                       [&](const Frame& frame, SegmentPlace at) {
                                         if (frame.more) return true;
                                         scan.last = i;
                                         scan.mark.end = {at.offset + 1, at.position + frame.size};
                                         scan.mark.base = segments[i].base;
                                         scan.mark.append_time_us = frame.record.append_time_us;
                                         return true;
                                       }));
    if (scan.torn.position < segments[i].size) return scan;
  }
  return scan;
}

}  // namespace

Result<std::vector<std::int64_t>> list_segments(const FileSystem& files,
                                                const std::string& directory) {
  std::vector<std::int64_t> bases;
  const auto names = files.list(directory);
  if (!names && names.error().code == ErrorCode::not_found) return bases;
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (const auto base = parse_segment_name(name)) bases.push_back(*base);
  }
  return bases;
}

Result<RecoveredPartition> recover_committed(const PartitionPlace& place, std::int64_t start,
                                             const std::optional<EndMark>& mark,
                                             std::uint64_t commit) {
  RecoveredPartition recovered;
  WEIR_ASSIGN(const auto segments, open_segments(place, start, recovered.surplus));
  if (!mark) {
    WEIR_TRY(check_all_surplus(place, segments, 0, commit + 1));
    keep(segments, 0, recovered);
    return recovered;
  }
  WEIR_ASSIGN(const std::size_t last, find_marked(place, segments, start, *mark));
  recovered.contents = {.start = start, .mark = *mark, .entries = {}};
  for (std::size_t i = 0; i <= last; ++i) {
    const std::uint64_t limit = i < last ? segments[i].size : mark->end.position;
    WEIR_ASSIGN(auto entry, entry_of(place, segments[i], limit));
    recovered.contents.entries.push_back(std::move(entry));
  }
  WEIR_TRY(check_surplus(segments[last], mark->end, commit + 1));
  WEIR_TRY(check_all_surplus(place, segments, last + 1, commit + 1));
  keep(segments, last + 1, recovered);
  return recovered;
}

Result<RecoveredPartition> recover_raw(const PartitionPlace& place, std::int64_t start,
                                       const std::optional<EndMark>& known) {
  RecoveredPartition recovered;
  WEIR_ASSIGN(const auto segments, open_segments(place, start, recovered.surplus));
  if (segments.empty() && !known) return recovered;
  EndMark from = known.value_or(EndMark{});
  if (!known) from.base = segments.front().base;
  WEIR_ASSIGN(const std::size_t first, find_marked(place, segments, start, from));
  PartitionContents contents{.start = start, .mark = {}, .entries = {}};
  for (std::size_t i = 0; i < first; ++i) {
    WEIR_ASSIGN(auto entry, entry_of(place, segments[i], segments[i].size));
    contents.entries.push_back(std::move(entry));
  }
  WEIR_ASSIGN(auto scan, scan_raw(place, segments, first, from));
  if (scan.torn_segment < segments.size())
    WEIR_TRY(check_torn(segments, scan.torn_segment, scan.torn));
  if (scan.mark.end.position == 0) {
    keep(segments, 0, recovered);
    return recovered;
  }
  contents.mark = scan.mark;
  std::move(scan.entries.begin(), scan.entries.end(), std::back_inserter(contents.entries));
  contents.entries.resize(scan.last + 1);
  contents.entries.back().limit = scan.mark.end.position;
  recovered.contents = std::move(contents);
  keep(segments, scan.last + 1, recovered);
  return recovered;
}

// What goes must be gone for good: a file that came back after the next crash could be taken for
// what was written meanwhile. And a process that died after a write and before its sync left bytes
// and names that are read now and gone after a loss of power; bytes that came back then would be of
// an older commit than the one expected.
Result<void> settle(const PartitionPlace& place, const RecoveredPartition& recovered) {
  for (const std::string& path : recovered.surplus) WEIR_TRY(place.files.remove(path));
  if (!recovered.surplus.empty()) WEIR_TRY(place.files.sync_directory(place.directory));
  if (recovered.kept.empty()) return {};
  if (recovered.torn)
    WEIR_TRY(place.files.truncate(recovered.kept.back(), recovered.contents.mark.end.position));
  for (const std::string& path : recovered.kept) {
    WEIR_ASSIGN(const auto file, place.files.open_append(path));
    WEIR_TRY(file->sync());
  }
  return place.files.sync_directory(place.directory);
}

}  // namespace weir::runtime
