// librdkafka as its documentation says, with the settings that drain fastest. Errors are thrown as
// std::runtime_error: a benchmark that cannot go on ends. One thread.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace weir::bench {

inline constexpr std::string_view kColumnarType =
    "application/x-protobuf; message=weir.v1.InferenceBatch";

struct Closer {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using Client = std::unique_ptr<rd_kafka_t, Closer>;

class Producer {
 public:
  /// lz4, idempotent, batches of up to 1 MB. The topic exists.
  Producer(const std::string& brokers, const std::string& topic);

  std::int32_t partitions() const { return partitions_; }
  /// Waits while the queue is full. `columnar`: with the batch's content type.
  void send(std::int32_t partition, const std::string& value, bool columnar);
  /// Until everything is acknowledged.
  void flush();

 private:
  Client client_;
  std::string topic_;
  std::int32_t partitions_ = 0;
};

/// Reads every partition of a topic from its beginning to what is its end now; `take` gets each
/// payload. A call of librdkafka brings up to `at_once` and returns when it has them or 100 ms are
/// over: many where records are small, few where they are large. Returns the number of records.
std::int64_t read_all(const std::string& brokers, const std::string& topic, std::size_t at_once,
                      const std::function<void(std::string_view payload)>& take);

}  // namespace weir::bench
