// What a receiver is told: one record of weir.alert, or what several of them come to. Plain values;
// pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/time.h"
#include "weir/v1/alert.pb.h"

namespace weir::webhook {

/// What a receiver is not told: while it waited, its group, or the incident of it, was over.
struct Lapsed {
  v1::Alert alert;  // of a line only its fingerprint
  std::string notification_id;
  std::int64_t offset = 0;  // of that notification
};

struct Item {
  /// What is told in order: of one alert (its fingerprint) or of one group.
  std::string key;
  v1::AlertRecord record;
  TimeUs append_time_us = 0;          // since when it waits
  std::vector<std::int64_t> offsets;  // of the records that are in it, ascending; empty: a resend
  std::vector<Lapsed> lapsed;         // of those records

  std::uint32_t attempts = 0;  // that were answered, so far
  bool alone = false;          // not together with others: they were refused as one
};

/// Folds an earlier item of the same key into a later one, which then tells the last state of
/// everything that either tells of: alerts of the earlier notification that the later one does not
/// name any more are added as they were, but for what fired where nothing does in the later one:
/// that is hidden by then, or told by the next one, and lapsed.
void fold_into(const Item& earlier, Item& later);

/// Whether it ends what stands open under the key for who keeps incidents: what begins after it is
/// another incident, which wakes somebody.
bool ends_incident(const v1::Notification& notification);

/// The fingerprints of the alerts that it tells of, ascending, each once. They live as long as the
/// item.
std::vector<std::string_view> alerts_of(const Item& item);

/// What it takes in memory, about.
std::size_t bytes_of(const Item& item);

}  // namespace weir::webhook
