// Any bytes as a file to import, the first byte choosing the format: every row becomes an event
// that keeps the rules or a dead letter, and nothing else happens.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "processors/events/batch_reader.h"
#include "processors/ingest/import.h"
#include "tests/fakes/memory_log.h"

namespace weir::ingest {
namespace {

void check(bool good) {
  if (!good) std::abort();
}

ImportOptions options_of(std::uint8_t format, std::string path) {
  ImportOptions options{.format = static_cast<ImportFormat>(format % 4),
                        .files = {std::move(path)}};
  if (options.format == ImportFormat::azure_llm) options.service = "code";
  if (options.format == ImportFormat::llmperf) options.start_us = 1, options.rate_per_s = 2;
  if (options.format == ImportFormat::csv)
    options.mappings = {
        "event_time=t:unix_ms", "latency_us=l:s", "service=s",   "status=st",
        "request_id=id",        "confidence=c",   "user_hash=u", "low_confidence=lc",
        "input_tokens=tokens"};
  return options;
}

/// The content as a file without a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : descriptor_(::memfd_create("ingest_fuzz", 0)) {
    check(::write(descriptor_, content.data(), content.size()) ==
          static_cast<ssize_t>(content.size()));
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

std::int64_t count_events(const fakes::MemoryLog& log) {
  runtime::RecordBatch batch;
  check(log.read({"weir.inference", 0}, 0, SIZE_MAX, batch).has_value());
  events::BatchReader reader;
  std::int64_t count = 0;
  for (const runtime::Record& record : batch.records) {
    events::EventColumns columns;
    std::vector<events::Problem> problems;
    check(reader.read(record.value, columns, problems).has_value() && problems.empty());
    count += static_cast<std::int64_t>(columns.count);
  }
  return count;
}

void import_bytes(std::uint8_t format, std::string_view content) {
  const MemoryFile file(content);
  fakes::MemoryLog log;
  check(log.create_topic({.name = "weir.inference"}).has_value());
  check(log.create_topic({.name = "weir.deadletter"}).has_value());
  const auto summary = import_files(options_of(format, file.path()), log, {});
  if (!summary) return;
  check(summary->bytes == content.size());
  check(count_events(log) == summary->accepted);
  check(log.bounds({"weir.deadletter", 0})->end == summary->refused);
}

}  // namespace
}  // namespace weir::ingest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  weir::ingest::import_bytes(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
