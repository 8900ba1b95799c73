#include "sinks/dashboard/routes.h"

#include "sinks/dashboard/page/page_files.h"

namespace weir::dashboard {
namespace {

using net::Access;
using net::HttpRequest;
using net::HttpResponse;

/// A browser keeps a file and asks whether it is still the same.
HttpResponse file_response(const PageFile& file, const HttpRequest& request) {
  HttpResponse response{.headers = {{"ETag", std::string(file.etag)},
                                    {"Cache-Control", "no-cache"},
                                    {"Content-Security-Policy", std::string(kPageSecurityPolicy)}}};
  if (request.header("If-None-Match") == file.etag) {
    response.status = 304;
    return response;
  }
  response.content_type = file.content_type;
  response.body = file.bytes;
  return response;
}

net::Route get(std::string path, net::Handler handler) {
  return {.method = "GET",
          .path = std::move(path),
          .access = Access::read,
          .handler = std::move(handler)};
}

}  // namespace

std::vector<net::Route> routes(const Api& api, Streams& streams) {
  std::vector<net::Route> routes;
  for (const PageFile& file : page_files())
    routes.push_back(get(std::string(file.path), [&file](const HttpRequest& request) {
      return file_response(file, request);
    }));
  using Answer = HttpResponse (Api::*)(const HttpRequest&) const;
  const auto add = [&](const char* path, Answer answer) {
    routes.push_back(
        get(path, [&api, answer](const HttpRequest& request) { return (api.*answer)(request); }));
  };
  add("/api/v1/catalog", &Api::catalog);
  add("/api/v1/query", &Api::query);
  add("/api/v1/pipeline", &Api::pipeline);
  add("/api/v1/deadletters", &Api::dead_letters);
  add("/api/v1/objectives", &Api::objectives);
  add("/api/v1/burndown", &Api::burndown);
  routes.push_back(
      {.method = "GET",
       .path = "/api/v1/stream",
       .access = Access::read,
       .stream = [&streams](const HttpRequest& request, std::shared_ptr<net::EventStream> stream) {
         return streams.add(request, std::move(stream));
       }});
  return routes;
}

}  // namespace weir::dashboard
