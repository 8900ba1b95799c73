#include "processors/runtime/kafka_producer.h"

#include "processors/runtime/kafka_record.h"

namespace weir::runtime {
namespace {

/// A record is at most kMaxRecordBytes, its headers and the batch around it some hundred more.
constexpr std::int64_t kMaxMessageBytes = 2 * kMaxRecordBytes;
constexpr int kFullWaitMs = 10;

int milliseconds(DurationUs duration) { return static_cast<int>(duration / kMillisecondUs); }

}  // namespace

void set_producer(KafkaConfig& config) {
  config.set("enable.idempotence", "true")
      .set_unless_given("compression.type", "lz4")
      .set("message.max.bytes", kMaxMessageBytes)
      .set("queue.buffering.max.messages", 1'000'000)
      .set("queue.buffering.max.kbytes", 256 << 10);
}

Result<rd_kafka_topic_t*> KafkaOutputs::find(const std::string& topic) {
  const std::lock_guard lock(mutex_);
  auto& found = topics_[topic];
  if (found == nullptr) {
    WEIR_ASSIGN(found, find_topic(client_.get(), topic));
  }
  return found.get();
}

Result<rd_kafka_resp_err_t> KafkaOutputs::produce(const std::string& topic, std::int32_t partition,
                                                  const Record& record, int flags, void* opaque) {
  WEIR_ASSIGN(rd_kafka_topic_t * handle, find(topic));
  KafkaHeaders headers = make_headers(record.content_type, record.id);
  // librdkafka takes mutable memory and does not change it.
  void* value = const_cast<char*>(record.value.data());
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      client_.get(), RD_KAFKA_V_RKT(handle), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
      RD_KAFKA_V_VALUE(value, record.value.size()), RD_KAFKA_V_MSGFLAGS(flags),
      RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<void>(headers.release());  // the client's
  return error;
}

Result<std::unique_ptr<TransactionalProducer>> KafkaProducer::open(const KafkaOptions& options,
                                                                   KafkaProducerNames names) {
  std::unique_ptr<KafkaProducer> producer(new KafkaProducer(options, std::move(names)));
  KafkaConfig config(options);
  set_producer(config);
  config.set("transactional.id", producer->names_.id)
      .set("transaction.timeout.ms", milliseconds(options.transaction_timeout_us))
      .set("retry.backoff.ms", 1);  // or every commit waits 100 ms for its coordinator
  rd_kafka_conf_set_opaque(config.get(), producer.get());
  rd_kafka_conf_set_dr_msg_cb(config.get(), on_delivery);
  WEIR_ASSIGN(producer->client_, std::move(config).make(RD_KAFKA_PRODUCER));
  WEIR_TRY(kafka_result(producer->names_.id, "opening its transactions",
                        rd_kafka_init_transactions(producer->client_.get(), kKafkaRequestMs)));
  return producer;
}

KafkaProducer::~KafkaProducer() { close(); }

void KafkaProducer::close() {
  if (client_ == nullptr) return;
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  outputs_.reset();
  client_.reset();
}

Result<void> KafkaProducer::kept(Result<void> result) {
  if (!result) close();
  return result;
}

Result<void> KafkaProducer::begin() {
  return kept(kafka_result(names_.id, "beginning a transaction",
                           rd_kafka_begin_transaction(client_.get())));
}

Result<void> KafkaProducer::produce(const TopicPartition& where, const Record& record,
                                    Delivered* delivered) {
  const std::string topic = kafka_topic(options_, where.topic);
  while (true) {
    const auto error = outputs_->produce(topic, where.partition, record, 0, delivered);
    if (!error) return kept(std::unexpected(error.error()));
    if (*error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (*error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      return kept(kafka_failed(to_string(where), "producing", *error));
    rd_kafka_poll(client_.get(), kFullWaitMs);
  }
}

void KafkaProducer::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  auto& producer = *static_cast<KafkaProducer*>(self);
  if (message->err) {
    if (producer.delivery_)
      producer.delivery_ = kafka_failed(rd_kafka_topic_name(message->rkt), "producing",
                                        message->err, rd_kafka_message_errstr(message));
  } else if (auto* delivered = static_cast<Delivered*>(message->_private)) {
    delivered->offset = std::max(delivered->offset, message->offset);
    delivered->append_time_us = rd_kafka_message_timestamp(message, nullptr) * kMillisecondUs;
  }
}

Result<void> KafkaProducer::send_positions(const std::vector<GroupPosition>& positions,
                                           std::string_view metadata) {
  const KafkaPartitionList list(
      rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const GroupPosition& each : positions)
    if (each.offset)
      rd_kafka_topic_partition_list_add(list.get(), names_.topic.c_str(), each.partition)->offset =
          *each.offset;
  rd_kafka_consumer_group_metadata_t* read = nullptr;
  WEIR_TRY(kept(kafka_result(
      names_.group, "its membership",
      rd_kafka_consumer_group_metadata_read(&read, metadata.data(), metadata.size()))));
  const std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                        KafkaDestroy<rd_kafka_consumer_group_metadata_destroy>>
      group(read);
  return kept(kafka_result(
      names_.id, "sending positions",
      rd_kafka_send_offsets_to_transaction(client_.get(), list.get(), group.get(),
                                           milliseconds(options_.transaction_timeout_us))));
}

Result<void> KafkaProducer::commit() {
  WEIR_TRY(kept(kafka_result(
      names_.id, "committing",
      rd_kafka_commit_transaction(client_.get(), milliseconds(options_.transaction_timeout_us)))));
  return kept(delivery_);
}

}  // namespace weir::runtime
