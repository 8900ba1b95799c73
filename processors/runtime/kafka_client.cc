#include "processors/runtime/kafka_client.h"

#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {
namespace {

constexpr int kSyslogNotice = 5;

void log_line(const rd_kafka_t*, int level, const char* facility, const char* text) {
  if (level < kSyslogNotice) tell_trouble(kafka_trouble_kind(facility), text);
}

/// Without a callback librdkafka prints what it cannot tell anybody.
void on_error(rd_kafka_t*, int error, const char* reason, void*) {
  tell_trouble(kafka_trouble_kind(static_cast<rd_kafka_resp_err_t>(error)), reason);
}

}  // namespace

std::string_view kafka_trouble_kind(std::string_view facility) {
  // Of a connection that failed, of a request without an answer, of errors nobody else is told.
  const bool away = facility == "FAIL" || facility == "REQTMOUT" || facility == "ERROR";
  return away ? kNoAnswer : facility;
}

std::string_view kafka_trouble_kind(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return kNoAnswer;
    default:
      return rd_kafka_err2name(error);
  }
}

KafkaConfig::KafkaConfig(const KafkaOptions& options)
    : options_(options), conf_(rd_kafka_conf_new()) {
  set("client.id", "weir");
  set("log.connection.close", "false");
  set("reconnect.backoff.max.ms", 1'000);
  for (const auto& [name, value] : options.client) set(name.c_str(), value);
  set("bootstrap.servers", options.bootstrap);
  rd_kafka_conf_set_log_cb(conf_.get(), log_line);
  rd_kafka_conf_set_error_cb(conf_.get(), on_error);
}

KafkaConfig& KafkaConfig::set(const char* name, std::string_view value) {
  char text[512];
  if (rd_kafka_conf_set(conf_.get(), name, std::string(value).c_str(), text, sizeof text) !=
          RD_KAFKA_CONF_OK &&
      problem_.empty())
    problem_ = fmt::format("kafka.client: {}: {}", name, text);
  return *this;
}

KafkaConfig& KafkaConfig::set_unless_given(const char* name, std::string_view value) {
  return options_.client.contains(name) ? *this : set(name, value);
}

Result<KafkaClient> KafkaConfig::make(rd_kafka_type_t type) && {
  // By default librdkafka takes a damaged batch for what it looks like. Who trusts disks and
  // network may spare the CRC32C.
  if (type == RD_KAFKA_CONSUMER) set_unless_given("check.crcs", "true");
  if (!problem_.empty()) return fail(ErrorCode::invalid_argument, "{}", problem_);
  char text[512];
  rd_kafka_t* client = rd_kafka_new(type, conf_.get(), text, sizeof text);
  if (client == nullptr)
    return fail(ErrorCode::invalid_argument, "kafka: {}; correct the `kafka:` section", text);
  static_cast<void>(conf_.release());  // the client's now
  return KafkaClient(client);
}

Result<KafkaTopicHandle> find_topic(rd_kafka_t* client, const std::string& topic) {
  KafkaTopicHandle handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  if (handle == nullptr) return kafka_failed(topic, "finding it", rd_kafka_last_error());
  const rd_kafka_metadata_t* metadata = nullptr;
  if (const auto error = rd_kafka_metadata(client, 0, handle.get(), &metadata, kKafkaRequestMs))
    return kafka_failed(topic, "finding it", error);
  rd_kafka_metadata_destroy(metadata);
  return handle;
}

std::unexpected<Error> kafka_failed(std::string_view where, std::string_view what,
                                    rd_kafka_resp_err_t error, std::string_view detail) {
  const auto code = error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                            error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                            error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
                        ? ErrorCode::not_found
                        : ErrorCode::io;
  return fail(code, "{}: {} failed: {}{}{}", where, what, rd_kafka_err2str(error),
              detail.empty() ? "" : ": ", detail);
}

Result<void> kafka_result(std::string_view where, std::string_view what, rd_kafka_error_t* error) {
  if (error == nullptr) return {};
  const KafkaError owned(error);
  return kafka_failed(where, what, rd_kafka_error_code(error), rd_kafka_error_string(error));
}

}  // namespace weir::runtime
