#include "processors/runtime/kafka_record.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {
namespace {

constexpr const char* kContentTypeHeader = "content-type";
constexpr const char* kIdHeader = "weir-id";
/// More would be held while a step is open, and save nothing.
constexpr std::size_t kMaxRecords = 4096;
/// Of the request that wakes a client's thread.
constexpr int kWakeMs = 100;

std::string_view view(const void* bytes, std::size_t size) {
  return {static_cast<const char*>(bytes), size};
}

/// The messages of one batch.
class Messages {
 public:
  explicit Messages(std::size_t capacity) : messages_(capacity) {}
  ~Messages() {
    for (std::size_t i = 0; i < count_; ++i) rd_kafka_message_destroy(messages_[i]);
  }
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;

  void take(rd_kafka_queue_t* queue, int wait_ms) {
    if (wait_ms > 0) {
      // A wait for an array would last until that is full.
      messages_[0] = rd_kafka_consume_queue(queue, wait_ms);
      if (messages_[0] == nullptr) return;
      count_ = 1;
    }
    const auto count = rd_kafka_consume_batch_queue(queue, 0, messages_.data() + count_,
                                                    messages_.size() - count_);
    if (count > 0) count_ += static_cast<std::size_t>(count);
  }
  bool empty() const { return count_ == 0; }
  std::span<rd_kafka_message_t* const> all() const { return {messages_.data(), count_}; }

 private:
  std::vector<rd_kafka_message_t*> messages_;
  std::size_t count_ = 0;
};

std::size_t setting_of(rd_kafka_t* client, const char* name) {
  std::array<char, 32> text{};
  std::size_t size = text.size();
  std::size_t value = 0;
  if (rd_kafka_conf_get(rd_kafka_conf(client), name, text.data(), &size) == RD_KAFKA_CONF_OK)
    std::from_chars(text.data(), text.data() + size, value);
  return value;
}

bool is_out_of_range(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
         error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
}

/// A checksum that does not fit, a compression that fails or is unknown, a format that is unknown:
/// what librdkafka does then is to go on behind it, or anywhere.
bool is_unreadable(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__BAD_MSG || error == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
         error == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED;
}

}  // namespace

Record to_record(const rd_kafka_message_t& message) {
  Record record{.offset = message.offset,
                .append_time_us = rd_kafka_message_timestamp(&message, nullptr) * kMillisecondUs,
                .key = view(message.key, message.key_len),
                .content_type = kProtobufType,
                .value = view(message.payload, message.len)};
  if (record.value.starts_with('{')) record.content_type = kJsonType;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, kContentTypeHeader, &value, &size) ==
          RD_KAFKA_RESP_ERR_NO_ERROR &&
      size > 0)
    record.content_type = view(value, size);
  if (rd_kafka_header_get_last(headers, kIdHeader, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR &&
      size == std::tuple_size_v<Id>) {
    Id id;
    std::ranges::copy(view(value, size), id.begin());
    record.id = id;
  }
  return record;
}

KafkaHeaders make_headers(std::string_view content_type, const std::optional<Id>& id) {
  if (content_type.empty() && !id) return nullptr;
  KafkaHeaders headers(rd_kafka_headers_new(2));
  if (!content_type.empty())
    rd_kafka_header_add(headers.get(), kContentTypeHeader, -1, content_type.data(),
                        static_cast<ssize_t>(content_type.size()));
  if (id)
    rd_kafka_header_add(headers.get(), kIdHeader, -1, id->data(), static_cast<ssize_t>(id->size()));
  return headers;
}

KafkaBatchSource::KafkaBatchSource(rd_kafka_t* client, std::string topic, std::int32_t partition)
    : client_(client),
      topic_(std::move(topic)),
      partition_(partition),
      ahead_bytes_(setting_of(client, "queued.max.messages.kbytes") << 10),
      ahead_records_(setting_of(client, "queued.min.messages")) {}

/// Any answer of the partition's leader does.
void KafkaBatchSource::wake_fetching() {
  std::int64_t low = 0;
  std::int64_t high = 0;
  (void)rd_kafka_query_watermark_offsets(client_, topic_.c_str(), partition_, &low, &high, kWakeMs);
  taken_bytes_ = taken_records_ = 0;
}

KafkaBatchSource::Taken KafkaBatchSource::take(rd_kafka_queue_t* queue, std::size_t max_bytes,
                                               int wait_ms, RecordBatch& batch) {
  batch.records.clear();
  batch.owner.reset();
  batch.next = 0;
  Taken taken;
  auto messages = std::make_shared<Messages>(
      std::clamp<std::size_t>(max_bytes / record_bytes_, 1, kMaxRecords));
  messages->take(queue, 0);
  if (messages->empty()) {
    // A little less: librdkafka counts more than the records' own bytes.
    if (taken_bytes_ > ahead_bytes_ / 4 * 3 || taken_records_ > ahead_records_ / 4 * 3)
      wake_fetching();
    if (wait_ms > 0) messages->take(queue, wait_ms);
  }
  batch.records.reserve(messages->all().size());
  std::size_t bytes = 0;
  for (const rd_kafka_message_t* message : messages->all()) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      batch.records.push_back(to_record(*message));
      bytes += message->len + message->key_len;
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      taken.end_offset = message->offset;
    } else {
      const bool lasts = is_out_of_range(message->err) || is_unreadable(message->err);
      if (lasts || taken.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        taken.error = message->err;
        taken.error_text = rd_kafka_message_errstr(message);
      }
      if (lasts) break;
    }
  }
  taken_bytes_ += bytes;
  taken_records_ += batch.records.size();
  if (!batch.records.empty())
    record_bytes_ = std::max<std::size_t>(1, (record_bytes_ + bytes / batch.records.size()) / 2);
  batch.owner = std::move(messages);
  return taken;
}

Result<void> check_taken(std::string_view where, std::int64_t next,
                         const KafkaBatchSource::Taken& taken) {
  if (is_out_of_range(taken.error))
    return fail(ErrorCode::invalid_argument, "{}@{}: the broker does not have this offset ({})",
                where, next, taken.error_text);
  if (is_unreadable(taken.error))
    return fail(ErrorCode::corrupt,
                "{}@{}: what comes next cannot be read, and is not skipped ({}): it was damaged on "
                "a broker's disk or on the way, or its format or compression is none that this "
                "librdkafka reads. Where it stays so, let another replica lead the partition, or "
                "bring the topic back from a copy, and start `weir run` again",
                where, next, taken.error_text);
  if (taken.error) tell_trouble(kafka_trouble_kind(taken.error), taken.error_text);
  return {};
}

}  // namespace weir::runtime
