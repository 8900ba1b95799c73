#include "processors/runtime/embedded_reader.h"

#include <algorithm>

#include "processors/runtime/embedded_recovery.h"

namespace weir::runtime {
namespace {

/// Whether any partition has a file of records.
Result<bool> has_segments(const FileSystem& files, const std::string& directory) {
  const std::string all = topics_path(directory);
  WEIR_ASSIGN(const auto topics, files.list(all));
  for (const std::string& topic : topics) {
    const std::string partitions = all + "/" + topic;
    WEIR_ASSIGN(const auto numbers, files.list(partitions));
    for (const std::string& number : numbers) {
      WEIR_ASSIGN(const auto bases, list_segments(files, partitions + "/" + number));
      if (!bases.empty()) return true;
    }
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<EmbeddedReader>> EmbeddedReader::open(const FileSystem& files,
                                                             std::string directory) {
  const std::string file = format_path(directory);
  const auto text = read_file(files, file);
  if (!text && text.error().code == ErrorCode::not_found)
    return fail(ErrorCode::invalid_argument,
                "{}: no weir log here; give the directory that `--out` or `data:` named",
                directory);
  if (!text) return std::unexpected(text.error());
  WEIR_TRY(check_format_text(*text, file));
  return std::unique_ptr<EmbeddedReader>(new EmbeddedReader(files, std::move(directory)));
}

Result<std::int32_t> EmbeddedReader::partitions(std::string_view topic) const {
  WEIR_ASSIGN(const PublishedTopic found, published(topic));
  return static_cast<std::int32_t>(found.partitions.size());
}

Result<Bounds> EmbeddedReader::bounds(const TopicPartition& where) const {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(const View view, look(where));
  return view.readable->bounds();
}

Result<void> EmbeddedReader::read(const TopicPartition& where, std::int64_t from,
                                  std::size_t max_bytes, RecordBatch& batch) const {
  std::unique_lock lock(mutex_);
  const auto known = views_.find(where);
  std::shared_ptr<SegmentSet> readable = known == views_.end() ? nullptr : known->second.readable;
  if (!readable || from >= readable->bounds().end) {
    WEIR_ASSIGN(const View view, look(where));
    readable = view.readable;
  }
  lock.unlock();
  if (readable->read(from, max_bytes, batch)) return {};
  // The writer may have let it expire since we looked.
  lock.lock();
  WEIR_TRY(look(where));
  lock.unlock();
  return readable->read(from, max_bytes, batch);
}

Result<std::vector<std::string>> EmbeddedReader::topics() const {
  WEIR_ASSIGN(const auto all, published());
  std::vector<std::string> names;
  for (const PublishedTopic& topic : all) names.push_back(topic.name);
  return names;
}

Result<std::vector<PublishedTopic>> EmbeddedReader::published() const {
  const std::string file = ends_path(directory_);
  auto bytes = read_file(files_, file);
  if (!bytes && bytes.error().code == ErrorCode::not_found) {
    WEIR_ASSIGN(const bool written, has_segments(files_, directory_));
    if (!written) return std::vector<PublishedTopic>{};  // the first opening has not come so far
    bytes = read_file(files_, file);                     // or it has by now
    if (!bytes && bytes.error().code == ErrorCode::not_found) return bad_ends(file, "missing");
  }
  if (!bytes) return std::unexpected(bytes.error());
  return decode_ends(*bytes, file);
}

Result<PublishedTopic> EmbeddedReader::published(std::string_view topic) const {
  WEIR_ASSIGN(auto all, published());
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const PublishedTopic& one) { return one.name == topic; });
  if (found == all.end()) return fail(ErrorCode::not_found, "{}: no topic {}", directory_, topic);
  return std::move(*found);
}

Result<EmbeddedReader::View> EmbeddedReader::look(const TopicPartition& where) const {
  constexpr int kAttempts =
      5;  // a segment may expire between the reading of the ends and its opening
  for (int attempt = 1;; ++attempt) {
    WEIR_ASSIGN(const PublishedTopic topic, published(where.topic));
    if (where.partition < 0 || where.partition >= std::ssize(topic.partitions))
      return fail(ErrorCode::not_found, "{}: no partition {}: {} has {}", directory_,
                  to_string(where), where.topic, topic.partitions.size());
    const auto& partition = topic.partitions[static_cast<std::size_t>(where.partition)];
    View& view = views_[where];
    if (!view.readable)
      view.readable = std::make_shared<SegmentSet>(where, Bounds{partition.start, partition.start},
                                                   std::vector<SegmentSet::Entry>{});
    auto extended = extend(where, partition, view);
    if (extended && topic.raw) extended = extend_raw(where, view);
    if (extended) return view;
    if (attempt == kAttempts) return std::unexpected(extended.error());
  }
}

// Segments between the known end and the published one are complete but for the last.
Result<void> EmbeddedReader::extend(const TopicPartition& where,
                                    const PublishedPartition& published, View& view) const {
  const EndMark& mark = published.mark;
  // A segment may have been begun for nothing but to let the one before it expire.
  if (mark.end.offset > view.mark.end.offset || mark.base > view.mark.base) {
    const std::string directory = partition_path(directory_, where);
    WEIR_ASSIGN(const auto bases, list_segments(files_, directory));
    if (bases.empty() || bases.front() > published.start)
      return missing_segment(directory, published.start);
    if (!std::ranges::binary_search(bases, mark.base)) return missing_segment(directory, mark.base);
    std::vector<SegmentSet::Entry> entries;
    const std::int64_t first = std::max(published.start, view.mark.base);
    for (std::size_t i = 0; i < bases.size() && bases[i] <= mark.base; ++i) {
      if (i + 1 < bases.size() && bases[i + 1] <= first) continue;
      WEIR_ASSIGN(auto added, entry(where, bases[i]));
      if (bases[i] == mark.base) added.limit = mark.end.position;
      entries.push_back(std::move(added));
    }
    view.readable->extend(entries, mark.end.offset);
    view.mark = mark;
  }
  (void)view.readable->drop_below(published.start);
  return {};
}

// Walks from the known end over whatever the writer has added, and keeps what whole appends cover.
Result<void> EmbeddedReader::extend_raw(const TopicPartition& where, View& view) const {
  EndMark& mark = view.mark;
  SegmentPlace at = mark.end;
  std::vector<SegmentSet::Entry> entries;
  for (std::int64_t base = mark.base;; base = at.offset) {
    const bool begins = !entries.empty() || at.position == 0;
    auto added = entry(where, base);
    if (!added && begins) break;  // the next segment is not there, or its header is not yet
    if (!added) return std::unexpected(added.error());
    if (begins) at = added->segment->first();
    WEIR_ASSIGN(const auto file, files_.open_read(added->segment->path()));
    WEIR_ASSIGN(
        at, walk_frames(*file, at, added->limit, [&](const Frame& frame, SegmentPlace here) {
          if (!frame.more)
            mark = {
                {here.offset + 1, here.position + frame.size}, base, frame.record.append_time_us};
          return true;
        }));
    const bool full = at.position == added->limit && at.offset > base;
    entries.push_back(*std::move(added));
    if (!full) break;
  }
  std::erase_if(entries, [&](const auto& one) { return one.segment->base() > mark.base; });
  if (entries.empty() || mark.end.position == 0) return {};
  entries.back().limit = mark.end.position;
  view.readable->extend(entries, mark.end.offset);
  return {};
}

Result<SegmentSet::Entry> EmbeddedReader::entry(const TopicPartition& where,
                                                std::int64_t base) const {
  const std::string directory = partition_path(directory_, where);
  const std::string path = directory + "/" + segment_name(base);
  auto segment = Segment::open(files_, path, where, base);
  if (!segment && segment.error().code == ErrorCode::not_found)
    return missing_segment(directory, base);
  if (!segment) return std::unexpected(segment.error());
  WEIR_ASSIGN(const auto file, files_.open_read(path));
  WEIR_ASSIGN(const std::uint64_t size, file->size());
  return SegmentSet::Entry{*std::move(segment), size};
}

Result<std::vector<TaskContents>> list_tasks(const state::Store& store) {
  std::vector<TaskContents> tasks;
  std::string damaged;
  WEIR_TRY(store.scan(kPositionKeys, "", [&](std::string_view key, std::string_view value) {
    const auto task = parse_position_key(key);
    auto position = decode_position(value);
    if (!task || !position) {
      damaged = key;
      return false;
    }
    tasks.push_back({*task, *std::move(position)});
    return true;
  }));
  if (!damaged.empty())
    return fail(ErrorCode::corrupt, "the position under key \"{}\" is not what was written",
                damaged);
  for (TaskContents& task : tasks) {
    const std::string prefix = state_prefix(task.task);
    WEIR_TRY(store.scan(prefix, "", [&](std::string_view key, std::string_view value) {
      ++task.state_keys;
      task.state_bytes += key.size() - prefix.size() + value.size();
      return true;
    }));
  }
  return tasks;
}

}  // namespace weir::runtime
