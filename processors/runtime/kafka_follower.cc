#include "processors/runtime/kafka_follower.h"

#include <algorithm>

namespace weir::runtime {

/// After any error it leaves the group, and joins again with the next take().
template <class T>
Result<T> KafkaFollower::or_leave(Result<T> result) {
  if (!result) {
    turn_ = Turn::others;
    member_.reset();
    producer_.reset();
  }
  return result;
}

Result<bool> KafkaFollower::take() {
  WEIR_TRY(or_leave(follow_group()));
  if (turn_ == Turn::settling) WEIR_TRY(or_leave(settle()));
  return turn_ == Turn::ours;
}

Result<void> KafkaFollower::follow_group() {
  if (!member_) {
    WEIR_ASSIGN(producer_,
                setup_.clients->open_producer(setup_.name, setup_.input.topic, setup_.instance));
    WEIR_ASSIGN(member_, setup_.clients->join(setup_.name, setup_.input.topic, setup_.instance));
  }
  WEIR_ASSIGN(const GroupMember::Event event, member_->poll());
  const auto owns = [this] {
    return std::ranges::find(member_->partitions(), setup_.input.partition) !=
           member_->partitions().end();
  };
  if (event == GroupMember::Event::revoked) turn_ = Turn::others;
  if (event == GroupMember::Event::assigned) {
    WEIR_TRY(member_->start({}));  // records come through the reader: none is fetched twice
    turn_ = owns() ? Turn::settling : Turn::others;
  }
  return {};
}

/// A former owner's transaction may still change the position.
Result<void> KafkaFollower::settle() {
  WEIR_ASSIGN(const auto positions, member_->committed());
  if (!positions) return {};
  place_.reset();
  for (const GroupPosition& each : *positions)
    if (each.partition == setup_.input.partition && each.offset)
      place_ = FollowerPlace{.position = *each.offset};
  turn_ = Turn::ours;
  return {};
}

Result<void> KafkaFollower::commit(const FollowerPlace& place, std::vector<Output> outputs) {
  return or_leave(write(place, outputs));
}

Result<void> KafkaFollower::write(const FollowerPlace& place, const std::vector<Output>& outputs) {
  for (const auto& [where, record] : outputs) WEIR_TRY(validate(where, record));
  WEIR_TRY(producer_->begin());
  for (const auto& [where, record] : outputs)
    WEIR_TRY(producer_->produce(where,
                                {.key = record.key.empty() ? std::string_view() : record.key,
                                 .content_type = record.content_type,
                                 .value = record.value,
                                 .id = record.id},
                                nullptr));
  WEIR_TRY(
      producer_->send_positions({{setup_.input.partition, place.position}}, member_->metadata()));
  WEIR_TRY(producer_->commit());
  place_ = place;
  return {};
}

}  // namespace weir::runtime
