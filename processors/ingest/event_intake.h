// What one request brought: its good events as records for `weir.inference`, and why each of the
// others was not taken. Personal data ends here: users become keyed hashes, error texts are cut or
// dropped. The same events under the same rules give the same records, byte for byte, which is what
// makes a repeated request recognisable. One thread; reused from request to request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/events/batch_writer.h"
#include "processors/events/event.h"
#include "processors/events/validate.h"
#include "processors/ingest/user_key.h"
#include "processors/runtime/io.h"

namespace weir::ingest {

struct IntakeRules {
  UserKey user_key;
  bool keep_error_detail = true;
};

/// An event that was not taken.
struct RejectedEvent {
  std::uint32_t index = 0;  // among the events of the request, from 0
  std::string field;        // as in the proto; empty where no single field is wrong
  std::string reason;       // for a person
};

class EventIntake {
 public:
  /// Of the rejected events, so many are kept; all are counted.
  static constexpr std::size_t kMaxRejected = 100;

  explicit EventIntake(const IntakeRules& rules) : rules_(rules) {}

  /// Takes an event that keeps the rules of events::check. `user_id` is whom it was for, "" where
  /// it does not say. A user_hash that a producer made is hashed again: it may be a plain number.
  void add(events::EventRow& row, std::string_view user_id = {});
  void reject(std::uint32_t index, const events::Problem& problem);

  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t rejected_total() const { return rejected_total_; }
  const std::vector<RejectedEvent>& rejected() const { return rejected_; }

  /// The records of what was taken; empty again, but for the counts.
  std::vector<runtime::NewRecord> take_records();
  /// As new.
  void clear();

 private:
  void end_batch();

  const IntakeRules rules_;
  events::BatchWriter batch_;
  std::vector<runtime::NewRecord> records_;
  std::vector<RejectedEvent> rejected_;
  std::uint64_t accepted_ = 0;
  std::uint64_t rejected_total_ = 0;
};

}  // namespace weir::ingest
