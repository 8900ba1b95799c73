#include "tests/events/reference.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include "processors/core/id.h"
#include "processors/events/batch_reader.h"
#include "processors/events/event_reader.h"

namespace weir::events {
namespace {

namespace pb = google::protobuf;

/// inference.proto with `bytes` for `string`.
class BytesSchema {
 public:
  BytesSchema() {
    pb::SetLogHandler(nullptr);  // it prints every text that is not UTF-8
    pb::FileDescriptorProto file;
    v1::InferenceBatch::descriptor()->file()->CopyTo(&file);
    for (pb::DescriptorProto& message : *file.mutable_message_type())
      for (pb::FieldDescriptorProto& field : *message.mutable_field())
        if (field.type() == pb::FieldDescriptorProto::TYPE_STRING)
          field.set_type(pb::FieldDescriptorProto::TYPE_BYTES);
    pool_.BuildFile(file);
  }

  bool parses(std::string_view bytes, std::string_view message) {
    const pb::Descriptor* type = pool_.FindMessageTypeByName(fmt::format("weir.v1.{}", message));
    const std::unique_ptr<pb::Message> parsed(factory_.GetPrototype(type)->New());
    return parsed->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  }

 private:
  pb::DescriptorPool pool_;
  pb::DynamicMessageFactory factory_{&pool_};
};

struct Expander {
  std::size_t count;
  std::vector<EventRow>& rows;
  std::string wrong;

  /// Whether the column is there.
  bool length(std::size_t size, std::size_t width = 1) {
    if (size != 0 && size != count * width) wrong = "another length";
    return size != 0 && wrong.empty();
  }

  void text(Text which, const v1::StringColumn& column) {
    const std::string& bytes = column.code();
    const std::size_t width = count == 0 ? 0 : bytes.size() / count;
    if (bytes.empty() && column.value_size() > 1 && count > 0) wrong = "values and no code";
    if (!bytes.empty() && (bytes.size() != width * count || std::popcount(width) != 1 || width > 4))
      wrong = "another length";
    if (bytes.empty() && column.value_size() == 0) return;
    for (std::size_t i = 0; i < count && wrong.empty(); ++i) {
      std::uint32_t code = 0;
      if (!bytes.empty()) std::memcpy(&code, bytes.data() + i * width, width);
      if (code >= static_cast<std::uint32_t>(column.value_size()))
        wrong = "code without a value";
      else
        rows[i].text(which) = column.value(static_cast<int>(code));
    }
  }

  void number(Number which, const pb::RepeatedField<std::uint32_t>& column) {
    if (!length(static_cast<std::size_t>(column.size()))) return;
    for (std::size_t i = 0; i < count; ++i)
      if (column[static_cast<int>(i)] != kAbsent) rows[i].set(which, column[static_cast<int>(i)]);
  }

  void texts(const v1::InferenceBatch& batch) {
    text(Text::service, batch.service());
    text(Text::model, batch.model());
    text(Text::model_version, batch.model_version());
    text(Text::tenant, batch.tenant());
    text(Text::business_line, batch.business_line());
    text(Text::region, batch.region());
    text(Text::host, batch.host());
    text(Text::gpu_type, batch.gpu_type());
    text(Text::experiment, batch.experiment());
    text(Text::variant, batch.variant());
    text(Text::gpu_id, batch.gpu_id());
    text(Text::error_detail, batch.error_detail());
  }

  void numbers(const v1::InferenceBatch& batch) {
    number(Number::latency, batch.latency_us());
    number(Number::ttft, batch.ttft_us());
    number(Number::queue, batch.queue_us());
    number(Number::compute, batch.compute_us());
    number(Number::network, batch.network_us());
    number(Number::cold_start, batch.cold_start_us());
    number(Number::input_tokens, batch.input_tokens());
    number(Number::output_tokens, batch.output_tokens());
    number(Number::cached_tokens, batch.cached_tokens());
    number(Number::retry_count, batch.retry_count());
    number(Number::batch_size, batch.batch_size());
  }

  void others(const v1::InferenceBatch& batch) {
    length(batch.request_id().size(), 16);
    if (length(static_cast<std::size_t>(batch.confidence_size())))
      for (std::size_t i = 0; i < count; ++i)
        if (const float value = batch.confidence(static_cast<int>(i)); value == value)
          rows[i].confidence = value;
    if (length(static_cast<std::size_t>(batch.user_hash_size())))
      for (std::size_t i = 0; i < count; ++i)
        rows[i].user_hash = batch.user_hash(static_cast<int>(i));
    if (length(batch.status().size()))
      for (std::size_t i = 0; i < count; ++i)
        rows[i].status = static_cast<std::uint8_t>(batch.status()[i]);
    if (length(batch.flags().size()))
      for (std::size_t i = 0; i < count; ++i)
        rows[i].flags = static_cast<std::uint8_t>(batch.flags()[i]);
  }
};

std::string render_row(const EventRow& row) {
  std::string text = fmt::format("{}", row.event_time_us);
  const auto add = [&text](std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format(" {}={}", name, value);
  };
  for (std::size_t k = 0; k < kTexts; ++k) add(field_name(static_cast<Text>(k)), row.texts[k]);
  // Columns hold no negative number; the event is a problem.
  for (std::size_t k = 0; k < kNumbers; ++k)
    if (row.has(static_cast<Number>(k)) && row.numbers[k] >= 0)
      add(field_name(static_cast<Number>(k)), fmt::format("{}", row.numbers[k]));
  const auto status = static_cast<std::uint32_t>(row.status);
  if (status != 0) add("status", fmt::format("{}", std::min(status, 255u)));
  if (row.flags != 0) add("flags", fmt::format("{}", row.flags));
  if (row.user_hash != 0) add("user_hash", fmt::format("{:x}", row.user_hash));
  return text + '\n';
}

}  // namespace

bool parses_as_bytes(std::string_view bytes, std::string_view message) {
  static BytesSchema schema;
  return schema.parses(bytes, message);
}

std::string expand(const v1::InferenceBatch& batch, std::vector<EventRow>& rows) {
  const auto others = static_cast<std::size_t>(batch.other_size());
  if (batch.count() + others > kMaxEvents) return "too many events";
  if (static_cast<std::size_t>(batch.time_offset_us_size()) != batch.count())
    return "another length";
  rows.assign(batch.count(), {});
  Expander expander{batch.count(), rows, ""};
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i].event_time_us =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(batch.base_time_us()) +
                                  batch.time_offset_us(static_cast<int>(i)));
  expander.others(batch);
  expander.numbers(batch);
  expander.texts(batch);
  for (const v1::InferenceEvent& event : batch.other()) rows.push_back(to_row(event));
  return expander.wrong;
}

std::string compare_batch(const std::string& record) {
  EventColumns columns;
  std::vector<Problem> problems;
  const ReadResult result = BatchReader().read(record, columns, problems);
  // A record that is refused for its columns may be one that does not even parse.
  const bool refused_to_parse =
      !result && result.error().text.ends_with("not a serialised weir.v1.InferenceBatch");
  const bool parses = parses_as_bytes(record, "InferenceBatch");
  if ((result && !parses) || (refused_to_parse && parses)) return "only one parses";
  v1::InferenceBatch batch;
  if (record.size() > kMaxRecordBytes || !batch.ParseFromString(record)) return "";
  std::vector<EventRow> rows;
  const std::string wrong = expand(batch, rows);
  if (result.has_value() != wrong.empty()) return fmt::format("only one is whole: {}", wrong);
  if (!result) return "";
  std::vector<Problem> expected;
  for (std::uint32_t i = 0; i < rows.size(); ++i)
    if (auto found = check(rows[i], i)) expected.push_back(*std::move(found));
  if (!std::ranges::equal(problems, expected, {}, &Problem::event, &Problem::event))
    return fmt::format("problems:\n{}instead of:\n{}", render(problems), render(expected));
  if (render(columns) == render(rows)) return "";
  return fmt::format("{}instead of:\n{}", render(columns), render(rows));
}

std::string compare_event(const std::string& record) {
  EventRow row;
  const bool parsed = parse_event(record, row);
  if (parsed != parses_as_bytes(record, "InferenceEvent")) return "only one parses";
  v1::InferenceEvent event;
  if (!event.ParseFromString(record)) return "";
  if (record.size() <= kMaxRecordBytes) {
    // Between others, so that columns open behind an event and close before one.
    EventColumns columns;
    columns.append(EventRow());
    const ReadResult read = read_event(record, columns);
    columns.append(EventRow());
    const EventRow told = to_row(event);
    if (read.has_value() == check(told).has_value()) return "only one keeps the rules";
    const std::string rows = render(std::vector<EventRow>{EventRow(), told, EventRow()});
    if (render(columns) != rows) return fmt::format("{}instead of:\n{}", render(columns), rows);
  }
  // Serialised, because a NaN equals nothing; unknown fields are not kept by a row.
  event.DiscardUnknownFields();
  const std::string expected = event.SerializeAsString();
  const std::string found = to_event(row).SerializeAsString();
  return found == expected ? "" : fmt::format("{} instead of {}", to_hex(found), to_hex(expected));
}

std::string render(const EventColumns& columns) {
  std::string text;
  for (std::size_t i = 0; i < columns.count; ++i) {
    EventRow row;
    row.event_time_us = columns.event_time_us[i];
    for (std::size_t k = 0; k < kTexts; ++k) row.texts[k] = columns.texts[k].at(i);
    for (std::size_t k = 0; k < kNumbers; ++k)
      if (const auto value = columns.value(static_cast<Number>(k), i))
        row.set(static_cast<Number>(k), *value);
    if (columns.has_status) row.status = columns.status[i];
    if (columns.has_flags) row.flags = columns.flags[i];
    if (columns.has_user_hash) row.user_hash = columns.user_hash[i];
    text += render_row(row);
  }
  return text;
}

std::string render(const std::vector<EventRow>& rows) {
  std::string text;
  for (const EventRow& row : rows) text += render_row(row);
  return text;
}

std::string render(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems)
    text += fmt::format("{} {}: {}\n", problem.event,
                        v1::DeadLetterReason_Name(problem.reason).substr(19), problem.text);
  return text;
}

}  // namespace weir::events
