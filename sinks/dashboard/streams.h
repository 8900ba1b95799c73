// The live stream: clients that want what was told of a scope and window as it is told
// (server-sent events), and how the pipeline is doing.
//
//   event rows      a JSON array of rows as in /api/v1/query; a row replaces the one of its series
//                   and end. Its id is a position: Last-Event-ID takes it up again, also after a
//                   restart.
//   event reset     the position is too far back, or too much changed: ask /api/v1/query again. Its
//                   id is where the stream goes on.
//   event pipeline  as /api/v1/pipeline
//
// A request that is wrong is answered as /api/v1/query answers it, and no stream begins.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "processors/net/http_server.h"
#include "sinks/view/live_view.h"

namespace weir::dashboard {

/// Thread-safe. `tell` by one thread, which never waits for a client.
class Streams {
 public:
  explicit Streams(const view::LiveView& view) : view_(view) {}

  /// Takes a client on; `request` says what it wants and from where on. The refusal, where there is
  /// one: what is wrong with the request.
  std::optional<net::HttpResponse> add(const net::HttpRequest& request,
                                       std::shared_ptr<net::EventStream> stream);
  /// Sends each client what was told since, and forgets those that are gone.
  void tell();
  /// Sends the same event to everybody.
  void tell_all(std::string_view event, std::string_view data);

 private:
  struct Client {
    results::KpiQuery query;
    view::Position position;
    std::shared_ptr<net::EventStream> stream;
  };

  /// False: it is gone.
  bool tell(Client& client, const view::Position& now) const;
  /// nullopt: the client has to ask again.
  std::optional<std::string> rows_since(const Client& client) const;

  const view::LiveView& view_;
  std::mutex mutex_;
  std::list<Client> clients_;
};

}  // namespace weir::dashboard
