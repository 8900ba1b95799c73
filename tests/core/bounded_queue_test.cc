#include "processors/core/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

template <class T>
std::string drain(BoundedQueue<T>& queue) {
  std::string text;
  while (auto item = queue.pop()) text += std::to_string(*item) + " ";
  return text;
}

TEST(BoundedQueue, GivesItemsInOrderAndRefusesAboveItsCapacity) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_TRUE(queue.try_push(2));
  EXPECT_FALSE(queue.try_push(3));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_TRUE(queue.try_push(4));
  queue.close();
  EXPECT_EQ(drain(queue), "2 4 ");
}

TEST(BoundedQueue, AClosedOneTakesNothingAndDrainsWhatIsLeft) {
  BoundedQueue<int> queue(4);
  queue.push(1);
  queue.close();
  EXPECT_FALSE(queue.push(2));
  EXPECT_FALSE(queue.try_push(3));
  EXPECT_EQ(drain(queue), "1 ");
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, ClosingWakesWhoWaits) {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  full.push(1);
  std::atomic<int> woken = 0;
  {
    const std::jthread pushing([&] { woken += full.push(2) ? 0 : 1; });
    const std::jthread popping([&] { woken += empty.pop() ? 0 : 1; });
    full.close();
    empty.close();
  }
  EXPECT_EQ(woken, 2);
}

TEST(BoundedQueue, MovesEveryItemOnceBetweenManyThreads) {
  constexpr int kItems = 2'000;
  BoundedQueue<std::unique_ptr<int>> queue(3);
  std::atomic<std::int64_t> sum = 0;
  {
    std::vector<std::jthread> consumers;
    for (int i = 0; i < 3; ++i)
      consumers.emplace_back([&] {
        while (const auto item = queue.pop()) sum += **item;
      });
    {
      std::vector<std::jthread> producers;
      for (int p = 0; p < 3; ++p)
        producers.emplace_back([&] {
          for (int i = 1; i <= kItems; ++i) ASSERT_TRUE(queue.push(std::make_unique<int>(i)));
        });
    }
    queue.close();
  }
  EXPECT_EQ(sum, 3LL * kItems * (kItems + 1) / 2);
}

}  // namespace
}  // namespace weir
