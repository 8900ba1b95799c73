// The RocksDB home of the store contract, for state that must survive. All stores of a process
// share one block cache and one write-buffer budget, so that memory is one number of the
// configuration.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "processors/state/store.h"

namespace rocksdb {
class Cache;
class DB;
class WriteBufferManager;
}  // namespace rocksdb

namespace weir::state {

/// Memory for every RocksDbStore of the process. Cheap to copy: copies share the same budget.
class RocksDbMemory {
 public:
  /// `block_cache_bytes` bounds cached blocks, indexes, filters and memtables together; memtables
  /// are written out once they take `write_buffer_bytes` of it.
  RocksDbMemory(std::size_t block_cache_bytes, std::size_t write_buffer_bytes);

 private:
  friend class RocksDbStore;

  std::shared_ptr<rocksdb::Cache> cache_;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers_;
  std::size_t write_buffer_bytes_;
};

/// Thread-safe. A write waits where compaction is behind, a bulk for a second at most. Errors name
/// the directory: locked (another process has it), exhausted (disk full), corrupt, io.
class RocksDbStore final : public Store {
 public:
  /// Opens the database in `directory`, made where it is missing. One process at a time.
  static Result<std::unique_ptr<RocksDbStore>> open(const std::string& directory,
                                                    const RocksDbMemory& memory);
  /// Opens the database as it stands now, for reading only, also beside a process that writes it.
  /// not_found: there is none.
  static Result<std::unique_ptr<RocksDbStore>> open_read_only(const std::string& directory,
                                                              const RocksDbMemory& memory);
  ~RocksDbStore() override;

  Result<bool> get(std::string_view key, std::string& value) const override;
  Result<void> scan(std::string_view prefix, std::string_view from,
                    const Visitor& visit) const override;
  Result<void> write(const StoreBatch& batch, Durability durability) override;

 private:
  RocksDbStore(std::string directory, RocksDbMemory memory, std::unique_ptr<rocksdb::DB> db);
  Result<void> write_file(const StoreBatch& batch);
  void await_compaction() const;

  const std::string directory_;
  const RocksDbMemory memory_;
  const std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace weir::state
