// Rows of an answer: the newest, as many as fit. A value; one thread.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace weir::dashboard {

/// An answer's rows take no more than this as text, whatever a limit allows.
inline constexpr std::size_t kMaxAnswerBytes = 32 << 20;

class BoundedRows {
 public:
  explicit BoundedRows(std::size_t max_rows, std::size_t max_bytes = kMaxAnswerBytes)
      : max_rows_(max_rows), max_bytes_(max_bytes) {}

  /// Takes one that is newer than all before; the oldest go where they do not fit. The newest
  /// stays, however long it is.
  void add(std::string row);

  std::size_t size() const { return rows_.size(); }
  /// Whether some went.
  bool truncated() const { return truncated_; }

  /// "[...]" of JSON rows, in the order they came or the other one.
  std::string oldest_first() const;
  std::string newest_first() const;

 private:
  const std::size_t max_rows_;
  const std::size_t max_bytes_;
  std::deque<std::string> rows_;
  std::size_t bytes_ = 0;
  bool truncated_ = false;
};

}  // namespace weir::dashboard
