#include "processors/net/router.h"

#include <algorithm>
#include <tuple>

namespace weir::net {
namespace {

bool is_prefix(const Route& route) { return route.path.ends_with("/*"); }

bool covers(const Route& route, std::string_view path) {
  if (!is_prefix(route)) return route.path == path;
  return path.starts_with(std::string_view(route.path).substr(0, route.path.size() - 1));
}

bool answers(const Route& route, std::string_view method) {
  if (method == "HEAD") return route.method == "GET" && route.handler;
  return route.method == method;
}

void add_allowed(const Route& route, std::string& allow) {
  allow += allow.empty() ? "" : ", ";
  allow += route.method;
  if (answers(route, "HEAD")) allow += ", HEAD";
}

}  // namespace

Result<Router> Router::make(std::vector<Route> routes, HttpProbe& probe) {
  std::ranges::stable_sort(routes, [](const Route& a, const Route& b) {
    if (is_prefix(a) != is_prefix(b)) return is_prefix(b);
    if (a.path.size() != b.path.size()) return a.path.size() > b.path.size();
    return std::tie(a.path, a.method) < std::tie(b.path, b.method);
  });
  std::vector<RoutedRoute> routed;
  for (Route& route : routes) {
    if (!route.path.starts_with('/') || (route.handler == nullptr) == (route.stream == nullptr))
      return fail(
          ErrorCode::invalid_argument,
          "route '{} {}': needs a path that begins with '/' and either a handler or a stream",
          route.method, route.path);
    if (!routed.empty() && routed.back().route.path == route.path &&
        routed.back().route.method == route.method)
      return fail(ErrorCode::invalid_argument, "route '{} {}' is declared twice", route.method,
                  route.path);
    const RouteProbe route_probe = probe.route(route.method, route.path);
    routed.push_back({std::move(route), route_probe});
  }
  return Router(std::move(routed), probe.route("", "other"));
}

Router::Match Router::match(std::string_view method, std::string_view path) {
  Match match;
  const Route* first = nullptr;  // the methods of one path only, not of a shorter prefix
  for (RoutedRoute& routed : routes_) {
    const Route& route = routed.route;
    if (!covers(route, path)) continue;
    if (first != nullptr && first->path != route.path) break;
    first = &route;
    if (answers(route, method)) match.route = &routed;
    add_allowed(route, match.allow);
  }
  return match;
}

}  // namespace weir::net
