// What people say, read from JSON bodies. Pure. Errors: invalid_argument, naming the field; what to
// do follows "; ".
#pragma once

#include <string>
#include <string_view>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "weir/v1/signal.pb.h"

namespace weir::alerts {

/// "FINGERPRINT/ack", "ack" or "FINGERPRINT/mark", what stands behind /api/v1/alerts/; its body:
///   {"by": "ann", "note": "looking"}
///   {"matchers": ["service=chat"], "by": "ann", "note": "looking"}
///   {"by": "ann", "useful": true, "note": "it was the roll-out"}
Result<v1::Signal> read_saying(std::string_view path, std::string_view body);

/// {"matchers": ["service=chat"], "by": "ann", "reason": "roll-out", "for": "2h"}; instead of `for`
/// an end `to`, and a start `from` other than now. Matchers that may hold of everything are
/// refused, here as of an acknowledgement.
Result<v1::Silence> read_silence(std::string_view body, TimeUs now, std::string id);

/// 16 lower-case hexadecimal digits.
bool is_fingerprint(std::string_view text);

}  // namespace weir::alerts
