// The embedded log on the files of this machine with RocksDB: a process that is killed with no
// warning, again and again, loses and doubles nothing.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "processors/runtime/embedded_log.h"
#include "processors/runtime/posix_file_system.h"
#include "processors/state/rocksdb_store.h"
#include "tests/fakes/temp_directory.h"
#include "tests/runtime/log_contract.h"

namespace weir::runtime {
namespace {

constexpr const char* kChildVariable = "WEIR_KILL_TEST_DIRECTORY";
constexpr int kAcknowledged = 3;  // the child's descriptor for one byte an acknowledged step
const TopicPartition kRaw{"weir.raw", 0};
const TaskId kTask{"fold", 0};

Result<std::unique_ptr<EmbeddedLog>> open(PosixFileSystem& files, const std::string& directory) {
  return EmbeddedLog::open(
      {.directory = directory,
       .files = &files,
       .open_store = [](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
         return state::RocksDbStore::open(path, state::RocksDbMemory(8 << 20, 1 << 20));
       },
       .clock = [] { return TimeUs{1}; },
       .segment_bytes = 10'000});
}

// Step n appends three raw records and commits one output to each of two partitions.
Result<void> do_step(EmbeddedLog& log, std::int64_t n) {
  const std::string name = std::to_string(n);
  const std::vector records = {record("a", name), record("b", name), record("c", name)};
  if (const auto appended = log.append(kRaw, records); !appended)
    return std::unexpected(appended.error());
  TaskCommit one{.task = kTask, .input = kRaw, .position = n};
  for (std::int32_t partition = 0; partition < 2; ++partition)
    one.outputs.push_back({{"weir.out", partition}, record("k", name)});
  one.state.put("last", name);
  return log.commit({&one, 1});
}

// Works until it is killed.
[[noreturn]] void be_the_child(const std::string& directory) {
  PosixFileSystem files;
  const auto log = open(files, directory).value();
  (void)log->create_topic({.name = "weir.raw", .raw = true}).value();
  (void)log->create_topic({.name = "weir.out", .partitions = 2}).value();
  for (std::int64_t n = log->position(kTask).value() + 1; do_step(*log, n); ++n) {
    if (::write(kAcknowledged, "+", 1) != 1) break;
  }
  std::abort();
}

// Starts this test again as the child, kills it after some acknowledged steps, and returns how many
// there were.
std::int64_t run_and_kill(const std::string& directory, std::int64_t steps) {
  int ends[2] = {};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], kAcknowledged);
  ::setenv(kChildVariable, directory.c_str(), 1);
  std::array<std::string, 2> words = {"child", "--gtest_filter=EmbeddedKill.*"};
  char* arguments[] = {words[0].data(), words[1].data(), nullptr};
  pid_t child = 0;
  EXPECT_EQ(::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, arguments, environ), 0);
  ::unsetenv(kChildVariable);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);

  std::int64_t acknowledged = 0;
  char byte = 0;
  while (acknowledged < steps && ::read(ends[0], &byte, 1) == 1) ++acknowledged;
  ::kill(child, SIGKILL);
  while (::read(ends[0], &byte, 1) == 1) ++acknowledged;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child died by itself";
  return acknowledged;
}

TEST(EmbeddedKill, AKilledProcessLosesAndDoublesNothing) {
  if (const char* directory = std::getenv(kChildVariable)) be_the_child(directory);
  const fakes::TempDirectory directory;
  PosixFileSystem files;
  std::int64_t before = 0;

  for (int round = 0; round < 6; ++round) {
    const std::int64_t acknowledged = run_and_kill(directory.path(), 3 + round * 17 % 40);

    const auto log = open(files, directory.path());
    ASSERT_TRUE(log) << log.error().message;
    const std::int64_t done = (*log)->position(kTask).value();
    ASSERT_GE(done, before + acknowledged);
    ASSERT_LE(done, before + acknowledged + 1);
    ASSERT_EQ(render_task(**log, kTask), fmt::format("{0} last={0}", done));
    for (std::int32_t partition = 0; partition < 2; ++partition) {
      const TopicPartition where{"weir.out", partition};
      ASSERT_EQ((*log)->bounds(where).value(), (Bounds{0, done}));
      ASSERT_TRUE(render(**log, where).ends_with(fmt::format(" {}@1 k={}", done - 1, done)));
    }
    // A raw append comes before its commit: at most that of one more step for each kill is there.
    const std::int64_t raw = (*log)->bounds(kRaw)->end;
    ASSERT_EQ(raw % 3, 0);
    ASSERT_GE(raw, 3 * done);
    ASSERT_LE(raw, 3 * (done + round + 1));
    before = done;
  }
}

}  // namespace
}  // namespace weir::runtime
