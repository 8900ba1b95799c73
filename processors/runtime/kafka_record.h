// A record as Kafka carries it.
//
//   key      the record's key; empty: none
//   value    the record's value; none: a tombstone of a compacted topic
//   headers  content-type  text; absent: the topic's protobuf message, or JSON where the value
//                          begins with a brace, which no message of ours does
//            weir-id       16 bytes; absent: exactly once begins at the log
//   time     of the broker (LogAppendTime), in milliseconds
#pragma once

#include <vector>

#include "processors/runtime/io.h"
#include "processors/runtime/kafka_client.h"

namespace weir::runtime {

/// The views live as long as the message. `value` has no data() where the record has no value.
Record to_record(const rd_kafka_message_t& message);

/// Null where neither header is needed.
KafkaHeaders make_headers(std::string_view content_type, const std::optional<Id>& id);

/// Takes the messages of a partition's queue. Once as much as its client fetches ahead was taken,
/// it sees to it that more is fetched (see kafka_client.h). One thread.
class KafkaBatchSource {
 public:
  /// `client` outlives it; `topic` is the cluster's name.
  KafkaBatchSource(rd_kafka_t* client, std::string topic, std::int32_t partition);

  /// What else than records stood in the queue.
  struct Taken {
    std::int64_t end_offset = -1;  // of an end-of-partition event: past markers, too
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string error_text;
  };

  /// Replaces `batch`, which keeps the messages alive, by what is there: about `max_bytes`, and at
  /// least one record where there is one. Where nothing is, waits up to `wait_ms` for the first.
  /// What stands behind an error that lasts is left out: records before it may be missing.
  Taken take(rd_kafka_queue_t* queue, std::size_t max_bytes, int wait_ms, RecordBatch& batch);

 private:
  void wake_fetching();

  rd_kafka_t* client_;
  std::string topic_;
  std::int32_t partition_;
  std::size_t ahead_bytes_;             // where the client stops to fetch
  std::size_t ahead_records_;           // or there
  std::size_t taken_bytes_ = 0;         // since it was last seen to the fetching
  std::size_t taken_records_ = 0;       // likewise
  std::size_t record_bytes_ = 1 << 10;  // a running mean, to ask for so many records
};

/// Whether reading a partition can go on behind what was taken, at `next`; `where` is for errors.
/// invalid_argument: the broker does not have `next`; corrupt: what it sends cannot be read. Other
/// errors pass, and are only logged.
Result<void> check_taken(std::string_view where, std::int64_t next,
                         const KafkaBatchSource::Taken& taken);

}  // namespace weir::runtime
