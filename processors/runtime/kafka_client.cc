#include "processors/runtime/kafka_client.h"

#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {
namespace {

constexpr int kSyslogNotice = 5;

void log_line(const rd_kafka_t*, int level, const char* facility, const char* text) {
  if (level < kSyslogNotice) tell_trouble(facility, text);
}

/// Without a callback librdkafka prints what it cannot tell anybody.
void on_error(rd_kafka_t*, int error, const char* reason, void*) {
  tell_trouble(rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(error)), reason);
}

}  // namespace

KafkaConfig::KafkaConfig(const KafkaOptions& options) : conf_(rd_kafka_conf_new()) {
  for (const auto& [name, value] : options.client) set(name.c_str(), value);
  set("bootstrap.servers", options.bootstrap);
  set("client.id", "weir");
  set("log.connection.close", "false");
  set("reconnect.backoff.max.ms", 1'000);
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

Result<KafkaClient> KafkaConfig::make(rd_kafka_type_t type) && {
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
