// Dead letters: what was refused and why, one for each raw record with something wrong in it. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "processors/events/validate.h"
#include "weir/v1/dead_letter.pb.h"

namespace weir::events {

/// "too_old": as metrics and tools print it. A reason from a newer writer is its number.
std::string reason_name(v1::DeadLetterReason reason);

/// Adds problems and original to a dead letter whose source is filled in, so that the message stays
/// below `kMaxRecordBytes`, whatever they quote: of a text, and of the content type, the first 1
/// KiB is kept; a text stands where it differs from the last one of its reason; an original that
/// leaves no room is cut, which the first text then says.
void fill_dead_letter(v1::DeadLetter& letter, std::span<const Problem> problems,
                      std::string_view original);

}  // namespace weir::events
