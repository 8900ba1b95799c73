#include "processors/runtime/kafka_member.h"

#include <cassert>
#include <chrono>

#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {
namespace {

/// A transaction of a former owner that is open keeps positions from being stable; between two
/// looks the member is polled.
constexpr int kCommittedMs = 500;

/// How long a broker keeps a request for which it has nothing: what is asked next of it waits as
/// long, be it for a partition whose records were all taken.
constexpr std::int64_t kFetchWaitMs = 100;

std::int64_t milliseconds(DurationUs duration) { return duration / kMillisecondUs; }

}  // namespace

Result<std::unique_ptr<GroupMember>> KafkaMember::join(const KafkaOptions& options,
                                                       KafkaMemberNames names) {
  std::unique_ptr<KafkaMember> member(new KafkaMember(std::move(names)));
  KafkaConfig config(options);
  config.set("group.id", member->names_.group)
      .set("group.instance.id", member->names_.instance)
      .set("partition.assignment.strategy", "range")
      .set("session.timeout.ms", milliseconds(options.session_timeout_us))
      .set("heartbeat.interval.ms", milliseconds(options.session_timeout_us / 5))
      .set("max.poll.interval.ms", milliseconds(options.poll_interval_us()))
      .set("enable.auto.commit", "false")
      .set("enable.auto.offset.store", "false")
      .set("auto.offset.reset", "error")  // records that are gone are told, never skipped
      .set("isolation.level", "read_committed")
      .set("enable.partition.eof", "true")
      .set("fetch.message.max.bytes", 1 << 20)
      .set("fetch.error.backoff.ms", 50)
      .set("fetch.wait.max.ms", kFetchWaitMs)
      .set("queued.max.messages.kbytes",
           static_cast<std::int64_t>(std::max<std::uint64_t>(1, options.fetch_queue_bytes >> 10)));
  rd_kafka_conf_set_opaque(config.get(), member.get());
  rd_kafka_conf_set_rebalance_cb(config.get(), on_rebalance);
  WEIR_ASSIGN(member->client_, std::move(config).make(RD_KAFKA_CONSUMER));
  rd_kafka_poll_set_consumer(member->client_.get());
  const KafkaQueue queue(rd_kafka_queue_get_consumer(member->client_.get()));
  rd_kafka_queue_cb_event_enable(queue.get(), on_event, member.get());

  const KafkaPartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), member->names_.topic.c_str(),
                                    RD_KAFKA_PARTITION_UA);
  if (const auto error = rd_kafka_subscribe(member->client_.get(), topics.get()))
    return kafka_failed(member->names_.group, "joining", error);
  return member;
}

KafkaMember::~KafkaMember() {
  for (auto& [partition, input] : inputs_)
    rd_kafka_queue_cb_event_enable(input.queue.get(), nullptr, nullptr);
  inputs_.clear();
  client_.reset();
}

void KafkaMember::on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error,
                               rd_kafka_topic_partition_list_t* partitions, void* self) {
  auto& member = *static_cast<KafkaMember*>(self);
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    member.take_assignment(*partitions);  // taken by start(), once positions are known
    return;
  }
  rd_kafka_assign(client, nullptr);
  member.partitions_.clear();
  member.event_ = Event::revoked;
}

void KafkaMember::take_assignment(const rd_kafka_topic_partition_list_t& partitions) {
  partitions_.clear();
  for (int i = 0; i < partitions.cnt; ++i) partitions_.push_back(partitions.elems[i].partition);
  event_ = Event::assigned;
  const std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                        KafkaDestroy<rd_kafka_consumer_group_metadata_destroy>>
      group(rd_kafka_consumer_group_metadata(client_.get()));
  void* bytes = nullptr;
  std::size_t size = 0;
  if (rd_kafka_error_t* error =
          rd_kafka_consumer_group_metadata_write(group.get(), &bytes, &size)) {
    failure_ = kafka_result(names_.group, "reading its membership", error).error();
    return;
  }
  metadata_.assign(static_cast<const char*>(bytes), size);
  rd_kafka_mem_free(client_.get(), bytes);
}

void KafkaMember::on_event(rd_kafka_t*, void* self) {
  auto& member = *static_cast<KafkaMember*>(self);
  const std::lock_guard lock(member.mutex_);
  member.something_ = true;
  member.told_.notify_one();
}

void KafkaMember::wait(DurationUs wait_us) {
  std::unique_lock lock(mutex_);
  told_.wait_for(lock, std::chrono::microseconds(wait_us), [this] { return something_; });
  something_ = false;
}

Result<GroupMember::Event> KafkaMember::poll() {
  // Events and callbacks only: records stand in the queues of their partitions.
  while (const KafkaMessage event{rd_kafka_consumer_poll(client_.get(), 0)})
    WEIR_TRY(check(*event));
  if (failure_) return std::unexpected(*failure_);
  return std::exchange(event_, Event::none);
}

Result<void> KafkaMember::check(const rd_kafka_message_t& event) const {
  switch (event.err) {
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
      return kafka_failed(names_.group, "membership", event.err, rd_kafka_message_errstr(&event));
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return fail(ErrorCode::protocol, "{}: a record outside of its partition's queue",
                  where(event.partition));
    default:  // it goes on trying
      tell_trouble(kafka_trouble_kind(event.err), rd_kafka_message_errstr(&event));
      return {};
  }
}

std::string KafkaMember::where(std::int32_t partition) const {
  return to_string(TopicPartition{names_.topic, partition});
}

KafkaPartitionList KafkaMember::partition_list() const {
  KafkaPartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (const std::int32_t partition : partitions_)
    rd_kafka_topic_partition_list_add(list.get(), names_.topic.c_str(), partition);
  return list;
}

Result<std::optional<std::vector<GroupPosition>>> KafkaMember::committed() {
  std::vector<GroupPosition> positions;
  if (partitions_.empty()) return positions;
  // Stable positions only, because the client reads committed records only.
  const KafkaPartitionList list = partition_list();
  const auto error = rd_kafka_committed(client_.get(), list.get(), kCommittedMs);
  if (error == RD_KAFKA_RESP_ERR__TIMED_OUT) return std::nullopt;
  if (error) return kafka_failed(names_.group, "reading its positions", error);
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& each = list->elems[i];
    if (each.err == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT) return std::nullopt;
    if (each.err) return kafka_failed(where(each.partition), "reading its position", each.err);
    positions.push_back({.partition = each.partition, .offset = std::nullopt});
    if (each.offset >= 0) positions.back().offset = each.offset;
  }
  return positions;
}

Result<void> KafkaMember::start(const std::vector<GroupPosition>& positions) {
  inputs_.clear();
  const KafkaPartitionList list(
      rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const GroupPosition& each : positions) {
    Input& input = inputs_
                       .try_emplace(each.partition,
                                    KafkaBatchSource(client_.get(), names_.topic, each.partition))
                       .first->second;
    input.queue.reset(
        rd_kafka_queue_get_partition(client_.get(), names_.topic.c_str(), each.partition));
    if (input.queue == nullptr)
      return fail(ErrorCode::not_found, "{}: no such partition", where(each.partition));
    // Before assign, or the first records would land in the consumer's own queue.
    rd_kafka_queue_forward(input.queue.get(), nullptr);
    rd_kafka_queue_cb_event_enable(input.queue.get(), on_event, this);
    rd_kafka_topic_partition_list_add(list.get(), names_.topic.c_str(), each.partition)->offset =
        each.offset.value_or(RD_KAFKA_OFFSET_BEGINNING);
  }
  if (const auto error = rd_kafka_assign(client_.get(), list.get()))
    return kafka_failed(names_.group, "taking its partitions", error);
  return {};
}

Result<void> KafkaMember::read(std::int32_t partition, std::int64_t from, std::size_t max_bytes,
                               RecordBatch& batch) {
  const auto found = inputs_.find(partition);
  assert(found != inputs_.end());
  Input& input = found->second;
  if (!input.broken) return input.broken;
  const auto taken = input.source.take(input.queue.get(), max_bytes, 0, batch);
  batch.next = std::max(from, taken.end_offset);
  if (!batch.records.empty()) {
    // Between start and the task's first look retention has deleted what was fetched already.
    if (batch.records.front().offset < from)
      return fail(ErrorCode::io, "{}@{}: read where {} was expected", where(partition),
                  batch.records.front().offset, from);
    batch.next = std::max(taken.end_offset, batch.records.back().offset + 1);
  }
  input.broken = check_taken(where(partition), batch.next, taken);
  return batch.records.empty() ? input.broken : Result<void>();
}

}  // namespace weir::runtime
