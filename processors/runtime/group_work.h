// Leader and followers: of the callers that come with requests one at a time does the work of all
// that wait, so that they share what it costs once (a sync).
#pragma once

#include <condition_variable>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "processors/core/result.h"

namespace weir::runtime {

/// Thread-safe.
template <class Request>
class GroupWork {
 public:
  /// Returns when `work(requests)` was called for a group that holds `request`, with its result. At
  /// most one call of `work` runs at a time, in the thread of one of its callers.
  template <class Work>
  Result<void> run(Request& request, Work&& work) {
    std::unique_lock lock(mutex_);
    Result<void> result;
    Waiting self{&request, &result};
    waiting_.push_back(&self);
    changed_.wait(lock, [&] { return self.done || !busy_; });
    if (self.done) return result;

    busy_ = true;
    const std::vector<Waiting*> group = std::exchange(waiting_, {});
    lock.unlock();
    std::vector<Request*> requests;
    for (const Waiting* member : group) requests.push_back(member->request);
    const Result<void> outcome = work(std::span<Request* const>(requests));
    lock.lock();
    busy_ = false;
    for (Waiting* member : group) {
      *member->result = outcome;
      member->done = true;
    }
    changed_.notify_all();
    return outcome;
  }

 private:
  struct Waiting {
    Request* request;
    Result<void>* result;
    bool done = false;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting*> waiting_;
  bool busy_ = false;
};

}  // namespace weir::runtime
