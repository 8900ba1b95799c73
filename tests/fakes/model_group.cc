#include "tests/fakes/model_group.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace weir::fakes {

using Event = runtime::GroupMember::Event;

std::int64_t ModelGroup::join(const std::string& instance, std::int32_t partitions, TimeUs now) {
  partitions_ = partitions;
  const bool known = members_.contains(instance);
  Member& member = members_[instance];
  member.id = ++last_id_;
  member.polled_us = now;
  member.ready = false;
  member.told = false;
  member.owns = false;
  if (!known) begin_rebalance();
  return member.id;
}

ModelGroup::Told ModelGroup::poll(const std::string& instance, std::int64_t id, TimeUs now) {
  const auto found = members_.find(instance);
  if (found == members_.end()) return {.standing = Told::Standing::unknown};
  Member& member = found->second;
  if (member.id != id) return {.standing = Told::Standing::fenced};
  member.polled_us = now;
  if (rebalancing_) {
    if (member.owns && !member.started) return {};
    member.ready = true;
    const bool gives_up = std::exchange(member.owns, false) && !member.partitions.empty();
    end_rebalance();
    return {.event = gives_up ? Event::revoked : Event::none};
  }
  if (member.told) return {};
  member.told = true;
  member.owns = true;
  member.started = false;
  return {.event = Event::assigned,
          .partitions = member.partitions,
          .metadata = metadata_of(instance, member)};
}

void ModelGroup::start(const std::string& instance, std::int64_t id) {
  const auto found = members_.find(instance);
  if (found != members_.end() && found->second.id == id) found->second.started = true;
}

bool ModelGroup::accepts(std::string_view metadata) const {
  return std::ranges::any_of(members_, [&](const auto& member) {
    return metadata == metadata_of(member.first, member.second);
  });
}

void ModelGroup::begin_rebalance() {
  rebalancing_ = true;
  for (auto& [instance, member] : members_) member.ready = false;
}

void ModelGroup::leave_out(const std::string& instance) {
  if (members_.erase(instance) != 0) begin_rebalance();
}

void ModelGroup::leave_out_silent(TimeUs since) {
  const auto gone =
      std::erase_if(members_, [&](const auto& member) { return member.second.polled_us < since; });
  if (gone != 0) begin_rebalance();
}

std::string ModelGroup::metadata_of(const std::string& instance, const Member& member) const {
  return fmt::format("{}/{}/{}", instance, member.id, generation_);
}

/// When everybody is ready: the partitions in ranges, as Kafka's "range" deals them.
void ModelGroup::end_rebalance() {
  if (!std::ranges::all_of(members_, [](const auto& each) { return each.second.ready; })) return;
  rebalancing_ = false;
  ++generation_;
  const auto count = static_cast<std::int32_t>(members_.size());
  std::int32_t next = 0;
  std::int32_t index = 0;
  for (auto& [instance, member] : members_) {
    const std::int32_t share = partitions_ / count + (index++ < partitions_ % count ? 1 : 0);
    member.partitions.clear();
    for (std::int32_t i = 0; i < share; ++i) member.partitions.push_back(next++);
    member.told = false;
  }
}

}  // namespace weir::fakes
