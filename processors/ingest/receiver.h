// POST /v1/events and POST /v1/traces: what producers send becomes durable records of
// `weir.inference`, and is then acknowledged. The answers are drawn in proto/README.md.
//
// Promises.
// - What a 200 counts as accepted is synced to disk, and will be read by fold.
// - A request is stored whole or not at all: all of its records go to one partition in one append.
//   One that is not acknowledged is stored whole or not at all, too; whether, only its
//   Idempotency-Key tells, by sending it again.
// - With an Idempotency-Key a request counts once within `dedup_horizon_us`, also across restarts;
//   the same key of the same caller with other events is 422: see request_key.h for both. A key is
//   used up by the first request that has something to store. Exports of traces need none: the same
//   bytes again are the same spans, so their hash is their key.
// - Nothing here waits but for the disk. A log that is behind is 429, one that does not take the
//   records (no room, read-only, failed) 503, both with Retry-After and the reason.
//
// Thread-safe: requests run at once on all threads that call, each with buffers of its own, and
// those that wait for one partition's disk share its sync.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/ingest/event_intake.h"
#include "processors/ingest/receiver_probe.h"
#include "processors/ingest/request_key.h"
#include "processors/net/http_message.h"
#include "processors/runtime/io.h"

namespace weir::ingest {

struct ReceiverOptions {
  /// The log, twice. They and the probe outlive the receiver.
  runtime::Appender* appender = nullptr;
  const runtime::Reader* reader = nullptr;
  ReceiverProbe* probe = nullptr;

  IntakeRules rules;
  /// Of fold's configuration.
  DurationUs dedup_horizon_us = 10 * kMinuteUs;
  /// The log's.
  std::function<TimeUs()> clock = {};
  /// Why the log should not take more for now ("fold is 40 s behind"); absent: it may. Called at
  /// every request, from any thread.
  std::function<std::optional<std::string>()> behind = {};
};

class EventReceiver {
 public:
  /// Reads the tail of `weir.inference` back, up to dedup_horizon_us of it. Errors: the reader's.
  static Result<std::unique_ptr<EventReceiver>> open(ReceiverOptions options);
  ~EventReceiver();

  /// POST /v1/events.
  net::HttpResponse receive_events(const net::HttpRequest& request);
  /// POST /v1/traces (OTLP/HTTP).
  net::HttpResponse receive_traces(const net::HttpRequest& request);

 private:
  struct Buffers;  // of one request at a time
  class Borrowed;
  enum class Stored : std::uint8_t { now, before, conflicting };

  EventReceiver(ReceiverOptions options, std::int32_t partitions);

  std::optional<std::string> why_behind();
  Result<Stored> store(EventIntake& intake, const std::optional<RequestKey>& key);
  Result<void> append(std::int32_t partition, const std::vector<runtime::NewRecord>& records);

  const ReceiverOptions options_;
  const std::int32_t partitions_;
  SeenRequests seen_;
  std::atomic<std::uint32_t> next_partition_ = 0;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Buffers>> idle_;
};

}  // namespace weir::ingest
