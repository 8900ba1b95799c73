// What a receiver has yet to be told of a group, and when. Pure functions of what is in the book.
#pragma once

#include <string>
#include <vector>

#include "processors/alert/book.h"
#include "processors/alert/config.h"

namespace weir::alert {

/// Alerts of a group whose state the receiver does not know, by fingerprint.
struct Pending {
  std::vector<const Entry*> begun;
  std::vector<const Entry*> ended;
  std::vector<const Entry*> acknowledged;

  bool any() const { return !begun.empty() || !ended.empty() || !acknowledged.empty(); }
  TimeUs time_us() const;  // the greatest event time of any
};

/// A muted alert that fires is not told; one that was told as firing is told as resolved even then.
Pending pending_of(const Group& group, const Book& book);

/// Alerts that fire and are not muted, by fingerprint.
std::vector<const Entry*> visible_of(const Group& group, const Book& book);

/// Members that are gone, and those that resolved without anybody to be told.
std::vector<std::string> lapsed_of(const Group& group, const Book& book);

/// Whether what is pending is due at the book's append time. The first page of a group does not
/// wait for the interval. All waits until every task that evaluates conditions is as far as it, so
/// that what one cause sets off in several is told together, but for 15 s at most.
bool is_due(const Grouping& grouping, const Group& group, const Pending& pending, const Book& book);

/// Whether nothing is pending, and what nobody acknowledged is to be told again.
bool is_repeat_due(const Grouping& grouping, const Group& group, const Book& book);

/// Whether all that its receiver was told of last and that fires was acknowledged, and so the
/// incident of who keeps one: it then wakes nobody any more, whatever else is told of it.
bool is_taken_on(const Group& group);

/// The receiver knows now what `pending` and `visible` say, from the group itself or a digest.
void note_told(const Pending& pending, TimeUs now, const Book& book, Group& group);

}  // namespace weir::alert
