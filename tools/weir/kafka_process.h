// `weir run` and `weir ingest`: the processes of a pipeline on Kafka. As many as one likes, on as
// many machines.
#pragma once

#include <optional>
#include <string>

#include "processors/core/result.h"
#include "processors/net/config.h"

namespace weir::cli {

struct KafkaProcessOptions {
  std::string config;
  std::optional<net::Listen> listen;  // absent: the configuration's
  bool accept_loss = false;           // run: go on behind records that were deleted unread
  std::string version;
};

/// Runs the processors, and shows results over HTTP, until SIGINT or SIGTERM: then every worker
/// finishes its step and commits. A broker that is away is waited for; meanwhile all but /healthz
/// answers 503, and /readyz says so. Error: what could not be opened or bound, or topics that are
/// not as they must be.
Result<void> run_processors(const KafkaProcessOptions& options);

/// Receives events over HTTP and appends them, until SIGINT or SIGTERM: then what clients have
/// begun to send is answered. Waits as above; /metrics answers at once. Errors as above.
Result<void> run_receiver(const KafkaProcessOptions& options);

}  // namespace weir::cli
