#include "processors/fold/fold.h"

#include <algorithm>

#include "processors/core/text.h"
#include "processors/events/dead_letter.h"
#include "processors/events/event_reader.h"
#include "weir/v1/config.pb.h"

namespace weir::fold {
namespace {

using events::Problem;
using runtime::Record;
using runtime::TaskContext;

/// Ticks downstream are multiples of this: crossing one asks for a commit at once.
constexpr DurationUs kTickUs = 10 * kSecondUs;
/// Single events are folded in blocks of at most this many.
constexpr std::size_t kGatheredEvents = 512;
/// Of a ConfigRecord beside its objectives; all scopes and windows are some KiB.
constexpr std::size_t kConfigRestBytes = 128 << 10;
static_assert(objectives::kMaxObjectivesBytes + kConfigRestBytes < runtime::kMaxRecordBytes);

/// What producers without headers send: protobuf, unless it begins like a JSON object (no message
/// of ours can begin with '{').
bool looks_like_json(std::string_view value) { return value.starts_with('{'); }

std::shared_ptr<const objectives::Objectives> objectives_of(const Config& config) {
  return config.objectives ? config.objectives : *objectives::Objectives::make({});
}

}  // namespace

FoldProcessor::FoldProcessor(const Config& config,
                             std::shared_ptr<const aggregates::Definitions> definitions,
                             std::string raw_topic, Probe& probe)
    : config_(config),
      definitions_(std::move(definitions)),
      raw_topic_(std::move(raw_topic)),
      probe_(probe),
      objectives_(objectives_of(config)),
      accumulator_(definitions_, config.open_delta_bytes),
      counts_(objectives_) {}

Result<void> FoldProcessor::open(TaskContext& context) {
  dedup_ = std::make_unique<Dedup>(config_.dedup_horizon_us, context.store());
  partials_ =
      std::make_unique<PartialBuilder>(definitions_, context.output_partitions(kPartialOutput));
  sli_ = std::make_unique<SliBuilder>(objectives_, context.output_partitions(kSliOutput));
  WEIR_ASSIGN(const auto head, context.store().get(kHeadKey));
  if (head) {
    WEIR_ASSIGN(head_, decode_head(*head));
  }
  config_changed_ = head_.definitions_hash != definitions_->hash() ||
                    head_.objectives_hash != objectives_->hash();
  head_.definitions_hash = definitions_->hash();
  head_.objectives_hash = objectives_->hash();
  // The first objectives judge what comes from here on.
  if (head_.sli_destinations.empty() && !objectives_->empty())
    head_.sli_destinations.assign(static_cast<std::size_t>(context.output_partitions(kSliOutput)),
                                  {.end_offset = context.position(), .watermark_us = kMinTime});
  if (context.lost_offsets() > 0) {
    probe_.lost_offsets.add(static_cast<std::uint64_t>(context.lost_offsets()));
    head_.lost_until_us = kMaxTime;
  }
  start_position_ = context.position();
  committed_watermark_us_ = head_.watermark_us;
  told_end_ = head_.ended;
  return dedup_->open(head_.forgotten_us);
}

Result<std::size_t> FoldProcessor::process(std::span<const Record> records, TaskContext& context) {
  std::size_t taken = 0;
  while (taken < records.size() && !commit_required()) {
    WEIR_TRY(take(records[taken], context));
    ++taken;
  }
  fold_gathered();  // its views end with the records
  return taken;
}

Result<void> FoldProcessor::take(const Record& record, TaskContext& context) {
  probe_.records.add();
  head_.append_time_us = std::max(head_.append_time_us, record.append_time_us);
  if (head_.lost_until_us == kMaxTime) take_loss();
  if (record.content_type == runtime::kTickType) {
    take_tick(record);
    return {};
  }
  if (record.id) {
    WEIR_ASSIGN(const auto verdict, dedup_->see(*record.id, record.value, head_.append_time_us));
    if (verdict == Dedup::Verdict::repeated) {
      probe_.repeated_records.add();
      return {};
    }
    if (verdict == Dedup::Verdict::conflicting) {
      const Problem problem{.reason = v1::DEAD_LETTER_REASON_ID_CONFLICT,
                            .text = "a record with this id and another content came before"};
      bury(record, {&problem, 1}, context);
      return {};
    }
  }
  const bool untyped = record.content_type.empty() || record.content_type == runtime::kProtobufType;
  if (record.content_type == runtime::kInferenceBatchType) {
    take_batch(record, context);
  } else if (record.content_type == runtime::kJsonType ||
             (untyped && looks_like_json(record.value))) {
    take_json(record, context);
  } else if (untyped || record.content_type == runtime::kInferenceEventType) {
    take_event(record, context);
  } else {
    const Problem problem{
        .reason = v1::DEAD_LETTER_REASON_CONTENT_TYPE,
        .text = fmt::format("content type {} is not read here; send one of '{}', '{}', '{}'",
                            quote(record.content_type), runtime::kInferenceBatchType,
                            runtime::kInferenceEventType, runtime::kJsonType)};
    bury(record, {&problem, 1}, context);
  }
  return {};
}

/// What was lost was appended before this record, and nothing counts that lies further ahead.
void FoldProcessor::take_loss() {
  head_.lost_until_us = head_.append_time_us + config_.future_limit_us + 1;
}

void FoldProcessor::take_tick(const Record& record) {
  v1::TickRecord tick;
  const bool read = tick.ParseFromArray(record.value.data(), static_cast<int>(record.value.size()));
  // Something came between the tick's decision and its append: then time is not known to be quiet.
  if (!read || tick.last_offset() != record.offset - 1) return;
  probe_.ticks.add();
  move_time(head_.append_time_us);
}

void FoldProcessor::take_batch(const Record& record, TaskContext& context) {
  std::vector<Problem> problems;
  if (const auto read = batch_reader_.read(record.value, columns_, problems); !read) {
    bury(record, {&read.error(), 1}, context);
    return;
  }
  if (columns_.count == 0) {
    bury(record, problems, context);
    return;
  }
  if (problems.empty() && enters_finest(columns_.min_time_us) && !is_future(columns_.max_time_us)) {
    accumulator_.add(columns_);
    counts_.add(columns_);
    probe_.events.add(columns_.count);
    move_time(columns_.max_time_us);
    return;
  }

  skip_.refused.assign(columns_.count, 0);
  for (const Problem& problem : problems) skip_.refused[problem.event] = 1;
  skip_.finest = skip_.refused;
  TimeUs greatest = kMinTime;
  for (std::size_t event = 0; event < columns_.count; ++event) {
    if (skip_.refused[event] != 0) continue;
    const Verdict verdict = judge(columns_, event, problems);
    skip_.finest[event] = verdict != Verdict::on_time;
    skip_.refused[event] = verdict == Verdict::refused;
    if (verdict != Verdict::refused) greatest = std::max(greatest, columns_.event_time_us[event]);
  }
  accumulator_.add(columns_, skip_.finest);
  counts_.add(columns_, skip_.refused);
  std::ranges::sort(problems, {}, &Problem::event);
  bury(record, problems, context);
  if (greatest != kMinTime) move_time(greatest);
}

void FoldProcessor::take_event(const Record& record, TaskContext& context) {
  take_gathered(record, events::read_event(record.value, gathered_), context);
}

void FoldProcessor::take_json(const Record& record, TaskContext& context) {
  v1::InferenceEvent& event = json_events_.emplace_back();
  const std::uint64_t unknown = json_reader_.unknown_fields();
  const auto read = json_reader_.read(record.value, event);
  probe_.unknown_fields.add(json_reader_.unknown_fields() - unknown);
  gathered_.append(read ? events::to_row(event) : events::EventRow{});
  take_gathered(record, read, context);
}

void FoldProcessor::take_gathered(const Record& record, const events::ReadResult& read,
                                  TaskContext& context) {
  const std::size_t event = gathered_.count - 1;
  std::vector<Problem> problems;
  Verdict verdict = Verdict::refused;
  if (read) {
    verdict = judge(gathered_, event, problems);
  } else {
    problems.push_back(read.error());
  }
  gathered_skip_.finest.push_back(verdict != Verdict::on_time);
  gathered_skip_.refused.push_back(verdict == Verdict::refused);
  if (problems.empty()) {
    move_time(gathered_.event_time_us[event]);
  } else {
    problems.front().event = 0;
    bury(record, problems, context);
  }
  if (gathered_.count == kGatheredEvents) fold_gathered();
}

bool FoldProcessor::is_future(TimeUs event_time) const {
  return event_time - config_.future_limit_us > head_.append_time_us;
}

bool FoldProcessor::enters_finest(TimeUs event_time) const {
  return head_.watermark_us == kMinTime ||
         event_time >= head_.watermark_us - definitions_->tiers()[0].lateness_us;
}

FoldProcessor::Verdict FoldProcessor::judge(const events::EventColumns& columns, std::size_t event,
                                            std::vector<Problem>& problems) {
  const TimeUs time = columns.event_time_us[event];
  const auto index = static_cast<std::uint32_t>(event);
  if (is_future(time)) {
    problems.push_back({index, v1::DEAD_LETTER_REASON_FROM_THE_FUTURE,
                        fmt::format("event time {} is more than {} ahead of the log's {}",
                                    format_rfc3339(time), format_duration(config_.future_limit_us),
                                    format_rfc3339(head_.append_time_us))});
    return Verdict::refused;
  }
  if (enters_finest(time)) {
    probe_.events.add();
    return Verdict::on_time;
  }
  if (accumulator_.add_late(columns, event, head_.watermark_us)) {
    probe_.events.add();
    probe_.late_events.add();
    return Verdict::late;
  }
  problems.push_back({index, v1::DEAD_LETTER_REASON_TOO_OLD,
                      fmt::format("event time {} is older than any tier keeps at watermark {}",
                                  format_rfc3339(time), format_rfc3339(head_.watermark_us))});
  return Verdict::refused;
}

void FoldProcessor::fold_gathered() {
  if (gathered_.count == 0) return;
  accumulator_.add(gathered_, gathered_skip_.finest);
  counts_.add(gathered_, gathered_skip_.refused);
  gathered_.clear();
  gathered_skip_ = {};
  json_events_.clear();
}

void FoldProcessor::move_time(TimeUs greatest_event_time_us) {
  head_.greatest_event_time_us = std::max(head_.greatest_event_time_us, greatest_event_time_us);
  const TimeUs time = std::min(head_.greatest_event_time_us, head_.append_time_us);
  head_.watermark_us = std::max(head_.watermark_us, time - definitions_->out_of_orderness_us());
}

void FoldProcessor::bury(const Record& record, std::span<const Problem> problems,
                         TaskContext& context) {
  if (problems.empty()) return;
  v1::DeadLetter letter;
  letter.set_topic(raw_topic_);
  letter.set_partition(context.partition());
  letter.set_offset(record.offset);
  letter.set_append_time_us(record.append_time_us);
  letter.set_content_type(std::string(record.content_type));
  events::fill_dead_letter(letter, problems, record.value);
  for (const Problem& problem : problems) probe_.dead(problem.reason).add();
  runtime::NewRecord dead{.value = letter.SerializeAsString(), .append_time_us = output_time()};
  context.emit(kDeadLetterOutput,
               context.partition() % context.output_partitions(kDeadLetterOutput), std::move(dead));
}

bool FoldProcessor::commit_required() const {
  return accumulator_.full() || counts_.bytes() > config_.open_delta_bytes / 4;
}

bool FoldProcessor::commit_urgent() const {
  return floor_div(head_.watermark_us, kTickUs) != floor_div(committed_watermark_us_, kTickUs);
}

Result<void> FoldProcessor::end_of_input(TaskContext&) {
  head_.ended = true;
  return {};
}

Result<void> FoldProcessor::prepare_commit(TaskContext& context) {
  WEIR_TRY(dedup_->forget(head_.append_time_us));
  head_.forgotten_us = dedup_->forgotten_us();
  accumulator_.drain([this](const Delta& delta) {
    partials_->add(delta);
    probe_.deltas.add();
  });
  counts_.drain([this](const ObjectiveDelta& delta) {
    sli_->add(delta);
    probe_.objective_deltas.add();
  });
  const BatchCommon common{.raw_topic = raw_topic_,
                           .raw_partition = context.partition(),
                           .raw_partitions = context.input_partitions(),
                           .position = context.position(),
                           .end_of_history = head_.ended && !told_end_};
  emit(kPartialOutput, partials_->take(common, head_), context);
  emit(kSliOutput, sli_->take(common, head_), context);
  told_end_ = head_.ended;
  if (config_changed_) emit_config(context);
  config_changed_ = false;
  committed_watermark_us_ = head_.watermark_us;
  context.store().put(kHeadKey, encode_head(head_));
  return {};
}

void FoldProcessor::emit(std::size_t output, std::vector<OutgoingBatch> batches,
                         TaskContext& context) {
  for (OutgoingBatch& batch : batches) {
    context.emit(output, batch.partition,
                 {.value = std::move(batch.bytes), .append_time_us = output_time()});
    probe_.batches.add();
  }
}

void FoldProcessor::emit_config(TaskContext& context) {
  v1::ConfigRecord config;
  config.set_version(1);
  config.set_processor("fold");
  config.set_partition(context.partition());
  config.set_input_offset(start_position_);
  config.set_definitions_hash(definitions_->hash());
  *config.mutable_definitions() = definitions_->message();
  config.set_objectives_hash(objectives_->hash());
  *config.mutable_objectives() = objectives_->message();
  context.emit(kConfigOutput, 0,
               {.key = fmt::format("fold/{}", context.partition()),
                .value = config.SerializeAsString(),
                .append_time_us = output_time()});
}

std::optional<TimeUs> FoldProcessor::output_time() const {
  if (!config_.history) return std::nullopt;
  return std::max<TimeUs>(head_.append_time_us, 0);  // 0: nothing was read
}

}  // namespace weir::fold
