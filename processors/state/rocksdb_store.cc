#include "processors/state/rocksdb_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <thread>

namespace weir::state {
namespace {

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

std::unexpected<Error> failed(const std::string& directory, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsNoSpace())
    return fail(ErrorCode::exhausted,
                "{}: the disk is full; make room, and start again what has ended ({})", directory,
                text);
  if (text.find("lock file") != std::string::npos || text.find("lock hold") != std::string::npos)
    return fail(ErrorCode::locked, "{}: another process has this state open; stop it first ({})",
                directory, text);
  if (status.IsCorruption())
    return fail(
        ErrorCode::corrupt,
        "{}: the state is damaged; restore the directory from a copy, or replay the log into "
        "a new one ({})",
        directory, text);
  if (status.IsNotFound() || status.IsPathNotFound())
    return fail(ErrorCode::not_found, "{}: no state here ({})", directory, text);
  return fail(ErrorCode::io, "{}: {}; check that the directory can be written", directory, text);
}

/// A bulk waits so long for compaction that is behind: who writes has others to answer.
constexpr std::chrono::milliseconds kMostWait(1000);
constexpr std::chrono::milliseconds kLookEvery(10);

/// Of a bulk until the database has taken it in, under a name of its own. What a process that was
/// killed leaves is no part of the database.
std::string bulk_file(const std::string& directory) { return directory + "/bulk.sst"; }

/// RocksDB's own log would be on the disk of the state, and Debian's build of it, which has its
/// assertions, ends the process at the second line that finds no room there. What is wrong comes
/// back as a status, too.
class NoLog final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Options options_for(const std::shared_ptr<rocksdb::Cache>& cache,
                             const std::shared_ptr<rocksdb::WriteBufferManager>& write_buffers,
                             std::size_t write_buffer_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // or they would grow outside of the budget
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;

  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_manager = write_buffers;
  options.write_buffer_size = std::clamp<std::size_t>(write_buffer_bytes / 2, 1 << 20, 64 << 20);
  // What is young is soon written again: it costs more to compress than it saves.
  options.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression,
                                   rocksdb::kLZ4Compression};
  options.max_background_jobs = 2;
  options.bytes_per_sync = 1 << 20;
  options.allow_fallocate = false;  // a log of 1 MB would take 60 of the disk's budget
  options.info_log = std::make_shared<NoLog>();
  return options;
}

}  // namespace

RocksDbMemory::RocksDbMemory(std::size_t block_cache_bytes, std::size_t write_buffer_bytes)
    : cache_(rocksdb::NewLRUCache(block_cache_bytes)),
      write_buffers_(std::make_shared<rocksdb::WriteBufferManager>(write_buffer_bytes, cache_)),
      write_buffer_bytes_(write_buffer_bytes) {}

RocksDbStore::RocksDbStore(std::string directory, RocksDbMemory memory,
                           std::unique_ptr<rocksdb::DB> db)
    : directory_(std::move(directory)), memory_(std::move(memory)), db_(std::move(db)) {}

RocksDbStore::~RocksDbStore() = default;

Result<std::unique_ptr<RocksDbStore>> RocksDbStore::open(const std::string& directory,
                                                         const RocksDbMemory& memory) {
  auto options = options_for(memory.cache_, memory.write_buffers_, memory.write_buffer_bytes_);
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  if (const auto status = rocksdb::DB::Open(options, directory, &db); !status.ok())
    return failed(directory, status);
  (void)db->GetEnv()->DeleteFile(bulk_file(directory));
  return std::unique_ptr<RocksDbStore>(
      new RocksDbStore(directory, memory, std::unique_ptr<rocksdb::DB>(db)));
}

Result<std::unique_ptr<RocksDbStore>> RocksDbStore::open_read_only(const std::string& directory,
                                                                   const RocksDbMemory& memory) {
  auto options = options_for(memory.cache_, memory.write_buffers_, memory.write_buffer_bytes_);
  options.max_open_files = -1;  // all now: a compaction beside us may unlink them later
  // One may do so between the reading of the manifest and the opening of its files.
  constexpr int kAttempts = 5;
  rocksdb::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    rocksdb::DB* db = nullptr;
    status = rocksdb::DB::OpenForReadOnly(options, directory, &db);
    if (status.ok())
      return std::unique_ptr<RocksDbStore>(
          new RocksDbStore(directory, memory, std::unique_ptr<rocksdb::DB>(db)));
  }
  return failed(directory, status);
}

Result<bool> RocksDbStore::get(std::string_view key, std::string& value) const {
  rocksdb::PinnableSlice pinned(&value);
  const auto status =
      db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), slice(key), &pinned);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return failed(directory_, status);
  if (pinned.IsPinned()) value.assign(pinned.data(), pinned.size());
  return true;
}

Result<void> RocksDbStore::scan(std::string_view prefix, std::string_view from,
                                const Visitor& visit) const {
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(rocksdb::ReadOptions()));
  for (at->Seek(slice(std::max(prefix, from))); at->Valid() && at->key().starts_with(slice(prefix));
       at->Next()) {
    if (!visit(view(at->key()), view(at->value()))) break;
  }
  if (!at->status().ok()) return failed(directory_, at->status());
  return {};
}

Result<void> RocksDbStore::write(const StoreBatch& batch, Durability durability) {
  if (durability == Durability::bulk && !batch.empty()) return write_file(batch);
  rocksdb::WriteBatch writes(batch.bytes() + batch.changes().size() * 16);
  for (const auto& [key, value] : batch.changes()) {
    const auto status = value ? writes.Put(slice(key), slice(*value)) : writes.Delete(slice(key));
    if (!status.ok()) return failed(directory_, status);
  }
  rocksdb::WriteOptions options;
  options.sync = durability != Durability::buffered;
  if (const auto status = db_->Write(options, &writes); !status.ok())
    return failed(directory_, status);
  return {};
}

// RocksDB holds no file back that is taken in: where they are many, the next write would stop.
void RocksDbStore::await_compaction() const {
  const auto is_behind = [this] {
    std::uint64_t stopped = 0;
    std::uint64_t delayed = 0;
    (void)db_->GetIntProperty(rocksdb::DB::Properties::kIsWriteStopped, &stopped);
    (void)db_->GetIntProperty(rocksdb::DB::Properties::kActualDelayedWriteRate, &delayed);
    return stopped != 0 || delayed != 0;
  };
  for (auto left = kMostWait; is_behind() && left > std::chrono::milliseconds::zero();
       left -= kLookEvery)
    std::this_thread::sleep_for(kLookEvery);
}

// What the memtable holds of the same range of keys is written out first, by RocksDB, so that
// nothing older can be lost without what is newer.
Result<void> RocksDbStore::write_file(const StoreBatch& batch) {
  await_compaction();
  const std::string file = bulk_file(directory_);
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), db_->GetOptions());
  auto status = writer.Open(file);
  for (const auto& [key, value] : batch.changes()) {
    if (!status.ok()) break;
    status = value ? writer.Put(slice(key), slice(*value)) : writer.Delete(slice(key));
  }
  if (status.ok()) status = writer.Finish();
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.write_global_seqno = false;
  if (status.ok()) status = db_->IngestExternalFile({file}, options);
  if (status.ok()) return {};
  (void)db_->GetEnv()->DeleteFile(file);
  return failed(directory_, status);
}

}  // namespace weir::state
