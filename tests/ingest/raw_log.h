// A log in memory with the raw topics, and what importers and the simulator wrote into it.
#pragma once

#include <string>
#include <vector>

#include "tests/fakes/memory_log.h"
#include "weir/v1/inference.pb.h"

namespace weir::ingest {

struct RawLog {
  explicit RawLog(std::int32_t partitions = 1);

  std::vector<std::string> records(std::string_view topic, std::int32_t partition) const;
  /// Of one partition, or of all in turn.
  std::vector<v1::InferenceEvent> events(std::int32_t partition) const;
  std::vector<v1::InferenceEvent> events() const;
  /// The same as JSON, one line each.
  std::string text() const;
  /// "file:line: reason [original]", one line each.
  std::string dead_letters() const;

  std::int32_t partitions;
  fakes::MemoryLog log;
};

/// The events of a serialised InferenceBatch, as the generated classes read it.
std::vector<v1::InferenceEvent> expand(const std::string& record);

}  // namespace weir::ingest
