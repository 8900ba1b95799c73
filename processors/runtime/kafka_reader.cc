#include <algorithm>

#include "processors/runtime/kafka_cursor.h"
#include "processors/runtime/kafka_log.h"

namespace weir::runtime {
namespace {

constexpr std::uint64_t kQueueBytes = 4 << 20;
constexpr std::chrono::milliseconds kPatience(kKafkaRequestMs);

}  // namespace

KafkaReader::KafkaReader(const KafkaCluster& cluster)
    : cluster_(cluster), inputs_(std::make_unique<KafkaInputs>(client_)) {}

Result<std::unique_ptr<KafkaReader>> KafkaReader::open(const KafkaCluster& cluster) {
  std::unique_ptr<KafkaReader> reader(new KafkaReader(cluster));
  WEIR_ASSIGN(reader->client_, make_fetching_client(cluster.options(), kQueueBytes));
  return reader;
}

KafkaReader::~KafkaReader() { open_.clear(); }

Result<std::int32_t> KafkaReader::partitions(std::string_view topic) const {
  return cluster_.partitions(topic);
}

Result<Bounds> KafkaReader::bounds(const TopicPartition& where) const {
  return cluster_.committed_bounds(where);
}

/// Gives a partition back, whatever ends its reading.
struct KafkaReader::Taken {
  Taken(const KafkaReader& from, const TopicPartition& what, std::unique_ptr<KafkaCursor> kept)
      : reader(from), where(what), cursor(std::move(kept)) {}
  ~Taken() { reader.give_back(where, std::move(cursor)); }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;

  const KafkaReader& reader;
  const TopicPartition& where;
  std::unique_ptr<KafkaCursor> cursor;
};

Result<std::unique_ptr<KafkaCursor>> KafkaReader::take(const TopicPartition& where) const {
  std::unique_lock lock(mutex_);
  if (!given_back_.wait_for(lock, kPatience, [&] { return !taken_.contains(where); }))
    return fail(ErrorCode::io, "{}: others read it, and no broker sends what is there",
                to_string(where));
  taken_.insert(where);
  const auto found = std::ranges::find(open_, where, &Open::where);
  if (found == open_.end()) return nullptr;
  auto cursor = std::move(found->cursor);
  open_.erase(found);
  return cursor;
}

void KafkaReader::give_back(const TopicPartition& where,
                            std::unique_ptr<KafkaCursor> cursor) const {
  const std::lock_guard lock(mutex_);
  taken_.erase(where);
  given_back_.notify_all();
  if (cursor == nullptr) return;
  // It ends before anybody else begins to read its partition.
  if (open_.size() >= kMaxCursors) open_.pop_back();
  open_.push_front({where, std::move(cursor)});
}

Result<std::unique_ptr<KafkaCursor>> KafkaReader::start(const TopicPartition& where,
                                                        std::int64_t from) const {
  WEIR_ASSIGN(rd_kafka_topic_t * topic,
              inputs_->find(kafka_topic(cluster_.options(), where.topic)));
  return KafkaCursor::start(client_.get(), topic, where, from);
}

Result<void> KafkaReader::read(const TopicPartition& where, std::int64_t from,
                               std::size_t max_bytes, RecordBatch& batch) const {
  batch.records.clear();
  batch.next = from;
  WEIR_ASSIGN(const Bounds bounds, cluster_.committed_bounds(where));
  if (from < bounds.start || from > bounds.end)
    return fail(ErrorCode::invalid_argument, "{}@{}: readable are [{}, {})", to_string(where), from,
                bounds.start, bounds.end);
  if (from == bounds.end) return {};
  WEIR_ASSIGN(auto cursor, take(where));
  Taken taken(*this, where, std::move(cursor));
  return read_by(taken.cursor, {where, from, bounds.end, max_bytes, Clock::now() + kPatience},
                 batch);
}

/// Leaves no cursor that cannot go on, or has nothing to go on with.
Result<void> KafkaReader::read_by(std::unique_ptr<KafkaCursor>& cursor, const Wanted& wanted,
                                  RecordBatch& batch) const {
  if (cursor != nullptr && cursor->next() != wanted.from) cursor.reset();
  if (cursor == nullptr) {
    WEIR_ASSIGN(cursor, start(wanted.where, wanted.from));
  }
  // Something is there, if only a marker: it comes, or an end-of-partition event does.
  while (batch.records.empty() && cursor->next() < wanted.end) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(wanted.deadline - Clock::now());
    if (left.count() <= 0)
      return fail(ErrorCode::io, "{}@{}: no broker sends what is there", to_string(wanted.where),
                  wanted.from);
    if (const auto taken = cursor->take(wanted.max_bytes, static_cast<int>(left.count()), batch);
        !taken) {
      cursor.reset();  // it reads no further
      return taken;
    }
  }
  if (cursor->next() >= wanted.end) cursor.reset();
  return {};
}

}  // namespace weir::runtime
