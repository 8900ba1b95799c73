// What `/api/v1` answers, as functions of a request: the live view and the log in JSON. README.md
// describes the interface. Every answer is bounded, in rows and in bytes. Thread-safe: handlers run
// on several threads.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/net/http_message.h"
#include "processors/runtime/io.h"
#include "sinks/dashboard/pipeline_facts.h"
#include "sinks/results/burndown.h"
#include "sinks/view/live_view.h"

namespace weir::dashboard {

/// Everything referred to outlives the interface.
struct ApiParts {
  const view::LiveView& view;
  const runtime::Reader& log;
  std::function<PipelineFacts()> pipeline;  // called from several threads
  std::function<TimeUs()> clock;
  std::string version;
};

/// `scope`, `window`, `where`, `from`, `to` and `all` of a request, which may have the parameter
/// `also` as well. Error: invalid_argument, naming the parameter.
Result<results::KpiQuery> parse_query(const net::HttpRequest& request, std::string_view also);

net::HttpResponse json_response(const results::Json& json);

class Api {
 public:
  explicit Api(ApiParts parts) : parts_(std::move(parts)) {}

  net::HttpResponse catalog(const net::HttpRequest& request) const;
  net::HttpResponse query(const net::HttpRequest& request) const;
  net::HttpResponse pipeline(const net::HttpRequest& request) const;
  net::HttpResponse dead_letters(const net::HttpRequest& request) const;
  net::HttpResponse objectives(const net::HttpRequest& request) const;
  net::HttpResponse burndown(const net::HttpRequest& request) const;

 private:
  Result<std::vector<results::Burndown>> burndowns(std::string_view objective) const;

  const ApiParts parts_;
  mutable std::mutex burndown_mutex_;
  mutable results::BurndownBoard burndown_board_;  // under the mutex
};

}  // namespace weir::dashboard
