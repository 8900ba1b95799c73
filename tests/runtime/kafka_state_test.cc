#include "processors/runtime/kafka_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "processors/runtime/kafka_stores.h"
#include "processors/runtime/posix_file_system.h"
#include "tests/fakes/model_stores.h"
#include "tests/fakes/sim_file_system.h"
#include "tests/fakes/temp_directory.h"

namespace weir::runtime {
namespace {

constexpr TimeUs kChanged = 1'700'000'000'000'000;

std::string render(const LocalState& local) {
  std::string text = fmt::format("at {} since {}", local.position(), local.changed_us());
  if (local.head()) text += fmt::format(" head {}", local.head()->input_position);
  EXPECT_TRUE(local.state()->scan("", "", [&](std::string_view key, std::string_view value) {
    text += fmt::format(" {}={}", key, value);
    return true;
  }));
  return text;
}

TEST(ChangelogHead, IsReadAsItWasWritten) {
  const ChangelogHead head{.incarnation = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                           .input_position = 0x0102'0304'0506'0708};
  const std::string golden(
      "\x01\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
      "\x08\x07\x06\x05\x04\x03\x02\x01",
      25);
  EXPECT_EQ(encode(head), golden);
  EXPECT_EQ(decode_head(golden).value(), head);
  for (std::size_t size = 0; size < golden.size(); ++size)
    EXPECT_EQ(decode_head(golden.substr(0, size)).error().code, ErrorCode::corrupt);
  EXPECT_EQ(decode_head(golden + "x").error().code, ErrorCode::corrupt);
  EXPECT_EQ(decode_head("\x02" + golden.substr(1)).error().code, ErrorCode::version);
}

TEST(LocalState, KeepsStateAndMarkTogether) {
  fakes::ModelStores stores(1);
  const TaskId task{"fold", 3};
  {
    const auto local = LocalState::open(stores, task, "c/weir.fold.changelog/3").value();
    EXPECT_EQ(render(*local), "at 0 since 0");
    state::StoreBatch changes;
    changes.put("a", "1");
    changes.put("", "empty");
    ASSERT_TRUE(local->write(
        changes, {.position = 7, .changed_us = kChanged, .head = ChangelogHead{{9}, 42}}));
  }
  const auto local = LocalState::open(stores, task, "c/weir.fold.changelog/3").value();
  EXPECT_EQ(render(*local), fmt::format("at 7 since {} head 42 =empty a=1", kChanged));
  EXPECT_EQ(local->head()->incarnation, Id{9});
}

TEST(LocalState, OfAnotherTaskIsRefused) {
  fakes::ModelStores stores(1);
  const TaskId task{"fold", 3};
  ASSERT_TRUE(LocalState::open(stores, task, "c/weir.fold.changelog/3").value()->write({}, {}));
  const auto other = LocalState::open(stores, task, "d/weir.fold.changelog/3");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(other.error().message,
            "local state of fold/3: is that of c/weir.fold.changelog/3, not of "
            "d/weir.fold.changelog/3; give this pipeline a `data` directory of its own");
}

TEST(LocalState, ANewerMarkIsRefusedAndADamagedOneTold) {
  fakes::ModelStores stores(1);
  const TaskId task{"fold", 3};
  const std::string owner = "c/weir.fold.changelog/3";
  const std::string key(1, '\0');
  ASSERT_TRUE(LocalState::open(stores, task, owner)
                  .value()
                  ->write({}, {.position = 7, .changed_us = kChanged, .head = {}}));
  std::string mark;
  ASSERT_TRUE(stores.open(task).value()->get(key, mark).value());
  const auto opened_with = [&](const std::string& text) {
    state::StoreBatch batch;
    batch.put(key, text);
    EXPECT_TRUE(stores.open(task).value()->write(batch, state::Durability::synced));
    const auto opened = LocalState::open(stores, task, owner);
    return opened ? render(**opened) : opened.error().message;
  };
  EXPECT_EQ(opened_with("\x02" + mark.substr(1)),
            "local state of fold/3: its mark: of format 2, this weir reads up to 1; run the newer "
            "weir again");
  for (std::size_t size = 0; size < mark.size(); ++size)
    EXPECT_EQ(opened_with(mark.substr(0, size)), "local state of fold/3: its mark cannot be read");
  EXPECT_EQ(opened_with(mark + "x"), "local state of fold/3: its mark cannot be read");
  EXPECT_EQ(opened_with(mark), fmt::format("at 7 since {}", kChanged));
}

class DirectoryStoresTest : public testing::Test {
 protected:
  Result<std::unique_ptr<DirectoryStores>> open(const Id& draw) {
    return DirectoryStores::open(
        files_, "/data/tasks",
        [this](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
          return files_.open_store(path);
        },
        [draw] { return draw; });
  }

  fakes::SimFileSystem files_{1};
};

TEST_F(DirectoryStoresTest, AProcessKeepsItsName) {
  EXPECT_EQ(open(Id{0xab, 0xcd}).value()->instance(), "abcd0000");
  EXPECT_EQ(open(Id{0x11}).value()->instance(), "abcd0000");
}

TEST_F(DirectoryStoresTest, IsOneProcesssAtATime) {
  const auto first = open(Id{}).value();
  EXPECT_EQ(open(Id{}).error().code, ErrorCode::locked);
}

TEST_F(DirectoryStoresTest, WhatIsOpenIsNeitherOpenedNorDeletedByAnother) {
  const auto stores = open(Id{}).value();
  const TaskId task{"fold", 3};
  const auto text = [](const auto& result) { return result ? "done" : result.error().message; };
  const std::string locked =
      "/data/tasks/fold-3: another thread of this process has it open, or deletes it";
  const auto all = [&] {
    std::vector<std::string> said;
    said.push_back(text(stores->open(task)));
    said.push_back(text(stores->open_empty(task)));
    said.push_back(text(stores->discard(task)));
    return said;
  };
  const std::vector<std::string> refused(3, locked);
  const std::vector<std::string> done(3, "done");
  for (const bool empty : {false, true}) {
    const auto store = (empty ? stores->open_empty(task) : stores->open(task)).value();
    EXPECT_EQ(all(), refused);
    EXPECT_TRUE(stores->open({"fold", 4})) << "another task's is another one";
  }
  EXPECT_EQ(all(), done);
}

TEST_F(DirectoryStoresTest, WhatCannotBeOpenedIsNobodys) {
  bool broken = true;
  const auto stores = DirectoryStores::open(
                          files_, "/data/tasks",
                          [&](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
                            if (broken) return fail(ErrorCode::corrupt, "damaged");
                            return files_.open_store(path);
                          },
                          [] { return Id{}; })
                          .value();
  EXPECT_EQ(stores->open({"fold", 3}).error().message, "damaged");
  broken = false;
  EXPECT_TRUE(stores->open_empty({"fold", 3}));
}

/// A database of one file, which must be there as long as it is open.
class OneFileStore final : public state::Store {
 public:
  OneFileStore(FileSystem& files, std::string file, std::atomic<int>& open)
      : files_(files), file_(std::move(file)), open_(open) {
    EXPECT_EQ(open_.fetch_add(1), 0) << "it is open twice";
    EXPECT_TRUE(replace_file(files_, file_, "x"));
  }
  ~OneFileStore() override {
    std::this_thread::yield();
    EXPECT_TRUE(read_file(files_, file_)) << "its file was deleted while it was open";
    open_.fetch_sub(1);
  }
  OneFileStore(const OneFileStore&) = delete;
  OneFileStore& operator=(const OneFileStore&) = delete;

  Result<bool> get(std::string_view, std::string&) const override { return false; }
  Result<void> scan(std::string_view, std::string_view, const Visitor&) const override {
    return {};
  }
  Result<void> write(const state::StoreBatch&, state::Durability) override { return {}; }

 private:
  FileSystem& files_;
  const std::string file_;
  std::atomic<int>& open_;
};

TEST(DirectoryStores, IsOneThreadsAtATime) {
  PosixFileSystem files;
  const fakes::TempDirectory directory;
  std::atomic<int> open = 0;
  const auto stores = DirectoryStores::open(
                          files, directory.path() + "/tasks",
                          [&](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
                            return std::make_unique<OneFileStore>(files, path + "/CURRENT", open);
                          },
                          [] { return Id{}; })
                          .value();
  const TaskId task{"fold", 3};
  constexpr int kTurns = 500;
  const auto unless_locked = [](const auto& result) {
    EXPECT_TRUE(result || result.error().code == ErrorCode::locked);
  };
  std::jthread worker([&] {
    for (int turn = 0; turn < kTurns; ++turn) unless_locked(stores->open(task));
  });
  std::jthread standby([&] {
    for (int turn = 0; turn < kTurns; ++turn) {
      unless_locked(stores->open_empty(task));
      unless_locked(stores->discard(task));
    }
  });
}

TEST_F(DirectoryStoresTest, DiscardedByHalvesACopyIsAnOlderOneOrNone) {
  const std::string path = "/data/tasks/fold-3";
  const std::vector<std::string> names = {"000004.sst", "000005.log", "000007.log",
                                          "CURRENT",    "IDENTITY",   "MANIFEST-000006"};
  for (std::uint64_t killed = 0; killed <= names.size(); ++killed) {
    fakes::SimFileSystem files(killed);
    const auto stores =
        DirectoryStores::open(
            files, "/data/tasks",
            [&files](const std::string& store) -> Result<std::unique_ptr<state::Store>> {
              return files.open_store(store);
            },
            [] { return Id{}; })
            .value();
    ASSERT_TRUE(make_directories_synced(files, path));
    for (const std::string& name : names)
      ASSERT_TRUE(replace_file_synced(files, path + "/" + name, name));
    const std::uint64_t before = files.operations();
    files.crash_at(before + killed);
    const bool done = stores->discard({"fold", 3}).has_value();
    files.restart();
    const auto left = files.list(path).value();
    const auto has = [&left](std::string_view name) { return std::ranges::count(left, name) > 0; };
    EXPECT_EQ(done, killed == names.size());
    // What changes something is left only with all that was there before it.
    const std::string order[] = {"000004.sst", "MANIFEST-000006", "CURRENT", "000005.log",
                                 "000007.log"};
    for (std::size_t i = 2; i < std::size(order); ++i)
      for (std::size_t j = 0; has(order[i]) && j < i; ++j)
        EXPECT_TRUE(has(order[j])) << order[i] << " is left without " << order[j];
  }
}

TEST_F(DirectoryStoresTest, WhatIsForeignOrNewerIsRefused) {
  ASSERT_TRUE(make_directories_synced(files_, "/data/tasks"));
  ASSERT_TRUE(replace_file(files_, "/data/tasks/mine.txt", "x"));
  EXPECT_EQ(open(Id{}).error().code, ErrorCode::invalid_argument);
  ASSERT_TRUE(files_.remove("/data/tasks/mine.txt"));
  ASSERT_TRUE(replace_file(files_, "/data/tasks/format", "weir log format 1\n"));
  EXPECT_EQ(open(Id{}).error().code, ErrorCode::invalid_argument);
  ASSERT_TRUE(replace_file(files_, "/data/tasks/format", "weir kafka state format 2\n"));
  EXPECT_EQ(open(Id{}).error().code, ErrorCode::version);
}

}  // namespace
}  // namespace weir::runtime
