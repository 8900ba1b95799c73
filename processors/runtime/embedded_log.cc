#include "processors/runtime/embedded_log.h"

#include <algorithm>
#include <cassert>

#include "processors/state/prefix_store.h"

namespace weir::runtime {
namespace {

std::unexpected<Error> damaged_state(const EmbeddedLogOptions& options, std::string_view what) {
  return fail(ErrorCode::corrupt, "{}: {} is not what was written; {}",
              state_path(options.directory), what, kRestore);
}

// True: there is a format file, of a version that this binary reads. False: nothing was made yet.
Result<bool> check_format(const EmbeddedLogOptions& options) {
  const std::string file = format_path(options.directory);
  const auto text = read_file(*options.files, file);
  if (text) {
    WEIR_TRY(check_format_text(*text, file));
    return true;
  }
  if (text.error().code != ErrorCode::not_found) return std::unexpected(text.error());
  WEIR_ASSIGN(const auto names, options.files->list(options.directory));
  for (const std::string& name : names) {  // what a first opening that was interrupted leaves
    if (name != "LOCK" && name != "topics" && name != "state" && name != "format.new")
      return fail(ErrorCode::invalid_argument,
                  "{}: holds \"{}\" and no weir log; give a new, an empty or a weir data directory",
                  options.directory, name);
  }
  return false;
}

Result<std::optional<std::string>> get(const state::Store& store, std::string_view key) {
  std::string value;
  WEIR_ASSIGN(const bool found, store.get(key, value));
  if (!found) return std::nullopt;
  return value;
}

}  // namespace

Result<std::unique_ptr<EmbeddedLog>> EmbeddedLog::open(EmbeddedLogOptions options) {
  assert(options.files != nullptr && options.open_store && options.clock);
  FileSystem& files = *options.files;
  WEIR_TRY(make_directories_synced(files, options.directory));
  WEIR_TRY(check_format(options));
  WEIR_ASSIGN(auto lock, files.lock(lock_path(options.directory)));
  WEIR_ASSIGN(const bool made, check_format(options));
  if (!made) {
    WEIR_TRY(files.make_directory(topics_path(options.directory)));
    WEIR_TRY(files.make_directory(state_path(options.directory)));
  }
  WEIR_ASSIGN(auto store, options.open_store(state_path(options.directory)));
  if (!made) {
    WEIR_TRY(replace_file_synced(files, format_path(options.directory), format_text()));
  }
  std::unique_ptr<EmbeddedLog> log(
      new EmbeddedLog(std::move(options), std::move(lock), std::move(store)));
  WEIR_TRY(log->recover());
  return log;
}

EmbeddedLog::EmbeddedLog(EmbeddedLogOptions options, std::unique_ptr<FileLock> lock,
                         std::unique_ptr<state::Store> store)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      store_(std::move(store)),
      disk_({*options_.files, options_.directory, *store_, catalog_, options_.segment_bytes},
            options_.disk_bytes) {}

// Saves the next opening the search for the ends of raw topics; losing it costs only that.
EmbeddedLog::~EmbeddedLog() {
  if (!writer_ || !health_.check()) return;
  state::StoreBatch batch;
  for (const PartitionSlot* slot : catalog_.slots()) {
    const EndMark mark = slot->partition.durable();
    if (mark.end.position > 0) batch.put(end_key(slot->partition.where()), encode_end(mark));
  }
  (void)store_->write(batch, state::Durability::buffered);
  (void)disk_.publish();
}

Result<std::int32_t> EmbeddedLog::partitions(std::string_view topic) const {
  WEIR_ASSIGN(const TopicSpec spec, catalog_.topic(topic));
  return spec.partitions;
}

Result<Bounds> EmbeddedLog::bounds(const TopicPartition& where) const {
  WEIR_ASSIGN(const PartitionSlot* const slot, catalog_.slot(where));
  return slot->partition.readable().bounds();
}

Result<void> EmbeddedLog::read(const TopicPartition& where, std::int64_t from,
                               std::size_t max_bytes, RecordBatch& batch) const {
  WEIR_TRY(health_.check());
  WEIR_ASSIGN(const PartitionSlot* const slot, catalog_.slot(where));
  return slot->partition.readable().read(from, max_bytes, batch);
}

Result<std::int64_t> EmbeddedLog::append(const TopicPartition& where,
                                         std::span<const NewRecord> records) {
  return writer_->append(where, records);
}

Result<void> EmbeddedLog::commit(std::span<TaskCommit> commits) { return writer_->commit(commits); }

Result<void> EmbeddedLog::create_topic(const TopicSpec& spec) {
  WEIR_TRY(validate(spec));
  WEIR_TRY(health_.check());
  const std::lock_guard lock(creating_);
  const auto known = catalog_.topic(spec.name);
  if (known && (known->partitions != spec.partitions || known->raw != spec.raw))
    return fail(ErrorCode::invalid_argument,
                "{}: topic {} has {} partitions{}, and {}{} are asked for: state stands on them; "
                "replay into a new directory to change that",
                options_.directory, spec.name, known->partitions, known->raw ? " (raw)" : "",
                spec.partitions, spec.raw ? " (raw)" : "");
  if (!known) {
    WEIR_TRY(check_new(spec));
    const std::string directory = topics_path(options_.directory) + "/" + spec.name;
    WEIR_TRY(options_.files->make_directory(directory));
    for (std::int32_t i = 0; i < spec.partitions; ++i)
      WEIR_TRY(options_.files->make_directory(partition_path(options_.directory, {spec.name, i})));
    WEIR_TRY(health_.keep(options_.files->sync_directory(directory)));
    WEIR_TRY(health_.keep(options_.files->sync_directory(topics_path(options_.directory))));
  }
  state::StoreBatch batch;
  batch.put(topic_key(spec.name), encode_topic(spec));
  WEIR_TRY(health_.keep(store_->write(batch, state::Durability::synced)));
  if (known) {
    catalog_.change(spec);
    return disk_.limit_segments();
  }
  WEIR_TRY(add_topic(
      {spec, std::vector<RecoveredPartition>(static_cast<std::size_t>(spec.partitions))}));
  WEIR_TRY(disk_.limit_segments());
  return health_.keep(disk_.publish());
}

Result<std::int64_t> EmbeddedLog::position(const TaskId& task) const {
  WEIR_TRY(health_.check());
  const auto found = catalog_.position(task);
  return found ? found->position : 0;
}

std::unique_ptr<state::Store> EmbeddedLog::task_store(const TaskId& task) const {
  return std::make_unique<state::PrefixStore>(*store_, state_prefix(task));
}

Result<void> EmbeddedLog::recover() {
  WEIR_ASSIGN(const auto number, get(*store_, kCommitKey));
  const auto commit = number ? decode_number(*number) : 0;
  if (!commit) return damaged_state(options_, "the number of the last commit");
  WEIR_ASSIGN(auto specs, read_catalog());
  std::vector<RecoveredTopic> topics;
  for (TopicSpec& spec : specs) {
    WEIR_ASSIGN(auto topic, recover_topic(std::move(spec), *commit));
    topics.push_back(std::move(topic));
  }
  WEIR_TRY(check_published(topics));

  // Only now is anything changed. A synced write of what is there makes everything before it
  // durable: a commit whose write failed may be read now, and must not be gone after a loss of
  // power.
  state::StoreBatch again;
  again.put(std::string(kCommitKey), encode_number(*commit));
  WEIR_TRY(store_->write(again, state::Durability::synced));
  for (RecoveredTopic& topic : topics) WEIR_TRY(add_topic(std::move(topic)));
  writer_ = std::make_unique<EmbeddedWriter>(
      EmbeddedWriterParts{*store_, catalog_, disk_, health_, options_.clock, options_.sync_threads},
      *commit);
  WEIR_TRY(disk_.limit_segments());
  return disk_.publish();
}

// Takes over the positions, too.
Result<std::vector<TopicSpec>> EmbeddedLog::read_catalog() {
  std::vector<TopicSpec> topics;
  bool whole = true;
  WEIR_TRY(store_->scan(kTopicKeys, "", [&](std::string_view key, std::string_view value) {
    auto spec = decode_topic(key.substr(kTopicKeys.size()), value);
    whole = spec.has_value();
    if (spec) topics.push_back(*std::move(spec));
    return whole;
  }));
  WEIR_TRY(store_->scan(kPositionKeys, "", [&](std::string_view key, std::string_view value) {
    const auto task = parse_position_key(key);
    auto position = decode_position(value);
    whole = whole && task && position;
    if (whole) catalog_.set_position(*task, *std::move(position));
    return whole;
  }));
  if (!whole) return damaged_state(options_, "a topic or a position");
  return topics;
}

Result<EmbeddedLog::RecoveredTopic> EmbeddedLog::recover_topic(TopicSpec spec,
                                                               std::uint64_t commit) const {
  std::vector<RecoveredPartition> partitions;
  for (std::int32_t i = 0; i < spec.partitions; ++i) {
    const TopicPartition where{spec.name, i};
    WEIR_ASSIGN(const auto stored_start, get(*store_, start_key(where)));
    WEIR_ASSIGN(const auto stored_end, get(*store_, end_key(where)));
    const auto start = stored_start ? decode_number(*stored_start) : 0;
    const auto end = stored_end ? decode_end(*stored_end) : std::nullopt;
    if (!start || (stored_end && !end))
      return damaged_state(options_, "the bounds of " + to_string(where));
    const PartitionPlace place = place_of(where);
    const auto first = static_cast<std::int64_t>(*start);
    WEIR_ASSIGN(auto recovered, spec.raw ? recover_raw(place, first, end)
                                         : recover_committed(place, first, end, commit));
    partitions.push_back(std::move(recovered));
  }
  return RecoveredTopic{std::move(spec), std::move(partitions)};
}

// The published ends are written once what they tell of is durable, so that they are never ahead of
// it: where they are, state or segments have lost something. They are not synced, and after a loss
// of power may be older, damaged or missing; then they say nothing.
Result<void> EmbeddedLog::check_published(const std::vector<RecoveredTopic>& topics) const {
  const std::string file = ends_path(options_.directory);
  const auto bytes = read_file(*options_.files, file);
  if (!bytes && bytes.error().code == ErrorCode::not_found) return {};
  if (!bytes) return std::unexpected(bytes.error());
  const auto published = decode_ends(*bytes, file);
  if (!published && published.error().code == ErrorCode::corrupt) return {};
  if (!published) return std::unexpected(published.error());
  for (const PublishedTopic& topic : *published) {
    const auto found = std::ranges::find(topics, topic.name,
                                         [](const RecoveredTopic& one) { return one.spec.name; });
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      const bool there = found != topics.end() && i < found->partitions.size();
      const std::int64_t end = there ? found->partitions[i].contents.mark.end.offset : 0;
      if (end >= topic.partitions[i].mark.end.offset) continue;
      return fail(ErrorCode::corrupt,
                  "{}: {} ends at offset {}, and {} had been acknowledged: state/ or segments have "
                  "lost records; {}",
                  options_.directory,
                  to_string(TopicPartition{topic.name, static_cast<std::int32_t>(i)}), end,
                  topic.partitions[i].mark.end.offset, kRestore);
    }
  }
  return {};
}

// Records come only once the state durably knows their topic.
Result<void> EmbeddedLog::check_new(const TopicSpec& spec) const {
  for (std::int32_t i = 0; i < spec.partitions; ++i) {
    const std::string directory = place_of({spec.name, i}).directory;
    WEIR_ASSIGN(const auto bases, list_segments(*options_.files, directory));
    if (bases.empty()) continue;
    return fail(ErrorCode::corrupt,
                "{}: holds records of a topic that state/ does not know: it has lost what was "
                "acknowledged; {}",
                directory, kRestore);
  }
  return {};
}

Result<void> EmbeddedLog::add_topic(RecoveredTopic topic) {
  std::vector<std::unique_ptr<PartitionSlot>> slots;
  for (RecoveredPartition& partition : topic.partitions) {
    const PartitionPlace place =
        place_of({topic.spec.name, static_cast<std::int32_t>(slots.size())});
    WEIR_TRY(settle(place, partition));
    slots.push_back(std::make_unique<PartitionSlot>(place, std::move(partition.contents)));
  }
  catalog_.add(std::move(topic.spec), std::move(slots));
  return {};
}

PartitionPlace EmbeddedLog::place_of(const TopicPartition& where) const {
  return {*options_.files, partition_path(options_.directory, where), where};
}

}  // namespace weir::runtime
