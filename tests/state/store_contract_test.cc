// One contract, every home of the store.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>

#include "processors/state/memory_store.h"
#include "processors/state/prefix_store.h"
#include "processors/state/rocksdb_store.h"
#include "tests/fakes/temp_directory.h"

namespace weir::state {
namespace {

struct Home {
  virtual ~Home() = default;
  virtual Store& store() = 0;
};

struct MemoryHome final : Home {
  MemoryStore store_;
  Store& store() override { return store_; }
};

struct RocksDbHome final : Home {
  fakes::TempDirectory directory;
  std::unique_ptr<RocksDbStore> store_ =
      RocksDbStore::open(directory.path(), RocksDbMemory(8 << 20, 1 << 20)).value();
  Store& store() override { return *store_; }
};

// Neighbours of the prefix that must neither be seen nor touched.
struct PrefixHome final : Home {
  MemoryStore base;
  PrefixStore store_{base, "task/"};
  PrefixHome() {
    StoreBatch batch;
    batch.put("task", "below");
    batch.put("task0", "above");
    EXPECT_TRUE(base.write(batch, Durability::synced).has_value());
  }
  Store& store() override { return store_; }
};

using MakeHome = std::unique_ptr<Home> (*)();
struct Param {
  const char* name;
  MakeHome make;
};

class StoreContract : public testing::TestWithParam<Param> {
 protected:
  std::unique_ptr<Home> home_ = GetParam().make();
  Store& store_ = home_->store();

  std::string render(std::string_view prefix = "", std::string_view from = "") {
    std::string text;
    EXPECT_TRUE(store_.scan(prefix, from, [&](auto key, auto value) {
      text += fmt::format("{}={} ", key, value);
      return true;
    }));
    return text;
  }
  void write(const StoreBatch& batch) {
    ASSERT_TRUE(store_.write(batch, Durability::synced).has_value());
  }
};

INSTANTIATE_TEST_SUITE_P(
    Homes, StoreContract,
    testing::Values(Param{"memory", [] { return std::unique_ptr<Home>(new MemoryHome); }},
                    Param{"rocksdb", [] { return std::unique_ptr<Home>(new RocksDbHome); }},
                    Param{"prefix", [] { return std::unique_ptr<Home>(new PrefixHome); }}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(StoreContract, AppliesABatchInOrder) {
  StoreBatch batch;
  batch.put("b", "1");
  batch.put("a", "2");
  batch.put("b", "3");
  batch.put("c", "4");
  batch.erase("c");
  write(batch);

  EXPECT_EQ(render(), "a=2 b=3 ");
}

TEST_P(StoreContract, GetTellsAbsentFromEmpty) {
  StoreBatch batch;
  batch.put("empty", "");
  batch.put("", "the empty key");
  write(batch);

  std::string value = "before";
  EXPECT_TRUE(store_.get("empty", value).value());
  EXPECT_EQ(value, "");
  EXPECT_TRUE(store_.get("", value).value());
  EXPECT_EQ(value, "the empty key");
  EXPECT_FALSE(store_.get("absent", value).value());
}

TEST_P(StoreContract, ScansAPrefixFromAKeyInUnsignedByteOrder) {
  StoreBatch batch;
  for (const char* key : {"p/\x01", "p/\x7f", "p/\x80", "p/\xff", "p", "q", "o/"})
    batch.put(key, "v");
  write(batch);

  EXPECT_EQ(render("p/"), "p/\x01=v p/\x7f=v p/\x80=v p/\xff=v ");
  EXPECT_EQ(render("p/", "p/\x7f"), "p/\x7f=v p/\x80=v p/\xff=v ");
  EXPECT_EQ(render("p/", "a"), render("p/"));
  EXPECT_EQ(render("p/", "q"), "");
}

TEST_P(StoreContract, StopsWhereTheVisitorSaysSo) {
  StoreBatch batch;
  for (const char* key : {"a", "b", "c"}) batch.put(key, "v");
  write(batch);

  std::string seen;
  EXPECT_TRUE(store_.scan("", "", [&](auto key, auto) {
    seen += key;
    return key != "b";
  }));

  EXPECT_EQ(seen, "ab");
}

/// A round in three is sorted first, and one in three written in bulk besides.
TEST_P(StoreContract, EqualsAnOrderedMap) {
  std::map<std::string, std::string> model;
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    StoreBatch batch;
    for (int i = 0; i < 40; ++i) {
      // Some are as long as a comparison of heads reaches, some are longer, some end in nothing.
      const std::string key =
          fmt::format("k{:0{}}", random() % 200, random() % 20) + std::string(random() % 3, '\0');
      if (random() % 3 == 0) {
        model.erase(key);
        batch.erase(key);
      } else {
        model[key] = fmt::format("v{}", random() % 1000);
        batch.put(key, model[key]);
      }
    }
    if (round % 3 != 0) batch.sort(false);
    ASSERT_TRUE(store_.write(batch, round % 3 == 2 ? Durability::bulk : Durability::synced));
  }

  std::string expected;
  for (const auto& [key, value] : model) expected += fmt::format("{}={} ", key, value);
  EXPECT_EQ(render(), expected);
}

TEST(StoreBatch, SortsByKeyAndKeepsTheLastChangeOfEach) {
  StoreBatch batch;
  for (const char* key : {"longer than a head: b", "\xff", "longer than a head: a", "", "a"})
    batch.put(key, "first");
  batch.put("a", "second");
  batch.erase("\xff");
  batch.erase("never there");

  StoreBatch fresh = batch;
  batch.sort(false);
  fresh.sort(true);

  const auto render = [](const StoreBatch& sorted) {
    std::string text;
    for (const auto& [key, value] : sorted.changes())
      text += fmt::format("{}={} ", key, value.value_or("gone"));
    return text;
  };
  EXPECT_EQ(render(batch),
            "=first a=second longer than a head: a=first longer than a head: b=first "
            "never there=gone \xff=gone ");
  EXPECT_EQ(render(fresh),
            "=first a=second longer than a head: a=first longer than a head: b=first ");
}

TEST(RocksDbStore, ABulkIsThereAfterARestartAndItsHalfWrittenFileIsNot) {
  const fakes::TempDirectory directory;
  const RocksDbMemory memory(8 << 20, 1 << 20);
  auto store = RocksDbStore::open(directory.path(), memory).value();
  StoreBatch older;
  older.put("a", "older");
  older.put("z", "older");
  ASSERT_TRUE(store->write(older, Durability::buffered));
  StoreBatch bulk;
  bulk.put("a", "bulk");
  bulk.erase("z");
  bulk.sort(false);

  ASSERT_TRUE(store->write(bulk, Durability::bulk));
  std::ofstream(directory.path() + "/bulk.sst") << "half of a fi";
  EXPECT_FALSE(RocksDbStore::open(directory.path(), memory));
  EXPECT_TRUE(std::filesystem::exists(directory.path() + "/bulk.sst")) << "it is the other's";
  store.reset();
  store = RocksDbStore::open(directory.path(), memory).value();

  std::string value;
  EXPECT_TRUE(store->get("a", value).value());
  EXPECT_EQ(value, "bulk");
  EXPECT_FALSE(store->get("z", value).value());
  EXPECT_FALSE(std::filesystem::exists(directory.path() + "/bulk.sst"));
}

TEST(RocksDbStore, KeepsWhatItWroteAndServesReadersBesideIt) {
  const fakes::TempDirectory directory;
  const RocksDbMemory memory(8 << 20, 1 << 20);
  auto store = RocksDbStore::open(directory.path(), memory).value();
  StoreBatch batch;
  batch.put("key", "value");
  ASSERT_TRUE(store->write(batch, Durability::synced));

  std::string value;
  EXPECT_TRUE(
      RocksDbStore::open_read_only(directory.path(), memory).value()->get("key", value).value());
  store.reset();
  store = RocksDbStore::open(directory.path(), memory).value();

  EXPECT_TRUE(store->get("key", value).value());
  EXPECT_EQ(value, "value");
}

TEST(RocksDbStore, SaysWhyItCannotOpen) {
  const fakes::TempDirectory directory;
  const RocksDbMemory memory(8 << 20, 1 << 20);
  const std::string place = directory.path();

  EXPECT_EQ(RocksDbStore::open_read_only(place + "/none", memory).error().code,
            ErrorCode::not_found);
  const auto holder = RocksDbStore::open(place, memory).value();
  const auto second = RocksDbStore::open(place, memory);
  EXPECT_EQ(second.error().code, ErrorCode::locked);
  EXPECT_NE(second.error().message.find("another process has this state open"), std::string::npos);
}

TEST(RocksDbStore, RefusesADamagedManifest) {
  const fakes::TempDirectory directory;
  const RocksDbMemory memory(8 << 20, 1 << 20);
  const std::string place = directory.path();
  RocksDbStore::open(place, memory).value().reset();
  for (const auto& entry : std::filesystem::directory_iterator(place)) {
    if (entry.path().filename().string().starts_with("MANIFEST"))
      std::filesystem::resize_file(entry.path(), 3);
  }

  const auto damaged = RocksDbStore::open(place, memory);

  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::corrupt);
  EXPECT_NE(damaged.error().message.find(place), std::string::npos);
}

}  // namespace
}  // namespace weir::state
