// Which route answers a method and a path. Immutable after make(); thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/net/http_server.h"
#include "processors/net/probe.h"

namespace weir::net {

struct RoutedRoute {
  Route route;
  RouteProbe probe;
};

class Router {
 public:
  /// Error: invalid_argument where two routes have the same method and path, a path does not begin
  /// with "/", or a route has not exactly one of handler and stream.
  static Result<Router> make(std::vector<Route> routes, HttpProbe& probe);

  struct Match {
    RoutedRoute* route = nullptr;  // lives as long as the router; null: none
    std::string allow;             // the methods of that path, for 405; empty: no such path
  };
  /// An exact path before the longest prefix. HEAD finds the handler of GET.
  Match match(std::string_view method, std::string_view path);

  /// Of requests that no route answers.
  RouteProbe& unrouted() { return unrouted_; }

 private:
  Router(std::vector<RoutedRoute> routes, const RouteProbe& unrouted)
      : routes_(std::move(routes)), unrouted_(unrouted) {}

  std::vector<RoutedRoute> routes_;  // exact paths first, then prefixes, longest first
  RouteProbe unrouted_;
};

}  // namespace weir::net
