#include "tests/bench/kafka/client.h"

#include <initializer_list>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace weir::bench {
namespace {

constexpr int kTimeoutMs = 30'000;
constexpr int kCallMs = 100;

using Setting = std::pair<const char*, std::string>;

[[noreturn]] void give_up(std::string_view what) { throw std::runtime_error(std::string(what)); }

void check(rd_kafka_resp_err_t error, std::string_view what) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    give_up(fmt::format("{}: {}", what, rd_kafka_err2str(error)));
}

Client connect(rd_kafka_type_t type, std::initializer_list<Setting> settings) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK)
      give_up(error);
  rd_kafka_t* client = rd_kafka_new(type, conf, error, sizeof error);
  if (client == nullptr) give_up(error);
  return Client(client);
}

std::int32_t partitions_of(rd_kafka_t* client, const std::string& topic) {
  rd_kafka_topic_t* handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  check(rd_kafka_metadata(client, 0, handle, &metadata, kTimeoutMs), topic);
  const std::int32_t partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(handle);
  if (partitions == 0) give_up(fmt::format("there is no topic {}", topic));
  return partitions;
}

/// Where each partition ends now, those without a record left out; all of them are assigned.
std::size_t assign_all(rd_kafka_t* client, const std::string& topic) {
  const std::int32_t partitions = partitions_of(client, topic);
  const std::unique_ptr<rd_kafka_topic_partition_list_t, Closer> list(
      rd_kafka_topic_partition_list_new(partitions));
  for (std::int32_t partition = 0; partition < partitions; ++partition)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  check(rd_kafka_assign(client, list.get()), topic);
  return static_cast<std::size_t>(partitions);
}

}  // namespace

Producer::Producer(const std::string& brokers, const std::string& topic)
    : client_(connect(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                          {"compression.type", "lz4"},
                                          {"enable.idempotence", "true"},
                                          {"linger.ms", "50"},
                                          {"batch.size", "1000000"},
                                          {"queue.buffering.max.kbytes", "262144"}})),
      topic_(topic),
      partitions_(partitions_of(client_.get(), topic)) {}

void Producer::send(std::int32_t partition, const std::string& value, bool columnar) {
  rd_kafka_headers_t* headers = nullptr;
  for (;;) {
    if (columnar) {
      headers = rd_kafka_headers_new(1);
      rd_kafka_header_add(headers, "content-type", -1, kColumnarType.data(),
                          std::ssize(kColumnarType));
    }
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    if (headers != nullptr) rd_kafka_headers_destroy(headers);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) check(error, topic_);
    rd_kafka_poll(client_.get(), 10);
  }
}

void Producer::flush() { check(rd_kafka_flush(client_.get(), kTimeoutMs), topic_); }

std::int64_t read_all(const std::string& brokers, const std::string& topic, std::size_t at_once,
                      const std::function<void(std::string_view payload)>& take) {
  const Client client = connect(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                                    {"group.id", "weir-bench"},
                                                    {"enable.auto.commit", "false"},
                                                    {"enable.partition.eof", "true"},
                                                    {"fetch.message.max.bytes", "1048576"},
                                                    {"queued.min.messages", "1000000"},
                                                    {"queued.max.messages.kbytes", "65536"}});
  rd_kafka_poll_set_consumer(client.get());
  std::size_t open = assign_all(client.get(), topic);
  const std::unique_ptr<rd_kafka_queue_t, Closer> queue(rd_kafka_queue_get_consumer(client.get()));
  std::vector<rd_kafka_message_t*> messages(at_once);
  std::int64_t records = 0;
  while (open > 0) {
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue.get(), kCallMs, messages.data(), messages.size());
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = messages[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        --open;
      } else {
        check(message->err, topic);
        take({static_cast<const char*>(message->payload), message->len});
        ++records;
      }
      rd_kafka_message_destroy(message);
    }
  }
  return records;
}

}  // namespace weir::bench
