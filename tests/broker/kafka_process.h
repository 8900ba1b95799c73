// The broker that tests run against, names of their own on it, and the parts that a process of a
// pipeline has.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "processors/runtime/kafka_clients.h"
#include "processors/runtime/kafka_log.h"
#include "processors/runtime/kafka_stores.h"
#include "processors/runtime/kafka_task_log.h"
#include "processors/runtime/kafka_topics.h"
#include "processors/runtime/posix_file_system.h"
#include "processors/state/rocksdb_store.h"

namespace weir::runtime {

/// The broker that WEIR_KAFKA_BOOTSTRAP names, and a prefix that nobody has used. Sessions are as
/// short as a broker allows. Ends the process where no broker is named: see README.md.
KafkaOptions fresh_options();

TimeUs clock_us();

/// Makes topics or fails the test.
void make_topics(const KafkaCluster& cluster, const std::vector<KafkaTopicSpec>& specs);
/// Waits until readers see what was committed: markers are written behind an acknowledged commit.
void settle(const KafkaCluster& cluster, const TopicPartition& where);

struct KafkaProcess {
  KafkaProcess(const KafkaOptions& options, const std::string& directory,
               std::set<std::string, std::less<>> raw_topics);

  PosixFileSystem files;
  const state::RocksDbMemory memory{8 << 20, 1 << 20};
  std::unique_ptr<KafkaCluster> cluster;
  std::unique_ptr<RdKafkaClients> clients;
  std::unique_ptr<KafkaReader> reader;
  std::unique_ptr<KafkaAppender> appender;
  std::unique_ptr<DirectoryStores> stores;
  SharedLog shared;
};

}  // namespace weir::runtime
