#include <algorithm>
#include <chrono>

#include "processors/runtime/kafka_cursor.h"
#include "processors/runtime/kafka_log.h"

namespace weir::runtime {
namespace {

constexpr std::uint64_t kQueueBytes = 4 << 20;

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

Result<KafkaCursor*> KafkaReader::cursor_at(const TopicPartition& where, std::int64_t from) const {
  const auto found = std::ranges::find(open_, where, &Open::where);
  if (found != open_.end()) {
    if (found->cursor->next() == from) {
      open_.splice(open_.begin(), open_, found);
      return open_.front().cursor.get();
    }
    open_.erase(found);
  }
  if (open_.size() >= kMaxCursors) open_.pop_back();
  WEIR_ASSIGN(rd_kafka_topic_t * topic,
              inputs_->find(kafka_topic(cluster_.options(), where.topic)));
  WEIR_ASSIGN(auto cursor, KafkaCursor::start(client_.get(), topic, where, from));
  open_.push_front({where, std::move(cursor)});
  return open_.front().cursor.get();
}

Result<void> KafkaReader::read(const TopicPartition& where, std::int64_t from,
                               std::size_t max_bytes, RecordBatch& batch) const {
  using Clock = std::chrono::steady_clock;
  batch.records.clear();
  batch.next = from;
  WEIR_ASSIGN(const Bounds bounds, cluster_.committed_bounds(where));
  if (from < bounds.start || from > bounds.end)
    return fail(ErrorCode::invalid_argument, "{}@{}: readable are [{}, {})", to_string(where), from,
                bounds.start, bounds.end);
  if (from == bounds.end) return {};
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(KafkaCursor * cursor, cursor_at(where, from));
  // Something is there, if only a marker: it comes, or an end-of-partition event does.
  const auto deadline = Clock::now() + std::chrono::milliseconds(kKafkaRequestMs);
  while (batch.records.empty() && cursor->next() < bounds.end) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0)
      return fail(ErrorCode::io, "{}@{}: no broker sends what is there", to_string(where), from);
    if (const auto taken = cursor->take(max_bytes, static_cast<int>(left), batch); !taken) {
      open_.pop_front();  // it reads no further
      return taken;
    }
  }
  if (cursor->next() >= bounds.end) open_.pop_front();
  return {};
}

}  // namespace weir::runtime
