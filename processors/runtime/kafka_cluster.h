// One cluster, as this process sees it: topics and the offsets of their partitions. Topics go by
// their logical names (without the prefix), also in errors.
//
// Thread-safe. Errors: not_found, no such topic or partition; io, the brokers do not answer.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "processors/runtime/kafka_client.h"

namespace weir::runtime {

class KafkaCluster {
 public:
  /// Does not wait for a broker. invalid_argument: the options are not acceptable to librdkafka.
  static Result<std::unique_ptr<KafkaCluster>> open(const KafkaOptions& options);

  const KafkaOptions& options() const { return options_; }
  /// Of the cluster, given when it was made. invalid_argument: it refuses our credentials.
  Result<std::string> id() const;
  Result<std::int32_t> partitions(std::string_view topic) const;
  /// Offsets from the first that is kept to the first that a reader of committed records does not
  /// see yet.
  Result<Bounds> committed_bounds(const TopicPartition& where) const;
  /// The same with what is not committed.
  Result<Bounds> written_bounds(const TopicPartition& where) const;

  /// For requests about topics and groups.
  rd_kafka_t* client() const { return uncommitted_.get(); }

 private:
  explicit KafkaCluster(const KafkaOptions& options) : options_(options) {}

  Result<Bounds> bounds(rd_kafka_t* client, const TopicPartition& where) const;
  Result<KafkaClient> make_client(const char* isolation);
  static void on_error(rd_kafka_t* client, int error, const char* reason, void* self);

  const KafkaOptions options_;
  mutable std::mutex refusal_mutex_;
  std::string refusal_;  // why brokers do not let us in; empty: they did not say
  KafkaClient committed_;
  KafkaClient uncommitted_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::int32_t, std::less<>> partitions_;  // what was found once
};

}  // namespace weir::runtime
