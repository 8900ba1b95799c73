// Every home of the log that needs no broker, held to the contract.
#include "tests/runtime/log_contract.h"
#include "processors/runtime/embedded_log.h"
#include "processors/runtime/posix_file_system.h"
#include "processors/state/rocksdb_store.h"
#include "tests/fakes/memory_log.h"
#include "tests/fakes/sim_file_system.h"
#include "tests/fakes/temp_directory.h"

namespace weir::runtime {
namespace {

class MemoryHome final : public LogHome {
 public:
  Log& log() override { return log_; }
  void reopen() override {}

 private:
  fakes::MemoryLog log_{[this] { return now; }};
};

// RocksDB and the files of this machine.
class PosixHome final : public LogHome {
 public:
  PosixHome() { reopen(); }
  Log& log() override { return *log_; }
  void reopen() override {
    log_.reset();
    log_ = EmbeddedLog::open({.directory = directory_.path(),
                              .files = &files_,
                              .open_store = [this](const std::string& path) -> StoreResult {
                                return state::RocksDbStore::open(path, memory_);
                              },
                              .clock = [this] { return now; },
                              .segment_bytes = 20'000})
               .value();
  }

 private:
  using StoreResult = Result<std::unique_ptr<state::Store>>;

  const fakes::TempDirectory directory_;
  PosixFileSystem files_;
  const state::RocksDbMemory memory_{8 << 20, 1 << 20};
  std::unique_ptr<EmbeddedLog> log_;
};

// A simulated disk, which loses power at every opening.
class SimHome final : public LogHome {
 public:
  SimHome() { reopen(); }
  Log& log() override { return *log_; }
  void reopen() override {
    log_.reset();
    disk_.restart();
    log_ = EmbeddedLog::open(
               {.directory = "/log",
                .files = &disk_,
                .open_store = [this](const std::string& path)
                    -> Result<std::unique_ptr<state::Store>> { return disk_.open_store(path); },
                .clock = [this] { return now; },
                .segment_bytes = 20'000})
               .value();
  }

 private:
  fakes::SimFileSystem disk_{1};
  std::unique_ptr<EmbeddedLog> log_;
};

template <class Home>
std::unique_ptr<LogHome> make() {
  return std::make_unique<Home>();
}

const auto kHomes =
    testing::Values(LogHomeMaker{"memory", make<MemoryHome>},
                    LogHomeMaker{"posix", make<PosixHome>}, LogHomeMaker{"sim", make<SimHome>});

INSTANTIATE_TEST_SUITE_P(Homes, LogContract, kHomes, name_of);
INSTANTIATE_TEST_SUITE_P(Homes, OwnLogContract, kHomes, name_of);

}  // namespace
}  // namespace weir::runtime
