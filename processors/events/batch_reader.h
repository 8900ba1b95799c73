// The wire form of InferenceBatch, straight into columns. Written by hand because the generated
// class costs as much as everything after it; it accepts what that class accepts (unknown fields,
// packed and unpacked columns, repeated occurrences), gives the same events, and is fuzzed against
// it.
//
// Reference: https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "processors/events/columns.h"
#include "processors/events/validate.h"

namespace weir::events {

/// A repeated fixed-width field: the bytes of its occurrences, joined where there are several.
class FixedColumn {
 public:
  void clear() { bytes_ = {}; }
  void append(std::string_view bytes);
  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
  std::string joined_;
};

/// Keeps scratch memory between records. Not thread-safe.
class BatchReader {
 public:
  /// A larger batch is refused. More than a record's size is for who splits it.
  explicit BatchReader(std::size_t max_bytes = kMaxRecordBytes) : max_bytes_(max_bytes) {}

  /// Replaces `columns` by the events of the record, whose bytes must outlive them, and adds to
  /// `problems` those that do not count (ascending, at most one an event); they keep their place in
  /// the columns and the caller leaves them out. A problem of the whole record (malformed wire
  /// bytes, columns of unequal length, a code without a value, too many events, too large) is
  /// returned, and `columns` is empty.
  ReadResult read(std::string_view record, EventColumns& columns, std::vector<Problem>& problems);

  /// An event of the batch read last into `columns`, with what these leave out (request_id,
  /// confidence). REQUIRES: event < columns.count; views live as long as the record.
  void row(const EventColumns& columns, std::size_t event, EventRow& row) const;

 private:
  static constexpr std::size_t kFields = 33;  // field numbers of InferenceBatch, and 0

  enum class Needed : bool { optional, always };

  bool parse(std::string_view record, EventColumns& columns);
  ReadResult build(EventColumns& columns);
  std::string_view column_bytes(int field) const;
  ReadResult check_length(int field, std::size_t width, Needed needed = Needed::optional) const;
  template <class T>
  bool copy(int field, std::vector<T>& column) const;
  void build_times(EventColumns& columns) const;
  ReadResult build_text(int field, TextColumn& column) const;
  void check_rows(const EventColumns& columns, std::vector<Problem>& problems) const;
  ReadResult append_others(EventColumns& columns, std::vector<Problem>& problems);

  const std::size_t max_bytes_;
  std::uint32_t count_ = 0;
  std::int64_t base_time_us_ = 0;
  std::array<FixedColumn, kFields> fixed_;       // by field number
  std::array<std::string_view, kFields> bytes_;  // bytes fields and codes of string columns
  std::vector<std::string_view> others_;
};

}  // namespace weir::events
