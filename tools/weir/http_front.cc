#include "tools/weir/http_front.h"

namespace weir::cli {

Result<void> check_http(const Settings& settings) {
  WEIR_ASSIGN(const net::HttpServerOptions http, net::load_secrets(settings.http));
  return net::HttpServer::check(http);
}

Result<std::unique_ptr<net::HttpServer>> start_http(const Settings& settings,
                                                    std::vector<net::Route> routes,
                                                    Readiness readiness, net::HttpProbe& probe) {
  const auto text = [](std::string body) {
    return net::HttpResponse{.content_type = "text/plain", .body = std::move(body)};
  };
  routes.push_back({.method = "GET", .path = "/healthz", .handler = [text](const auto&) {
                      return text("ok\n");
                    }});
  routes.push_back({.method = "GET",
                    .path = "/readyz",
                    .handler = [text, readiness = std::move(readiness)](const auto&) {
                      const std::string why = readiness.why_not();
                      if (why.empty()) return text("ready\n");
                      return net::error_response(
                          503, why,
                          fmt::format("wait; {} shows how far it is", readiness.progress_path));
                    }});
  WEIR_ASSIGN(net::HttpServerOptions http, net::load_secrets(settings.http));
  return net::HttpServer::start(std::move(http), std::move(routes), probe);
}

std::string url_of(const Settings& settings, const net::HttpServer& http) {
  const net::HttpServerOptions& options = settings.http.options;
  return fmt::format("{}://{}", options.tls ? "https" : "http",
                     net::to_string({options.address, http.port()}));
}

void add_receiver_routes(const std::unique_ptr<ingest::EventReceiver>& receiver,
                         std::vector<net::Route>& routes) {
  using Receive = net::HttpResponse (ingest::EventReceiver::*)(const net::HttpRequest&);
  const auto add = [&](const char* path, Receive receive) {
    routes.push_back({.method = "POST",
                      .path = path,
                      .access = net::Access::write,
                      .handler = [&receiver, receive](const net::HttpRequest& request) {
                        return (*receiver.*receive)(request);
                      }});
  };
  add("/v1/events", &ingest::EventReceiver::receive_events);
  add("/v1/traces", &ingest::EventReceiver::receive_traces);
}

}  // namespace weir::cli
