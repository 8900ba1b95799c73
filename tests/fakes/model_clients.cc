#include "tests/fakes/model_clients.h"

#include <algorithm>
#include <map>
#include <utility>

namespace weir::fakes {
namespace {

using runtime::GroupPosition;
using runtime::TopicPartition;
using Standing = ModelGroup::Told::Standing;

/// As the names of one client: the processor is the group.
struct Names {
  std::string processor;
  std::string topic;
  std::string instance;
};

class ModelMember final : public runtime::GroupMember {
 public:
  ModelMember(ModelKafka& kafka, Names names, std::int64_t id)
      : kafka_(kafka), names_(std::move(names)), id_(id) {}

  Result<Event> poll() override {
    ModelGroup::Told told = kafka_.poll(names_.processor, names_.instance, id_);
    if (told.standing == Standing::fenced)
      return fail(ErrorCode::io, "{}: another one has this name (simulated)", names_.instance);
    if (told.standing == Standing::unknown) {
      WEIR_ASSIGN(id_, kafka_.join(names_.processor, names_.topic, names_.instance));
      told.event = std::exchange(owns_, false) ? Event::revoked : Event::none;
    }
    if (told.event == Event::none) return Event::none;
    owns_ = told.event == Event::assigned;
    partitions_ = std::move(told.partitions);
    if (owns_) metadata_ = std::move(told.metadata);
    return told.event;
  }

  const std::vector<std::int32_t>& partitions() const override { return partitions_; }
  const std::string& metadata() const override { return metadata_; }

  Result<std::optional<std::vector<GroupPosition>>> committed() override {
    WEIR_TRY(kafka_.call("reading positions"));
    return kafka_.positions(names_.processor, partitions_);
  }

  Result<void> start(const std::vector<GroupPosition>& positions) override {
    next_.clear();
    for (const GroupPosition& each : positions) next_[each.partition] = each.offset;
    kafka_.start(names_.processor, names_.instance, id_);
    return {};
  }

  /// Reading goes on by itself from where it was started, whatever is asked for.
  Result<void> read(std::int32_t partition, std::int64_t from, std::size_t max_bytes,
                    runtime::RecordBatch& batch) override {
    const TopicPartition where{names_.topic, partition};
    std::optional<std::int64_t>& next = next_.at(partition);
    if (!next) {
      WEIR_ASSIGN(const auto ends, kafka_.ends(where));
      next = ends.start;
    }
    WEIR_TRY(kafka_.fetch(where, *next, max_bytes, batch));
    next = batch.next;
    if (!batch.records.empty() && batch.records.front().offset < from)
      return fail(ErrorCode::io, "{}@{}: read where {} was expected (simulated)", to_string(where),
                  batch.records.front().offset, from);
    batch.next = std::max(batch.next, from);
    return {};
  }

  void wait(DurationUs) override {}

 private:
  ModelKafka& kafka_;
  const Names names_;
  std::int64_t id_;
  bool owns_ = false;
  std::vector<std::int32_t> partitions_;
  std::string metadata_;
  std::map<std::int32_t, std::optional<std::int64_t>> next_;  // absent: the beginning
};

class ModelProducer final : public runtime::TransactionalProducer {
 public:
  ModelProducer(ModelKafka& kafka, std::string processor, ModelKafka::Producer producer)
      : kafka_(kafka), processor_(std::move(processor)), producer_(std::move(producer)) {}

  Result<void> begin() override { return kafka_.begin(producer_); }
  Result<void> produce(const TopicPartition& where, const runtime::Record& record,
                       runtime::Delivered* delivered) override {
    WEIR_ASSIGN(const runtime::Delivered written, kafka_.produce(producer_, where, record));
    if (delivered != nullptr) *delivered = written;
    return {};
  }
  Result<void> send_positions(const std::vector<GroupPosition>& positions,
                              std::string_view metadata) override {
    return kafka_.send_positions(producer_, processor_, positions, metadata);
  }
  Result<void> commit() override { return kafka_.commit(producer_); }

 private:
  ModelKafka& kafka_;
  const std::string processor_;
  const ModelKafka::Producer producer_;
};

class ModelChangelogs final : public runtime::ChangelogReader {
 public:
  explicit ModelChangelogs(const ModelKafka& kafka) : kafka_(kafka) {}

  Result<std::int64_t> start(const TopicPartition& where) override {
    WEIR_TRY(kafka_.call("reading a changelog's start"));
    WEIR_ASSIGN(const auto ends, kafka_.ends(where));
    return ends.start;
  }
  Result<std::int64_t> high_watermark(const TopicPartition& where) override {
    WEIR_TRY(kafka_.call("reading a changelog's end"));
    WEIR_ASSIGN(const auto ends, kafka_.ends(where));
    return ends.end;
  }
  Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    runtime::RecordBatch& batch) override {
    return kafka_.fetch(where, from, max_bytes, batch);
  }
  void stop(const TopicPartition&) override {}

 private:
  const ModelKafka& kafka_;
};

}  // namespace

Result<std::unique_ptr<runtime::GroupMember>> ModelClients::join(std::string_view processor,
                                                                 std::string_view topic,
                                                                 std::string_view instance) {
  Names names{std::string(processor), std::string(topic), std::string(instance)};
  WEIR_ASSIGN(const std::int64_t id, kafka_.join(processor, topic, names.instance));
  return std::make_unique<ModelMember>(kafka_, std::move(names), id);
}

Result<std::unique_ptr<runtime::TransactionalProducer>> ModelClients::open_producer(
    std::string_view processor, std::string_view, std::string_view id) {
  WEIR_TRY(kafka_.call("opening a producer"));
  ModelKafka::Producer producer{.id = std::string(id)};
  producer.epoch = kafka_.open_producer(producer.id);
  return std::make_unique<ModelProducer>(kafka_, std::string(processor), std::move(producer));
}

Result<std::unique_ptr<runtime::ChangelogReader>> ModelClients::open_changelogs() {
  WEIR_TRY(kafka_.call("opening changelogs"));
  return std::make_unique<ModelChangelogs>(kafka_);
}

}  // namespace weir::fakes
