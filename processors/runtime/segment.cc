#include "processors/runtime/segment.h"

#include <algorithm>
#include <charconv>

namespace weir::runtime {
namespace {

constexpr std::size_t kWalkBytes = 256 << 10;
constexpr std::size_t kLargestRead = 16 << 20;
constexpr std::uint64_t kSparseEvery = 64 << 10;
constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kDigits = 20;

}  // namespace

std::unexpected<Error> missing_segment(std::string_view where, std::int64_t offset) {
  return fail(ErrorCode::corrupt, "{}: the segment with offset {} is missing; {}", where, offset,
              kRestore);
}

std::string segment_name(std::int64_t base) { return fmt::format("{:020}{}", base, kSuffix); }

std::optional<std::int64_t> parse_segment_name(std::string_view name) {
  std::int64_t base = 0;
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, base);
  if (error != std::errc() || end != name.data() + kDigits || base < 0) return std::nullopt;
  return base;
}

Result<SegmentPlace> walk_frames(const ReadFile& file, SegmentPlace at, std::uint64_t limit,
                                 const FrameVisitor& visit) {
  std::string bytes;
  std::size_t want = kWalkBytes;
  while (at.position < limit) {
    bytes.clear();
    const std::size_t size = std::min<std::uint64_t>(want, limit - at.position);
    WEIR_TRY(file.read(at.position, size, bytes));
    std::string_view rest = bytes;
    Frame frame;
    FrameState state = FrameState::cut;
    while ((state = decode_frame(rest, frame)) == FrameState::whole) {
      if (frame.record.offset != at.offset || !visit(frame, at)) return at;
      rest.remove_prefix(frame.size);
      at = {at.offset + 1, at.position + frame.size};
    }
    const bool more = bytes.size() == size && at.position + rest.size() < limit;
    if (state == FrameState::bad || !more) return at;
    want = std::max(kWalkBytes, frame.size);
  }
  return at;
}

Result<std::shared_ptr<const Segment>> Segment::open(const FileSystem& files, std::string path,
                                                     const TopicPartition& where,
                                                     std::int64_t base) {
  WEIR_ASSIGN(const auto file, files.open_read(path));
  std::string bytes;
  WEIR_TRY(file->read(0, encode_segment_header(where, base).size(), bytes));
  WEIR_ASSIGN(const std::size_t header, check_segment_header(bytes, path, where, base));
  return std::make_shared<const Segment>(files, std::move(path), SegmentPlace{base, header});
}

Result<void> Segment::read(std::int64_t from, std::size_t max_bytes, std::uint64_t limit,
                           RecordBatch& batch) const {
  batch.records.clear();
  WEIR_ASSIGN(const auto file, files_.open_read(path_));
  WEIR_ASSIGN(const SegmentPlace begin, find(*file, from, limit));
  Frame frame;
  FrameState state = FrameState::cut;
  SegmentPlace at = begin;
  max_bytes = std::min(max_bytes, kLargestRead);
  // The second round is for a first record larger than what was asked for.
  for (std::size_t want = std::max(max_bytes, kFrameHeaderBytes); batch.records.empty();
       want = std::max(frame.size, want)) {
    batch.bytes.clear();
    const std::size_t size = std::min<std::uint64_t>(want, limit - begin.position);
    WEIR_TRY(file->read(begin.position, size, batch.bytes));
    if (batch.bytes.size() < size)
      return damaged({begin.offset, begin.position + batch.bytes.size()},
                     "the file ends too early");
    std::string_view rest = batch.bytes;
    while (at.position == begin.position || at.position - begin.position < max_bytes) {
      state = decode_frame(rest, frame);
      if (state != FrameState::whole || frame.record.offset != at.offset) break;
      batch.records.push_back(frame.record);
      rest.remove_prefix(frame.size);
      at = {at.offset + 1, at.position + frame.size};
    }
    const bool grows = state == FrameState::cut && frame.size > size && size == want;
    if (batch.records.empty() && !grows) return damaged(at, "the bytes are not what was written");
  }
  remember(at);
  return {};
}

Result<SegmentPlace> Segment::find(const ReadFile& file, std::int64_t from,
                                   std::uint64_t limit) const {
  const SegmentPlace near = nearest(from);
  if (near.offset == from) return near;
  WEIR_ASSIGN(const SegmentPlace at,
              walk_frames(file, near, limit, [&](const Frame& frame, SegmentPlace place) {
                if (place.position / kSparseEvery != (place.position + frame.size) / kSparseEvery)
                  remember(place);
                return place.offset < from;
              }));
  if (at.offset < from) return damaged(at, "the bytes are not what was written");
  return at;
}

SegmentPlace Segment::nearest(std::int64_t from) const {
  const std::lock_guard lock(mutex_);
  SegmentPlace best = first_;
  const auto above = std::upper_bound(
      sparse_.begin(), sparse_.end(), from,
      [](std::int64_t offset, const SegmentPlace& place) { return offset < place.offset; });
  if (above != sparse_.begin()) best = *std::prev(above);
  for (const SegmentPlace& place : recent_) {
    if (place.offset > best.offset && place.offset <= from) best = place;
  }
  return best;
}

void Segment::remember(SegmentPlace at) const {
  const std::lock_guard lock(mutex_);
  recent_[oldest_] = at;
  oldest_ = (oldest_ + 1) % recent_.size();
  const auto above = std::lower_bound(
      sparse_.begin(), sparse_.end(), at,
      [](const SegmentPlace& a, const SegmentPlace& b) { return a.offset < b.offset; });
  const std::uint64_t below =
      above == sparse_.begin() ? first_.position : std::prev(above)->position;
  if (at.position >= below + kSparseEvery &&
      (above == sparse_.end() || above->position >= at.position + kSparseEvery))
    sparse_.insert(above, at);
}

std::unexpected<Error> Segment::damaged(SegmentPlace at, std::string_view what) const {
  return fail(ErrorCode::corrupt,
              "{}: byte {} (offset {}): {}; restore the file from a copy, or replay into a new "
              "directory from before",
              path_, at.position, at.offset, what);
}

}  // namespace weir::runtime
