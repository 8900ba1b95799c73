#include "processors/state/write_back.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "processors/state/memory_store.h"

namespace weir::state {
namespace {

std::string render(const StoreBatch& batch) {
  std::string text;
  for (const auto& [key, value] : batch.changes())
    text += value ? fmt::format("{}={} ", key, *value) : fmt::format("-{} ", key);
  return text;
}

std::string render(WriteBack& cache, std::string_view prefix = "", std::string_view from = "") {
  std::string text;
  EXPECT_TRUE(cache.scan(prefix, from, [&](auto key, auto value) {
    text += fmt::format("{}={} ", key, value);
    return true;
  }));
  return text;
}

TEST(WriteBack, ChangesComeOnceAscendingAndStayReadable) {
  MemoryStore base;
  WriteBack cache(base, 1 << 20);

  cache.put("b", "1");
  cache.put("a", "2");
  for (int i = 0; i < 1000; ++i) cache.put("b", std::to_string(i));
  cache.erase("unknown");

  EXPECT_EQ(render(cache.take_changes()), "a=2 b=999 -unknown ");
  EXPECT_EQ(cache.get("b").value(), "999");
  EXPECT_EQ(cache.dirty_bytes(), 0u);
  EXPECT_EQ(render(cache.take_changes()), "");
}

TEST(WriteBack, WhatCameAndWentIsNotWritten) {
  MemoryStore base;
  WriteBack cache(base, 1 << 20);

  ASSERT_FALSE(cache.get("new").value().has_value());  // known never to have been in the base
  cache.put("new", "1");
  cache.erase("new");

  EXPECT_EQ(render(cache.take_changes()), "");
  EXPECT_FALSE(cache.get("new").value().has_value());
}

TEST(WriteBack, ANewKeyThatGoesAgainIsNotWritten) {
  MemoryStore base;
  WriteBack cache(base, 1 << 20);
  cache.put_new("goes", "1");
  cache.put_new("stays", "1");
  cache.erase("goes");
  EXPECT_EQ(render(cache.take_changes()), "stays=1 ");

  cache.erase("stays");
  cache.put_new("stays", "2");  // gone here, and still in the base
  cache.erase("stays");
  EXPECT_EQ(render(cache.take_changes()), "-stays ");
}

TEST(WriteBack, AppendsToWhatIsHereOrInTheBase) {
  MemoryStore base;
  StoreBatch batch;
  batch.put("old", "a");
  ASSERT_TRUE(base.write(batch, Durability::synced));
  WriteBack cache(base, 1 << 20);
  cache.put_new("new", "x");
  EXPECT_EQ(cache.append("new", "yz").value(), "xyz");
  EXPECT_EQ(cache.append("old", "b").value(), "ab");
  EXPECT_EQ(render(cache.take_changes()), "new=xyz old=ab ");
  EXPECT_EQ(cache.append("none", "b").error().message, "state: key 6e6f6e65 is gone");
  EXPECT_EQ(cache.dirty_bytes(), 0u);
}

TEST(WriteBack, ScanMergesBaseAndChanges) {
  MemoryStore base;
  StoreBatch batch;
  for (const char* key : {"p1", "p3", "p5", "q"}) batch.put(key, "base");
  ASSERT_TRUE(base.write(batch, Durability::synced));
  WriteBack cache(base, 1 << 20);

  cache.put("p2", "new");
  cache.put("p3", "new");
  cache.erase("p5");
  cache.put("p9", "new");

  EXPECT_EQ(render(cache, "p"), "p1=base p2=new p3=new p9=new ");
  EXPECT_EQ(render(cache, "p", "p3"), "p3=new p9=new ");
}

TEST(WriteBack, CleanEntriesStayWithinTheBudget) {
  MemoryStore base;
  StoreBatch batch;
  for (int i = 0; i < 1000; ++i) batch.put(std::to_string(i), std::string(100, 'x'));
  ASSERT_TRUE(base.write(batch, Durability::synced));
  constexpr std::size_t kBudget = 20'000;
  constexpr std::size_t kEntry = 300;
  WriteBack cache(base, kBudget);

  cache.put("dirty", "stays");
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(cache.get(std::to_string(i)).value(), std::string(100, 'x'));
    ASSERT_LE(cache.memory_bytes() - cache.dirty_bytes(), kBudget + kEntry);
  }

  EXPECT_EQ(cache.get("dirty").value(), "stays");
  EXPECT_EQ(render(cache.take_changes()), "dirty=stays ");
}

TEST(WriteBack, ASmallerBudgetHoldsFromTheNextEntryOn) {
  MemoryStore base;
  WriteBack cache(base, 1 << 20);
  for (int i = 0; i < 1000; ++i) cache.put(std::to_string(i), std::string(100, 'x'));
  ASSERT_TRUE(base.write(cache.take_changes(), Durability::synced));
  ASSERT_GT(cache.memory_bytes(), 100'000U);

  cache.set_cache_bytes(20'000);
  ASSERT_TRUE(cache.get("another"));

  EXPECT_LT(cache.memory_bytes(), 21'000U);
  EXPECT_EQ(cache.get("7").value(), std::string(100, 'x'));
}

// A plain map, and the base as it was at the last commit, say what every call must answer.
RC_GTEST_PROP(WriteBackProperty, EqualsAPlainMap, ()) {
  MemoryStore base;
  WriteBack cache(base, *rc::gen::element<std::size_t>(0, 200, 2000, 1 << 20));
  std::map<std::string, std::string, std::less<>> model;
  const auto steps = *rc::gen::inRange(0, 300);
  for (int i = 0; i < steps; ++i) {
    const std::string key(1, static_cast<char>('a' + *rc::gen::inRange(0, 12)));
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        model[key] = std::string(static_cast<std::size_t>(*rc::gen::inRange(0, 40)), 'v');
        cache.put(key, model[key]);
        break;
      case 1:
        model.erase(key);
        cache.erase(key);
        break;
      case 2: {
        const auto found = model.find(key);
        const auto got = cache.get(key).value();
        RC_ASSERT(got.has_value() == (found != model.end()));
        if (got) RC_ASSERT(*got == found->second);
        break;
      }
      case 3: {
        std::string expected;
        for (auto it = model.lower_bound(key); it != model.end(); ++it)
          expected += fmt::format("{}={} ", it->first, it->second);
        RC_ASSERT(render(cache, "", key) == expected);
        break;
      }
      default: {
        const StoreBatch changes = cache.take_changes();
        RC_ASSERT(base.write(changes, Durability::synced).has_value());
        RC_ASSERT(cache.dirty_bytes() == 0u);
      }
    }
  }
}

}  // namespace
}  // namespace weir::state
