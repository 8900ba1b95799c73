#include "processors/events/dead_letter.h"

#include <map>

#include <absl/strings/ascii.h>

#include "processors/core/text.h"

namespace weir::events {
namespace {

constexpr std::string_view kPrefix = "DEAD_LETTER_REASON_";
/// Room for the record's key, framing and the remark about a cut.
constexpr std::size_t kReservedBytes = 4096;
constexpr std::size_t kMaxTextBytes = 1 << 10;
constexpr std::size_t kMaxTextsBytes = 64 << 10;

/// What is kept of a text that quotes what was read: a proto string is UTF-8.
std::string kept(std::string_view text) { return as_utf8(cut_utf8(text, kMaxTextBytes)); }

}  // namespace

std::string reason_name(v1::DeadLetterReason reason) {
  const std::string& name = v1::DeadLetterReason_Name(reason);
  if (name.empty()) return std::to_string(static_cast<int>(reason));
  return absl::AsciiStrToLower(name.substr(kPrefix.size()));
}

void fill_dead_letter(v1::DeadLetter& letter, std::span<const Problem> problems,
                      std::string_view original) {
  letter.set_version(1);
  letter.set_content_type(kept(letter.content_type()));
  letter.set_source(as_utf8(letter.source()));
  std::map<v1::DeadLetterReason, std::string_view> last_text;
  std::size_t text_bytes = 0;
  for (const Problem& problem : problems) {
    v1::DeadLetterEntry& entry = *letter.add_entry();
    entry.set_event_index(problem.event);
    entry.set_reason(problem.reason);
    // Thousands of events with the same fault would say the same thousands of times.
    std::string_view& last = last_text[problem.reason];
    if (last != problem.text && text_bytes < kMaxTextsBytes) entry.set_text(kept(problem.text));
    text_bytes += entry.text().size();
    last = problem.text;
  }
  const std::size_t used = letter.ByteSizeLong() + kReservedBytes;
  const std::size_t room = kMaxRecordBytes > used ? kMaxRecordBytes - used : 0;
  letter.set_original(std::string(original.substr(0, room)));
  if (original.size() > room && letter.entry_size() > 0)
    letter.mutable_entry(0)->mutable_text()->append(
        " (of the original's " + std::to_string(original.size()) + " bytes the first " +
        std::to_string(room) + " are kept)");
}

}  // namespace weir::events
