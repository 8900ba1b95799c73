// The embedded log on the disk of the temporary directory, with RocksDB: records of 31 KB, as
// batches of 512 events are. Reading is from the page cache, checksums verified; appending and
// committing end with a sync, whose bare rate stands beside them. Wall-clock time.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "processors/runtime/embedded_log.h"
#include "processors/runtime/posix_file_system.h"
#include "processors/state/rocksdb_store.h"
#include "tests/fakes/temp_directory.h"

namespace weir::runtime {
namespace {

constexpr std::size_t kValueBytes = 31 << 10;
const TopicPartition kRaw{"weir.raw", 0};

struct BenchLog {
  PosixFileSystem files;
  fakes::TempDirectory directory;  // gone after the log
  std::unique_ptr<EmbeddedLog> log;

  BenchLog() {
    log = EmbeddedLog::open(
              {.directory = directory.path(),
               .files = &files,
               .open_store = [](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
                 return state::RocksDbStore::open(path, state::RocksDbMemory(64 << 20, 16 << 20));
               },
               .clock = [] { return TimeUs{1}; }})
              .value();
    (void)log->create_topic({.name = "weir.raw", .raw = true}).value();
    (void)log->create_topic({.name = "weir.out", .partitions = 8}).value();
  }
  BenchLog(const BenchLog&) = delete;
  BenchLog& operator=(const BenchLog&) = delete;
};

std::vector<NewRecord> records(std::size_t count) {
  std::vector<NewRecord> all(count);
  for (NewRecord& record : all) record.value.assign(kValueBytes, 'x');
  return all;
}

void count_bytes(benchmark::State& state, std::size_t records_each) {
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(records_each * kValueBytes));
}

// What a sync of 31 KB costs this disk without any log.
void bare_sync(benchmark::State& state) {
  BenchLog bench;
  const auto file = bench.files.open_append(bench.directory.path() + "/bare").value();
  const std::string bytes(kValueBytes, 'x');
  for (auto _ : state) {
    (void)file->append(bytes).value();
    (void)file->sync().value();
  }
  count_bytes(state, 1);
}
BENCHMARK(bare_sync)->Name("log/bare_sync")->UseRealTime();

void append(benchmark::State& state) {
  BenchLog bench;
  const auto batch = records(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) (void)bench.log->append(kRaw, batch).value();
  count_bytes(state, batch.size());
}
BENCHMARK(append)->Name("log/append/records")->Arg(1)->Arg(32)->Arg(512)->UseRealTime();

// Eight outputs of 31 KB in as many partitions, a position, and state of 100 keys of 300 bytes.
void commit(benchmark::State& state) {
  BenchLog bench;
  const auto outputs = static_cast<std::int32_t>(state.range(0));
  std::int64_t position = 0;
  for (auto _ : state) {
    TaskCommit one{.task = {"fold", 0}, .input = kRaw, .position = ++position};
    for (std::int32_t i = 0; i < outputs; ++i)
      one.outputs.push_back({{"weir.out", i}, {.value = std::string(kValueBytes, 'x')}});
    for (int i = 0; i < 100; ++i) one.state.put(std::to_string(i), std::string(300, 's'));
    (void)bench.log->commit({&one, 1}).value();
  }
}
BENCHMARK(commit)->Name("log/commit/partitions")->Arg(0)->Arg(1)->Arg(8)->UseRealTime();

// 512 MiB in records of the given size, again and again, 1 MiB a read.
void read(benchmark::State& state) {
  BenchLog bench;
  const auto value_bytes = static_cast<std::size_t>(state.range(0));
  std::vector<NewRecord> batch((16 << 20) / value_bytes);
  for (NewRecord& record : batch) record.value.assign(value_bytes, 'x');
  for (int i = 0; i < 32; ++i) (void)bench.log->append(kRaw, batch).value();
  const std::int64_t end = bench.log->bounds(kRaw)->end;
  RecordBatch read;
  std::int64_t at = 0;
  std::int64_t count = 0;
  for (auto _ : state) {
    if (at == end) at = 0;
    (void)bench.log->read(kRaw, at, 1 << 20, read).value();
    at += std::ssize(read.records);
    count += std::ssize(read.records);
  }
  state.SetBytesProcessed(count * state.range(0));
  state.SetItemsProcessed(count);
}
BENCHMARK(read)->Name("log/read/bytes")->Arg(61)->Arg(kValueBytes)->UseRealTime();

}  // namespace
}  // namespace weir::runtime

BENCHMARK_MAIN();
