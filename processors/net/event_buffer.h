// What waits to be sent on one event stream, between whoever sends events and the I/O thread. All
// functions are thread-safe.
//
// An event on the wire (text/event-stream, WHATWG HTML §9.2), then an empty line:
//   id: 17
//   event: result
//   data: first line
//   data: second line
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "processors/net/http_server.h"
#include "processors/net/memory_budget.h"

namespace weir::net {

/// One event as text. A line break in `event` or `id` cuts them off there.
std::string format_event(std::string_view event, std::string_view data, std::string_view id);

/// What waits in all streams of a server together, or is being sent. A client for whose event there
/// is no room is closed, like one that is slow by itself.
inline constexpr std::size_t kMaxStreamMemoryBytes = 32 << 20;

class EventBuffer {
 public:
  /// At most `limit_bytes` wait; they and those that are being sent come out of `all`, which all
  /// streams share. `wake` tells the I/O thread that there is something to take or that nothing
  /// more will come; it never waits, and is not called after close(). `slow` counts a full buffer.
  EventBuffer(std::size_t limit_bytes, std::shared_ptr<MemoryBudget> all, runtime::Counter& slow,
              std::function<void()> wake)
      : limit_(limit_bytes), all_(std::move(all)), slow_(slow), wake_(std::move(wake)) {}

  /// As EventStream::send.
  bool send(std::string_view event, std::string_view data, std::string_view id);
  bool open() const;
  /// Nothing more will be sent; what waits still goes out.
  void finish();

  /// Takes all that waits, to send it: what was taken before is sent. For the I/O thread.
  std::string take();
  /// Whether nothing will ever wait again. For the I/O thread.
  bool drained() const;
  /// The client is gone: forgets what waits. For the I/O thread.
  void close();

 private:
  void wake_up();
  void forget_waiting();

  const std::size_t limit_;
  const std::shared_ptr<MemoryBudget> all_;
  runtime::Counter& slow_;
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  MemoryBudget::Claim claim_{*all_};  // of what waits and what is being sent
  std::string waiting_;
  std::size_t sending_bytes_ = 0;
  bool finished_ = false;
  bool awake_ = false;  // woken, and did not take yet
};

/// The sender's end of a buffer, which finishes it when it goes.
std::shared_ptr<EventStream> make_event_stream(std::shared_ptr<EventBuffer> buffer);

}  // namespace weir::net
