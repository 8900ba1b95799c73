#include "sinks/dashboard/bounded_rows.h"

#include <fmt/ranges.h>

namespace weir::dashboard {

void BoundedRows::add(std::string row) {
  bytes_ += row.size();
  rows_.push_back(std::move(row));
  while (rows_.size() > 1 && (rows_.size() > max_rows_ || bytes_ > max_bytes_)) {
    bytes_ -= rows_.front().size();
    rows_.pop_front();
    truncated_ = true;
  }
}

std::string BoundedRows::oldest_first() const {
  return fmt::format("[{}]", fmt::join(rows_, ",\n"));
}

std::string BoundedRows::newest_first() const {
  return fmt::format("[{}]", fmt::join(rows_.rbegin(), rows_.rend(), ",\n"));
}

}  // namespace weir::dashboard
