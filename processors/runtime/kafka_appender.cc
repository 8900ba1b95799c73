#include <condition_variable>
#include <thread>

#include "processors/runtime/kafka_log.h"
#include "processors/runtime/kafka_producer.h"
#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {
namespace {

constexpr int kPollMs = 100;

std::unexpected<Error> refused(const TopicPartition& where, rd_kafka_resp_err_t error) {
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
    return fail(ErrorCode::exhausted, "{}: more waits for the brokers than is kept; try later",
                to_string(where));
  return kafka_failed(to_string(where), "appending", error);
}

}  // namespace

/// The records of one append that are under way.
class KafkaAppender::Pending {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  void done(const rd_kafka_message_t& message) {
    const std::lock_guard lock(mutex_);
    if (message.err) {
      if (error_ == RD_KAFKA_RESP_ERR_NO_ERROR) error_ = message.err;
    } else if (first_ < 0 || message.offset < first_) {
      first_ = message.offset;
    }
    if (--under_way_ == 0) done_.notify_one();
  }
  void not_taken() {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  Result<std::int64_t> wait(const TopicPartition& where) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return under_way_ == 0; });
    if (error_) return kafka_failed(to_string(where), "appending", error_);
    return first_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t under_way_ = 0;
  std::int64_t first_ = -1;
  rd_kafka_resp_err_t error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

/// A client, and the thread that hears what became of its records.
struct KafkaAppender::Session {
  explicit Session(KafkaClient of) : client(std::move(of)) {}

  KafkaClient client;
  KafkaOutputs outputs{client};
  std::jthread poller{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) rd_kafka_poll(client.get(), kPollMs);
  }};
};

Result<std::unique_ptr<KafkaAppender>> KafkaAppender::open(const KafkaCluster& cluster) {
  std::unique_ptr<KafkaAppender> appender(new KafkaAppender(cluster));
  WEIR_ASSIGN(appender->session_, appender->begin_session());
  return appender;
}

KafkaAppender::~KafkaAppender() = default;

Result<std::shared_ptr<KafkaAppender::Session>> KafkaAppender::begin_session() const {
  KafkaConfig config(cluster_.options());
  set_producer(config);
  config.set_unless_given("linger.ms", "1").set("message.timeout.ms", kTimeoutUs / kMillisecondUs);
  rd_kafka_conf_set_dr_msg_cb(config.get(), on_delivery);
  WEIR_ASSIGN(KafkaClient client, std::move(config).make(RD_KAFKA_PRODUCER));
  return std::make_shared<Session>(std::move(client));
}

/// What is under way in a client that gave up ends there, each with its error.
Result<std::shared_ptr<KafkaAppender::Session>> KafkaAppender::living_session() {
  const std::lock_guard lock(mutex_);
  char text[512];
  if (rd_kafka_fatal_error(session_->client.get(), text, sizeof text)) {
    tell_trouble("appender", fmt::format("a client that appends has given up, and is replaced: {}",
                                         static_cast<const char*>(text)));
    WEIR_ASSIGN(session_, begin_session());
  }
  return session_;
}

void KafkaAppender::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  static_cast<Pending*>(message->_private)->done(*message);
}

Result<std::int64_t> KafkaAppender::append(const TopicPartition& where,
                                           std::span<const NewRecord> records) {
  for (const NewRecord& record : records) WEIR_TRY(validate(where, record));
  WEIR_ASSIGN(const std::int32_t count, cluster_.partitions(where.topic));
  if (where.partition < 0 || where.partition >= count)
    return fail(ErrorCode::not_found, "no partition {}", to_string(where));
  if (records.empty()) {
    WEIR_ASSIGN(const Bounds bounds, cluster_.committed_bounds(where));
    return bounds.end;
  }
  const std::string topic = kafka_topic(cluster_.options(), where.topic);
  WEIR_ASSIGN(const std::shared_ptr<Session> session, living_session());
  Pending pending;
  Result<void> taken;
  for (const NewRecord& record : records) {
    const Record view{.key = record.key.empty() ? std::string_view() : record.key,
                      .content_type = record.content_type,
                      .value = record.value,
                      .id = record.id};
    pending.add();
    // Not copied: the records outlive the wait.
    const auto error = session->outputs.produce(topic, where.partition, view, 0, &pending);
    if (error && *error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    pending.not_taken();
    taken = error ? Result<void>(refused(where, *error)) : std::unexpected(error.error());
    break;
  }
  auto first = pending.wait(where);
  if (!taken) return std::unexpected(taken.error());
  return first;
}

}  // namespace weir::runtime
