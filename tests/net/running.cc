#include "tests/net/running.h"

#include <sstream>

namespace weir::net {

Running::Running(HttpServerOptions options, std::vector<Route> more) {
  const auto wait = [this](const HttpRequest& request) { return pass_gate(request); };
  more.push_back({.method = "GET", .path = "/hello", .handler = [](const HttpRequest&) {
                    return HttpResponse{.content_type = "text/plain", .body = "hello"};
                  }});
  more.push_back({.method = "POST", .path = "/echo", .handler = [](const HttpRequest& request) {
                    return HttpResponse{.content_type = "text/plain", .body = request.body};
                  }});
  more.push_back({.method = "GET", .path = "/gate/*", .handler = wait});
  more.push_back({.method = "POST", .path = "/gate/*", .handler = wait});
  server = HttpServer::start(std::move(options), std::move(more), probe).value();
}

Running::~Running() {
  open_gate();
  server.reset();
}

void Running::open_gate() {
  const std::lock_guard lock(mutex_);
  gate_is_open_ = true;
  changed_.notify_all();
}

void Running::wait_at_gate(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return at_gate_ >= count; });
}

HttpResponse Running::pass_gate(const HttpRequest& request) {
  std::unique_lock lock(mutex_);
  ++at_gate_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return gate_is_open_; });
  return {.body = request.path};
}

std::string Running::metrics(std::string_view prefix) const {
  std::istringstream lines(registry.expose());
  std::string found;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(prefix)) found += line + "\n";
  return found;
}

}  // namespace weir::net
