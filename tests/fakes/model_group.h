// A consumer group of the model of Kafka (model_kafka.h): static members, eager rebalances,
// generations, committed positions. Plain data; whoever has it locks.
//
// A rebalance begins when a member comes or goes, and ends when every member has polled and given
// up what it had, which none does before it has started with what it was given; those that do not
// poll in time are left out. A member that comes again under its instance's name takes the place of
// its predecessor, without a rebalance.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "processors/runtime/kafka_seams.h"

namespace weir::fakes {

class ModelGroup {
 public:
  /// The member's id. It fences the one that has that name. `partitions`: of the topic.
  std::int64_t join(const std::string& instance, std::int32_t partitions, TimeUs now);

  /// What Kafka tells a member when it polls.
  struct Told {
    enum class Standing : std::uint8_t {
      member,
      unknown,  // left out: its partitions are gone; it may join again
      fenced,   // another one has its name
    };

    Standing standing = Standing::member;
    runtime::GroupMember::Event event = runtime::GroupMember::Event::none;
    std::vector<std::int32_t> partitions = {};  // when assigned
    std::string metadata = {};                  // likewise
  };
  Told poll(const std::string& instance, std::int64_t id, TimeUs now);
  /// The member has begun to read what it was assigned, or nothing.
  void start(const std::string& instance, std::int64_t id);

  /// Whether a transaction may carry positions with this proof of membership.
  bool accepts(std::string_view metadata) const;

  /// Everybody gives up what it has, and the partitions are dealt again.
  void begin_rebalance();
  void leave_out(const std::string& instance);
  /// Leaves out who has not polled since.
  void leave_out_silent(TimeUs since);

  std::map<std::int32_t, std::int64_t>& positions() { return positions_; }

 private:
  struct Member {
    std::int64_t id = 0;
    TimeUs polled_us = 0;
    bool ready = false;  // for the generation to come
    bool told = false;   // of its assignment
    bool owns = false;
    bool started = false;  // since it was told
    std::vector<std::int32_t> partitions;
  };

  std::string metadata_of(const std::string& instance, const Member& member) const;
  void end_rebalance();

  std::int32_t partitions_ = 0;
  std::map<std::string, Member> members_;
  std::int64_t last_id_ = 0;
  std::int64_t generation_ = 0;
  bool rebalancing_ = false;
  std::map<std::int32_t, std::int64_t> positions_;
};

}  // namespace weir::fakes
