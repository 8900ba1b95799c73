// The part of the model of Kafka that coordinates groups and transactions.
#include <algorithm>
#include <utility>

#include "tests/fakes/model_kafka.h"

namespace weir::fakes {

using runtime::GroupPosition;
using runtime::TopicPartition;

namespace {

constexpr DurationUs kLatestMarkerUs = 3 * kSecondUs;
constexpr DurationUs kAbortRoundUs = 10 * kSecondUs;  // the broker looks this often for timeouts

std::unexpected<Error> fenced(const ModelKafka::Producer& producer) {
  return fail(ErrorCode::io, "{}: fenced (simulated)", producer.id);
}

}  // namespace

ModelGroup& ModelKafka::group(std::string_view processor) {
  return groups_[std::string(processor)];
}

Result<std::int64_t> ModelKafka::join(std::string_view processor, std::string_view topic,
                                      const std::string& instance) {
  WEIR_TRY(call("joining"));
  WEIR_ASSIGN(const std::int32_t count, partitions(topic));
  const std::lock_guard lock(mutex_);
  return group(processor).join(instance, count, options_.clock());
}

ModelGroup::Told ModelKafka::poll(std::string_view processor, const std::string& instance,
                                  std::int64_t id) {
  const std::lock_guard lock(mutex_);
  pass_time();
  return group(processor).poll(instance, id, options_.clock());
}

void ModelKafka::start(std::string_view processor, const std::string& instance, std::int64_t id) {
  const std::lock_guard lock(mutex_);
  group(processor).start(instance, id);
}

std::optional<std::vector<GroupPosition>> ModelKafka::positions(
    std::string_view processor, const std::vector<std::int32_t>& partitions) {
  const std::lock_guard lock(mutex_);
  pass_time();
  const auto pending = [&](std::int32_t partition) {
    return std::ranges::any_of(ids_, [&](const auto& id) {
      const auto& transaction = id.second.transaction;
      if (!transaction || !transaction->groups.contains(processor)) return false;
      const auto& sent = transaction->positions.find(processor)->second;
      return std::ranges::count(sent, partition, &GroupPosition::partition) != 0;
    });
  };
  std::vector<GroupPosition> positions;
  for (const std::int32_t partition : partitions) {
    if (pending(partition)) return std::nullopt;
    positions.push_back({.partition = partition, .offset = std::nullopt});
    const auto& known = group(processor).positions();
    const auto found = known.find(partition);
    if (found != known.end()) positions.back().offset = found->second;
  }
  return positions;
}

std::int64_t ModelKafka::open_producer(const std::string& id) {
  const std::lock_guard lock(mutex_);
  pass_time();
  Known& known = ids_[id];
  if (known.transaction) {
    if (!known.transaction->committed) decide(*known.transaction, false);
    mark(known, kMaxTime);
  }
  return ++known.epoch;
}

Result<ModelKafka::Known*> ModelKafka::find(const Producer& producer, bool open) {
  Known& id = ids_[producer.id];
  if (id.epoch != producer.epoch) return fenced(producer);
  if (open && (!id.transaction || id.transaction->committed || id.transaction->under_way))
    return fail(ErrorCode::io, "{}: has no transaction (simulated)", producer.id);
  return &id;
}

Result<void> ModelKafka::begin(const Producer& producer) {
  meanwhile();
  WEIR_TRY(call("beginning"));
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(Known * id, find(producer, false));
  if (id->transaction && !id->transaction->committed)
    return fail(ErrorCode::io, "{}: has a transaction already (simulated)", producer.id);
  if (id->transaction) mark(*id, kMaxTime);  // Kafka lets it wait for them
  id->transaction.emplace();
  id->transaction->number = ++last_transaction_;
  id->transaction->until_us = options_.clock() + options_.transaction_timeout_us;
  if (disturbed_ != 0) id->transaction->until_us += below(kAbortRoundUs);
  return {};
}

Result<runtime::Delivered> ModelKafka::produce(const Producer& producer,
                                               const TopicPartition& where,
                                               const runtime::Record& record) {
  meanwhile();
  const std::lock_guard lock(mutex_);
  pass_time();
  WEIR_ASSIGN(Known * id, find(producer, true));
  WEIR_ASSIGN(ModelPartition * found, led(where));
  ModelPartition::Entry entry{.key = std::string(record.key),
                              .value = {},
                              .content_type = std::string(record.content_type),
                              .id = record.id,
                              .append_time_us = options_.clock(),
                              .transaction = id->transaction->number};
  if (record.value.data() != nullptr) entry.value = record.value;
  runtime::Delivered written{.append_time_us = entry.append_time_us};
  written.offset = found->append(std::move(entry));
  id->transaction->records.try_emplace(where, 0);
  return written;
}

Result<void> ModelKafka::send_positions(const Producer& producer, std::string_view processor,
                                        const std::vector<GroupPosition>& positions,
                                        std::string_view metadata) {
  meanwhile();
  WEIR_TRY(call("sending positions"));
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(Known * id, find(producer, true));
  std::vector<GroupPosition> sent = positions;
  std::erase_if(sent, [](const GroupPosition& each) { return !each.offset; });
  if (chance(disturbed_)) {
    const std::string instance(metadata.substr(0, metadata.find('/')));
    group(processor).leave_out(instance);
  }
  if (!group(processor).accepts(metadata))
    return fail(ErrorCode::io, "{}: is no member of this generation (simulated)", producer.id);
  id->transaction->groups.try_emplace(std::string(processor), 0);
  id->transaction->positions[std::string(processor)] = std::move(sent);
  return {};
}

Result<void> ModelKafka::commit(const Producer& producer) {
  meanwhile();
  const std::lock_guard lock(mutex_);
  pass_time();
  WEIR_ASSIGN(Known * id, find(producer, true));
  const auto unknown = [&] {
    return fail(ErrorCode::io, "{}: the outcome of a commit is unknown (simulated)", producer.id);
  };
  if (chance(disturbed_)) {
    switch (below(3)) {
      case 0:  // the request is lost
        return unknown();
      case 1:  // on its way
        id->transaction->under_way = true;
        id->transaction->until_us = options_.clock() + below(options_.transaction_timeout_us);
        return unknown();
      default:  // the answer is lost
        decide(*id->transaction, true);
        mark(*id, options_.clock());
        return unknown();
    }
  }
  decide(*id->transaction, true);
  mark(*id, options_.clock());
  return {};
}

void ModelKafka::decide(ModelTransaction& transaction, bool committed) const {
  transaction.committed = committed;
  const auto when = [this] {
    return options_.clock() + (disturbed_ != 0 && chance(30) ? below(kLatestMarkerUs) : 0);
  };
  for (auto& [where, at_us] : transaction.records) at_us = when();
  for (auto& [group, at_us] : transaction.groups) at_us = when();
}

void ModelKafka::mark(Known& id, TimeUs now) const {
  ModelTransaction& transaction = *id.transaction;
  const bool committed = *transaction.committed;
  std::erase_if(transaction.records, [&](const auto& each) {
    if (each.second > now) return false;
    (*partition(each.first))->mark(transaction.number, committed, options_.clock());
    return true;
  });
  std::erase_if(transaction.groups, [&](const auto& each) {
    if (each.second > now) return false;
    auto& known = groups_.find(each.first)->second.positions();
    if (committed)
      for (const GroupPosition& position : transaction.positions.find(each.first)->second)
        known[position.partition] = *position.offset;
    return true;
  });
  if (transaction.records.empty() && transaction.groups.empty()) id.transaction.reset();
}

void ModelKafka::pass_time() const {
  const TimeUs now = options_.clock();
  for (auto& [name, id] : ids_) {
    auto& transaction = id.transaction;
    if (transaction && !transaction->committed && transaction->until_us <= now) {
      if (!transaction->under_way) ++id.epoch;  // a timeout fences
      decide(*transaction, transaction->under_way);
    }
    if (transaction && transaction->committed) mark(id, now);
  }
  for (auto& [name, group] : groups_) group.leave_out_silent(now - options_.session_timeout_us);
  std::erase_if(appends_, [&](const UnderWay& append) {
    if (append.at_us > now) return false;
    for (const runtime::NewRecord& record : append.records) add(append.where, record);
    return true;
  });
}

void ModelKafka::meanwhile() const {
  if (meanwhile_) meanwhile_();
}

}  // namespace weir::fakes
