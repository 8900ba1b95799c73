#include "processors/net/http_server.h"

#include <future>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "processors/net/access.h"
#include "processors/net/connection.h"
#include "processors/net/server_core.h"
#include "processors/net/tls.h"

namespace weir::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Above max_connections: this many are still told so, further ones are only closed.
constexpr std::size_t kSpareConnections = 64;
// For everything else that a process opens.
constexpr std::size_t kOtherFiles = 512;
constexpr std::chrono::milliseconds kAcceptPause{100};

Result<void> allow_files(std::size_t connections) {
  const rlim_t wanted = connections + kSpareConnections + kOtherFiles;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return {};
  const rlim_t hard = limit.rlim_max;
  limit.rlim_cur = wanted;
  if (hard >= wanted && setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return fail(ErrorCode::exhausted,
              "this process may open {} files, which is too few for http.max_connections {}: raise "
              "the limit (ulimit -n {}), or set http.max_connections lower",
              hard, connections, wanted);
}

Result<void> bind_and_listen(const HttpServerOptions& options, tcp::acceptor& acceptor) {
  const tcp::endpoint endpoint(asio::ip::make_address(options.address), options.port);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  return fail(ErrorCode::io, "cannot listen on {} port {}: {}; choose another: {}", options.address,
              options.port, error.message(), options.chosen_by);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, Router router, HttpProbe& probe)
      : core_(std::move(options), std::move(router), probe),
        acceptor_(core_.io),
        pause_(core_.io) {}
  ~Impl() {
    drain(0);
    core_.workers.stop();
    core_.io.stop();
    if (thread_.joinable()) thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> start() {
    const HttpServerOptions& options = core_.options;
    if (options.tls) {
      WEIR_ASSIGN(core_.tls, make_tls(*options.tls));
    }
    WEIR_TRY(allow_files(options.max_connections));
    WEIR_TRY(bind_and_listen(options, acceptor_));
    port_ = acceptor_.local_endpoint().port();
    accept();
    thread_ = std::thread([this] { core_.io.run(); });
    return {};
  }

  std::uint16_t port() const { return port_; }

  void drain(DurationUs at_most_us) {
    core_.draining = true;
    if (!thread_.joinable()) return;
    std::promise<void> told;
    asio::post(core_.io, [this, &told] {
      acceptor_.close();
      pause_.cancel();
      for (const auto& connection : core_.connections.all()) connection->drain();
      told.set_value();
    });
    told.get_future().wait();
    if (core_.connections.wait_empty(std::chrono::microseconds(at_most_us))) return;
    asio::post(core_.io, [this] {
      for (const auto& connection : core_.connections.all()) connection->abort();
    });
  }

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return wait_and_accept();
      take(std::move(socket));
      accept();
    });
  }

  // Out of files or memory: what is open goes on, and new ones wait.
  void wait_and_accept() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](boost::system::error_code error) {
      if (!error) accept();
    });
  }

  void take(tcp::socket socket) {
    const std::size_t open = core_.connections.size();
    const bool over_limit = open >= core_.options.max_connections;
    (over_limit ? core_.probe.refused_connections : core_.probe.accepted_connections).add();
    if (open >= core_.options.max_connections + kSpareConnections) return;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    serve(core_, std::move(socket), over_limit);
  }

  ServerCore core_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

Result<void> HttpServer::check(const HttpServerOptions& options) {
  WEIR_TRY(check_options(options));
  if (options.tls) WEIR_TRY(make_tls(*options.tls));
  WEIR_TRY(allow_files(options.max_connections));
  asio::io_context io;
  tcp::acceptor acceptor(io);
  return bind_and_listen(options, acceptor);
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options,
                                                      std::vector<Route> routes, HttpProbe& probe) {
  WEIR_TRY(check_options(options));
  WEIR_ASSIGN(Router router, Router::make(std::move(routes), probe));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(router), probe);
  WEIR_TRY(impl->start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return impl_->port(); }
void HttpServer::drain(DurationUs at_most_us) { impl_->drain(at_most_us); }

}  // namespace weir::net
