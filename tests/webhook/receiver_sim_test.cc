// The whole receiver under a seed: it is killed anywhere (before a request, between its arrival
// and its answer), the answer is lost, the receiver is down, refuses for a while, asks to wait.
// What must hold: nothing is lost, each group is told in order, the same id says the same, and only
// what was in hand at a kill or lost its answer comes twice.
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "processors/runtime/log_follower.h"
#include "sinks/webhook/outcomes.h"
#include "sinks/webhook/receiver.h"
#include "tests/fakes/memory_log.h"
#include "tests/webhook/told.h"

namespace weir::webhook {
namespace {

constexpr int kNotifications = 40;
const runtime::TopicPartition kAlerts{std::string(kAlertTopic), 0};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    for (const std::string_view topic : {kAlertTopic, kDecisionTopic, kDeadLetterTopic})
      EXPECT_TRUE(log_.create_topic({.name = std::string(topic)}));
    start();
    (void)receiver_->step({});
  }

  void run() {
    for (int step = 0; step < 3000; ++step) {
      now_ += below(2 * kSecondUs);
      if (appended_ < kNotifications && below(20) == 0) append();
      if (below(40) == 0) start();  // killed between two steps
      if (!receiver_->step({})) start();
    }
    calm_ = true;
    while (appended_ < kNotifications) append();
    for (int step = 0; step < 300; ++step) {
      now_ += kSecondUs;
      EXPECT_TRUE(receiver_->step({}));
    }
  }

  // What went wrong; empty: nothing did.
  std::string verdict() const {
    std::string wrong;
    std::map<std::string, int> last;
    std::size_t arrivals = 0;
    for (int i = 0; i < kNotifications; ++i) {
      const auto found = arrived_.find(i);
      if (found == arrived_.end()) {
        wrong += fmt::format("{} is lost; ", i);
        continue;
      }
      arrivals += found->second.size();
      for (const std::string& body : found->second)
        if (body != found->second.front()) wrong += fmt::format("{} says two things; ", i);
    }
    for (const int each : order_) {
      int& before = last[group_of(each)];
      if (each < before) wrong += fmt::format("{} came after {}; ", each, before);
      before = each;
    }
    if (arrivals > kNotifications + excuses_)
      wrong += fmt::format("{} arrivals, with {} excuses; ", arrivals, excuses_);
    return wrong;
  }

 private:
  static std::string group_of(int number) {
    return std::string(1, static_cast<char>('a' + number % 3));
  }

  std::int64_t below(std::int64_t count) {
    return std::uniform_int_distribution<std::int64_t>(0, count - 1)(random_);
  }

  void append() {
    v1::Notification notification = make_notification('x', group_of(appended_), {make_alert({})});
    notification.set_id(fmt::format("{:032}", appended_));
    const runtime::NewRecord record{.value = record_of(notification).SerializeAsString(),
                                    .append_time_us = now_};
    EXPECT_TRUE(log_.append(kAlerts, {&record, 1}));
    ++appended_;
  }

  void start() {
    follower_ = std::make_unique<runtime::LogFollower>(log_, "webhook.chat", kAlerts);
    receiver_ = std::make_unique<Receiver>(ReceiverParts{
        .config = {.name = "chat",
                   .type = ReceiverType::webhook_v4,
                   .coalesce_after_us = kDayUs,
                   .give_up_after_us = kDayUs},
        .secrets = {.url = "http://receiver"},
        .follower = follower_.get(),
        .probe = &probe_,
        .clock = [this] { return now_; },
        .jitter = [this] { return static_cast<double>(below(1000)) / 1000; },
        .send = [this](const auto& request, const auto&) { return answer(request); }});
  }

  Result<net::ClientResponse> answer(const net::ClientRequest& request) {
    const std::int64_t fate = calm_ ? 9 : below(10);
    if (fate == 0) return fail(ErrorCode::stopped, "killed before it was sent");
    if (fate <= 2) return fail(ErrorCode::io, "refused");
    if (fate == 3) return net::ClientResponse{.status = 500};
    if (fate == 4) return net::ClientResponse{.status = 429, .headers = {{"Retry-After", "3"}}};
    for (const auto& [name, value] : request.headers) {
      if (name != "webhook-id") continue;
      const int number = std::stoi(value);
      if (arrived_[number].empty()) order_.push_back(number);
      arrived_[number].push_back(request.body);
    }
    if (fate == 5 || fate == 6) ++excuses_;
    if (fate == 5) return fail(ErrorCode::stopped, "killed before the answer");
    if (fate == 6) return fail(ErrorCode::io, "the answer is lost");
    return net::ClientResponse{.status = 200};
  }

  std::mt19937_64 random_;
  TimeUs now_ = kStart;
  fakes::MemoryLog log_{[this] { return now_; }};
  runtime::Metrics metrics_;
  Probe probe_{metrics_, "chat"};
  std::unique_ptr<runtime::LogFollower> follower_;
  std::unique_ptr<Receiver> receiver_;
  bool calm_ = false;
  int appended_ = 0;
  std::map<int, std::vector<std::string>> arrived_;  // bodies, by number
  std::vector<int> order_;                           // of first arrivals
  std::size_t excuses_ = 0;                          // arrivals whose answer did not
};

TEST(ReceiverSimulation, LosesNothingAndKeepsOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed);
    world.run();
    ASSERT_EQ(world.verdict(), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace weir::webhook
