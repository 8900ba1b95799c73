// What a process that runs a pipeline shows while results are told: the view of them, the page with
// its interface, /metrics, and how the pipeline itself is doing.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "processors/runtime/probe.h"
#include "sinks/alerts/api.h"
#include "sinks/dashboard/routes.h"
#include "sinks/prometheus/exposition.h"
#include "sinks/view/live_view.h"
#include "tools/weir/process_facts.h"
#include "tools/weir/up_probe.h"

namespace weir::cli {

/// Everything referred to outlives the results.
struct LiveResultsParts {
  const Settings& settings;
  const runtime::Reader& log;
  runtime::Appender& appender;  // of what people say
  runtime::Metrics& metrics;
  ProcessFacts& facts;
  std::string version;
  TimeUs started_us = 0;
};

class LiveResults {
 public:
  explicit LiveResults(const LiveResultsParts& parts);

  /// The page, its interface, and /metrics. Until `open` is done they answer 503.
  std::vector<net::Route> routes();

  /// Reads earlier results back.
  Result<void> open();
  /// Shows what is new; opens first where that is not done. By the thread of `open`, again and
  /// again. Errors: the log's; it can be called again.
  Result<void> look(TimeUs now);

 private:
  ProcessFacts& facts_;
  view::Probe view_probe_;
  UpProbe up_probe_;
  view::LiveView view_;
  dashboard::Api api_;
  alerts::Api alerts_;
  dashboard::Streams streams_;
  prometheus::Exposition exposition_;
  TimeUs next_facts_ = 0;
  TimeUs next_scrape_ = 0;
  std::atomic<bool> open_ = false;
};

}  // namespace weir::cli
