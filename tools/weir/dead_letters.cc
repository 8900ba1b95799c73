#include "tools/weir/dead_letters.h"

#include <map>

#include "processors/events/dead_letter.h"
#include "processors/graph.h"
#include "sinks/results/proto_json.h"
#include "sinks/results/record_scan.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using results::Json;
using results::parse_record;
using results::scan_topic;
using results::to_line;

constexpr std::size_t kTableTextBytes = 60;
constexpr std::size_t kTableOriginalBytes = 40;
constexpr std::size_t kOriginalBytes = 4096;

/// One entry of a dead letter.
struct Refusal {
  TimeUs time_us = 0;  // 0: refused before the history it is of had a time
  const v1::DeadLetter& letter;
  const v1::DeadLetterEntry& entry;
  std::string_view text;

  std::string time() const { return time_us == 0 ? "" : format_rfc3339(time_us); }
  std::string where() const {
    if (letter.topic().empty()) return letter.source();
    return fmt::format("{}@{}",
                       to_string(runtime::TopicPartition{letter.topic(), letter.partition()}),
                       letter.offset());
  }
};

/// Calls `show(refusal)`, which says whether to go on.
template <class Show>
Result<void> for_each_refusal(const runtime::Reader& log, const Show& show) {
  const auto partitions = log.partitions(topics::kDeadLetter);
  if (!partitions && partitions.error().code == ErrorCode::not_found) return {};
  return scan_topic(
      log, topics::kDeadLetter, [&](std::int32_t, const runtime::Record& record) -> Result<bool> {
        v1::DeadLetter letter;
        WEIR_TRY(parse_record(record, letter));
        const TimeUs time =
            letter.append_time_us() != 0 ? letter.append_time_us() : record.append_time_us;
        // Of entries in a row that say the same, only the first one has the text.
        std::map<v1::DeadLetterReason, std::string_view> last_text;
        for (const v1::DeadLetterEntry& entry : letter.entry()) {
          std::string_view& text = last_text[entry.reason()];
          if (!entry.text().empty()) text = entry.text();
          if (!show(Refusal{time, letter, entry, text})) return false;
        }
        return true;
      });
}

Json json_of(const Refusal& refusal) {
  const v1::DeadLetter& letter = refusal.letter;
  const bool imported = letter.topic().empty();
  Json json;
  json["time"] = refusal.time_us == 0 ? Json() : Json(refusal.time());
  json["topic"] = imported ? Json() : Json(letter.topic());
  json["partition"] = imported ? Json() : Json(letter.partition());
  json["offset"] = imported ? Json() : Json(letter.offset());
  json["source"] = letter.source().empty() ? Json() : Json(letter.source());
  json["content_type"] = letter.content_type().empty() ? Json() : Json(letter.content_type());
  json["event_index"] = refusal.entry.event_index();
  json["reason"] = events::reason_name(refusal.entry.reason());
  json["text"] = refusal.text;
  json["original"] = printable(letter.original(), kOriginalBytes);
  return json;
}

std::string csv_line(const Refusal& refusal) {
  return fmt::format("{},{},{},{},{},{}\n", refusal.time(), csv_field(refusal.where()),
                     refusal.entry.event_index(), events::reason_name(refusal.entry.reason()),
                     csv_field(refusal.text),
                     csv_field(printable(refusal.letter.original(), kOriginalBytes)));
}

Result<void> write_table(const runtime::Reader& log, Output& output) {
  TextTable table(output);
  table.add_column("time", TextTable::Align::left);
  table.add_column("where", TextTable::Align::left);
  table.add_column("event", TextTable::Align::right);
  for (const char* title : {"reason", "text", "original"})
    table.add_column(title, TextTable::Align::left);
  WEIR_TRY(for_each_refusal(log, [&](const Refusal& refusal) {
    table.add_row({refusal.time().empty() ? "-" : refusal.time(), refusal.where(),
                   fmt::format("{}", refusal.entry.event_index()),
                   events::reason_name(refusal.entry.reason()),
                   printable(refusal.text, kTableTextBytes),
                   printable(refusal.letter.original(), kTableOriginalBytes)});
    return true;
  }));
  table.finish("nothing was refused");
  return {};
}

}  // namespace

Result<void> write_dead_letters(const runtime::Reader& log, Format format) {
  Output output;
  if (format == Format::table) {
    WEIR_TRY(write_table(log, output));
  } else if (format == Format::json) {
    WEIR_TRY(for_each_refusal(
        log, [&](const Refusal& refusal) { return output.write(to_line(json_of(refusal))); }));
  } else {
    output.write("time,where,event_index,reason,text,original\n");
    WEIR_TRY(for_each_refusal(
        log, [&](const Refusal& refusal) { return output.write(csv_line(refusal)); }));
  }
  return output.finish();
}

}  // namespace weir::cli
