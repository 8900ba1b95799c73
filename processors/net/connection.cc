#include "processors/net/connection.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>

#include "processors/net/event_buffer.h"

namespace weir::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::error_code;

constexpr std::size_t kIdleBufferBytes = 4 << 10;
constexpr std::size_t kBodyBufferBytes = 64 << 10;
constexpr std::chrono::seconds kLinger{2};

constexpr std::chrono::microseconds us(DurationUs duration) {
  return std::chrono::microseconds(duration);
}

// What the I/O thread waits for.
enum class State : std::uint8_t { idle, reading, handling, writing, streaming, closing };

// The answer to bytes that are no request, where there is one.
std::optional<HttpResponse> answer_to(error_code error, const HttpServerOptions& options) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return error_response(
        431, fmt::format("the head of the request is above {} bytes", options.max_header_bytes));
  if (error == http::error::body_limit)
    return error_response(413, fmt::format("the body is above {} bytes", options.max_body_bytes),
                          "send it in smaller parts");
  if (error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  if (error.category() == make_error_code(http::error::bad_method).category())
    return error_response(400, "this is not an HTTP/1.1 request: " + error.message());
  return std::nullopt;
}

template <class Stream>
class Connection final : public OpenConnection,
                         public std::enable_shared_from_this<Connection<Stream>> {
 public:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  Connection(ServerCore& core, Stream stream, bool over_limit)
      : core_(core),
        stream_(std::move(stream)),
        timer_(core.io),
        over_limit_(over_limit),
        buffer_(kBodyBufferBytes + core.options.max_header_bytes) {
    error_code error;
    const auto end = lowest().socket().remote_endpoint(error);
    remote_ = error ? "" : fmt::format("{}:{}", end.address().to_string(), end.port());
  }
  ~Connection() override {
    end_stream();
    if (exchange_ && exchange_->events) exchange_->events->close();
    core_.connections.remove(this);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    if constexpr (kTls) {
      lowest().expires_after(us(core_.options.header_timeout_us));
      stream_.async_handshake(asio::ssl::stream_base::server, then(&Connection::on_handshake));
    } else {
      begin();
    }
  }

  void drain() override {
    if (state_ == State::idle) close();
    if (events_) events_->finish();
  }
  void abort() override { close(); }

 private:
  using Step = void (Connection::*)(error_code, std::size_t bytes);

  /// What happens when an operation is done. One type for all of them: asio's and Beast's code is
  /// made anew for each type, which takes long to compile where that is a lambda's.
  struct Then {
    std::shared_ptr<Connection> self;
    Step step;
    void operator()(error_code error, std::size_t bytes = 0) { ((*self).*step)(error, bytes); }
  };

  auto self() { return this->shared_from_this(); }
  Then then(Step step) { return {self(), step}; }
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  void on_handshake(error_code error, std::size_t) { error ? close() : begin(); }

  void begin() {
    if (!over_limit_) return next();
    new_exchange();
    linger_ = true;
    HttpResponse response =
        error_response(503, "too many connections are open", "close idle ones, or try again later");
    response.headers.emplace_back("Retry-After", "1");
    write(std::move(response));
  }

  void new_exchange() {
    exchange_ = std::make_shared<Exchange>(core_.memory);
    exchange_->probe = &core_.router.unrouted();
    exchange_->began = std::chrono::steady_clock::now();
  }

  // --- reading a request

  void next() {
    new_exchange();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.options.max_header_bytes));
    parser_->body_limit(core_.options.max_body_bytes);
    claimed_ = 0;
    if (buffer_.size() > 0) return read_head();
    if (core_.draining) return finish();
    state_ = State::idle;
    buffer_.shrink_to_fit();
    lowest().expires_after(us(core_.options.idle_timeout_us));
    stream_.async_read_some(buffer_.prepare(kIdleBufferBytes), then(&Connection::on_begun));
  }

  void on_begun(error_code error, std::size_t bytes) {
    if (error) return close();
    buffer_.commit(bytes);
    read_head();
  }

  void read_head() {
    state_ = State::reading;
    exchange_->began = std::chrono::steady_clock::now();
    lowest().expires_after(us(core_.options.header_timeout_us));
    http::async_read_header(stream_, buffer_, *parser_, then(&Connection::on_head));
  }

  void on_head(error_code error, std::size_t) {
    if (error) return fail_reading(error);
    exchange_->began = std::chrono::steady_clock::now();
    exchange_->keep_alive = parser_->keep_alive();
    exchange_->request.remote = remote_;
    if (auto refusal = admit(core_.context(), parser_->get().base(), *exchange_))
      return refuse(*std::move(refusal));
    if (parser_->is_done()) return dispatch();
    lowest().expires_after(us(core_.options.body_timeout_us));
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) return invite_body();
    read_body();
  }

  void invite_body() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::const_buffer(kContinue.data(), kContinue.size()),
                      then(&Connection::on_invited));
  }

  void on_invited(error_code error, std::size_t) { error ? close() : read_body(); }

  void read_body() {
    parser_->eager(true);
    buffer_.reserve(kBodyBufferBytes);
    http::async_read_some(stream_, buffer_, *parser_, then(&Connection::on_body));
  }

  void on_body(error_code error, std::size_t) {
    if (error) return fail_reading(error);
    const std::size_t received = parser_->get().body().size();
    if (!exchange_->claim.grow(received - std::exchange(claimed_, received))) {
      core_.probe.memory_full.add();
      return refuse(overloaded("too many request bodies are being received"));
    }
    parser_->is_done() ? dispatch() : read_body();
  }

  void fail_reading(error_code error) {
    auto answer = answer_to(error, core_.options);
    if (!answer) return close();
    exchange_->keep_alive = false;
    linger_ = true;
    write(*std::move(answer));
  }

  // An answer before the body was read, which then may still be on its way.
  void refuse(HttpResponse response) {
    if (!parser_->is_done()) {
      exchange_->keep_alive = false;
      linger_ = true;
    }
    write(std::move(response));
  }

  // --- handling it

  void dispatch() {
    exchange_->request.body = std::move(parser_->get().body());
    exchange_->probe->received_bytes.add(exchange_->request.body.size());
    parser_.reset();
    state_ = State::handling;
    if (core_.workers.submit([self = self()] { self->work(); })) return;
    core_.probe.queue_full.add();
    write(overloaded("more requests wait than the server can take"));
  }

  // On a worker thread, while the I/O thread leaves the exchange alone.
  void work() {
    const auto exchange = exchange_;
    if (auto refusal = decode_body(core_.context(), *exchange)) return answer(*refusal);
    if (!exchange->route->stream) return answer(handle(*exchange));
    exchange->events = std::make_shared<EventBuffer>(
        core_.options.max_stream_bytes, core_.stream_memory, core_.probe.slow_streams,
        [weak = std::weak_ptr<Connection>(self()), &io = core_.io] {
          asio::post(io, [weak] {
            if (const auto connection = weak.lock()) connection->pump();
          });
        });
    if (auto refusal = start_sending(*exchange, make_event_stream(exchange->events))) {
      // Who was told of it before the handler threw forgets it.
      asio::post(core_.io, [events = exchange->events] { events->close(); });
      return answer(*std::move(refusal));
    }
    asio::post(core_.io,
               [self = self(), events = exchange->events] { self->start_stream(events); });
  }

  void answer(HttpResponse response) {
    exchange_->request.body = {};
    exchange_->claim.release();
    asio::post(core_.io, [self = self(), response = std::move(response)]() mutable {
      self->write(std::move(response));
    });
  }

  // --- answering

  void write(HttpResponse response) {
    if (state_ == State::closing) return;
    state_ = State::writing;
    keep_alive_ = exchange_->keep_alive && !core_.draining;
    answer_ = render(core_.context(), *exchange_, std::move(response), keep_alive_);
    lowest().expires_after(us(core_.options.write_timeout_us));
    http::async_write(stream_, answer_, then(&Connection::on_answered));
  }

  void on_answered(error_code error, std::size_t) {
    if (error) return close();
    answer_ = {};
    keep_alive_ ? next() : finish();
  }

  void start_stream(std::shared_ptr<EventBuffer> events) {
    if (state_ == State::closing) return events->close();
    state_ = State::streaming;
    events_ = std::move(events);
    answer_ = render_stream_head(core_.context(), *exchange_);
    core_.probe.open_streams.add(1);
    writing_ = true;
    buffer_.clear();  // the connection ends with the stream, and with it what was pipelined
    lowest().expires_never();
    http::async_write(stream_, answer_, then(&Connection::on_written));
    watch_client();
    beat();
    if (core_.draining) events_->finish();
  }

  // Nothing is expected from the client of a stream; only so do we see it go.
  void watch_client() {
    stream_.async_read_some(buffer_.prepare(kIdleBufferBytes), then(&Connection::on_client));
  }

  void on_client(error_code error, std::size_t) { error ? close() : watch_client(); }

  void pump() {
    if (!events_ || writing_) return;
    sending_ = events_->take();
    if (!sending_.empty()) return send();
    if (!events_->drained()) return;
    error_code ignored;
    lowest().socket().shutdown(asio::socket_base::shutdown_send, ignored);
    close();
  }

  void send() {
    writing_ = true;
    asio::async_write(stream_, asio::const_buffer(sending_.data(), sending_.size()),
                      then(&Connection::on_written));
  }

  void on_written(error_code error, std::size_t) {
    writing_ = stuck_ = false;
    error ? close() : pump();
  }

  // Tells a dead client from a quiet stream, and closes one that takes nothing.
  void beat() {
    timer_.expires_after(us(core_.options.stream_heartbeat_us));
    timer_.async_wait(then(&Connection::on_beat));
  }

  void on_beat(error_code error, std::size_t) {
    if (error || !events_) return;
    if (writing_ && std::exchange(stuck_, true)) return close();
    if (!writing_) {
      sending_ = ":\n\n";
      send();
    }
    beat();
  }

  // --- ending

  void end_stream() {
    if (!events_) return;
    events_->close();
    events_.reset();
    core_.probe.open_streams.add(-1);
  }

  // Says goodbye and takes what is still on its way for a moment: a socket that is closed with
  // unread bytes resets the connection, and the client may lose the answer.
  void finish() {
    state_ = State::closing;
    lowest().expires_after(kLinger);
    if constexpr (kTls) {
      stream_.async_shutdown(then(&Connection::on_goodbye));
    } else {
      linger();
    }
  }

  void on_goodbye(error_code, std::size_t) { linger(); }

  void linger() {
    error_code ignored;
    lowest().socket().shutdown(asio::socket_base::shutdown_send, ignored);
    linger_ ? discard() : close();
  }

  void discard() {
    buffer_.clear();
    lowest().async_read_some(buffer_.prepare(kBodyBufferBytes), then(&Connection::on_discarded));
  }

  void on_discarded(error_code error, std::size_t) { error ? close() : discard(); }

  void close() {
    state_ = State::closing;
    timer_.cancel();
    end_stream();
    lowest().close();
  }

  ServerCore& core_;
  Stream stream_;
  asio::steady_timer timer_;  // of a stream's heartbeat
  const bool over_limit_;
  State state_ = State::idle;
  bool linger_ = false;  // the client may still be sending
  std::string remote_;
  beast::flat_buffer buffer_;

  std::optional<http::request_parser<http::string_body>> parser_;
  std::shared_ptr<Exchange> exchange_;
  std::size_t claimed_ = 0;
  Answer answer_;            // or the head of a stream
  bool keep_alive_ = false;  // after it

  std::shared_ptr<EventBuffer> events_;
  std::string sending_;
  bool writing_ = false;
  bool stuck_ = false;  // the write that is under way was so at the last heartbeat
};

template <class Stream>
void start(ServerCore& core, Stream stream, bool over_limit) {
  auto connection = std::make_shared<Connection<Stream>>(core, std::move(stream), over_limit);
  core.connections.add(connection);
  connection->start();
}

}  // namespace

void serve(ServerCore& core, asio::ip::tcp::socket socket, bool over_limit) {
  beast::tcp_stream stream(std::move(socket));
  if (core.tls)
    start(core, beast::ssl_stream<beast::tcp_stream>(std::move(stream), *core.tls), over_limit);
  else
    start(core, std::move(stream), over_limit);
}

}  // namespace weir::net
