#include "processors/net/event_buffer.h"

#include <utility>

namespace weir::net {
namespace {

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find_first_of(std::string_view("\r\n\0", 3)));
}

void add_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\n");
}

class BufferedStream final : public EventStream {
 public:
  explicit BufferedStream(std::shared_ptr<EventBuffer> buffer) : buffer_(std::move(buffer)) {}
  ~BufferedStream() override { buffer_->finish(); }
  BufferedStream(const BufferedStream&) = delete;
  BufferedStream& operator=(const BufferedStream&) = delete;

  bool send(std::string_view event, std::string_view data, std::string_view id) override {
    return buffer_->send(event, data, id);
  }
  bool open() const override { return buffer_->open(); }

 private:
  std::shared_ptr<EventBuffer> buffer_;
};

}  // namespace

std::string format_event(std::string_view event, std::string_view data, std::string_view id) {
  std::string text;
  if (!first_line(id).empty()) add_field(text, "id", first_line(id));
  if (!first_line(event).empty()) add_field(text, "event", first_line(event));
  while (true) {
    const std::size_t end = data.find_first_of("\r\n");
    add_field(text, "data", data.substr(0, end));
    if (end == std::string_view::npos) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  text += '\n';
  return text;
}

bool EventBuffer::send(std::string_view event, std::string_view data, std::string_view id) {
  std::string text = format_event(event, data, id);
  const std::lock_guard lock(mutex_);
  if (finished_) return false;
  if (waiting_.size() + text.size() > limit_ || !claim_.grow(text.size())) {
    slow_.add();
    finished_ = true;
    forget_waiting();
    wake_up();
    return false;
  }
  waiting_ += text;
  wake_up();
  return true;
}

bool EventBuffer::open() const {
  const std::lock_guard lock(mutex_);
  return !finished_;
}

void EventBuffer::finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  wake_up();
}

std::string EventBuffer::take() {
  const std::lock_guard lock(mutex_);
  awake_ = false;
  claim_.shrink(std::exchange(sending_bytes_, waiting_.size()));
  return std::exchange(waiting_, {});
}

bool EventBuffer::drained() const {
  const std::lock_guard lock(mutex_);
  return finished_ && waiting_.empty();
}

void EventBuffer::close() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  waiting_ = {};
  claim_.release();
  sending_bytes_ = 0;
  wake_ = nullptr;
}

void EventBuffer::forget_waiting() {
  claim_.shrink(waiting_.size());
  waiting_ = {};
}

void EventBuffer::wake_up() {
  if (!wake_ || std::exchange(awake_, true)) return;
  wake_();
}

std::shared_ptr<EventStream> make_event_stream(std::shared_ptr<EventBuffer> buffer) {
  return std::make_shared<BufferedStream>(std::move(buffer));
}

}  // namespace weir::net
