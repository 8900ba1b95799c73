// `weir up`: everything in one process. Events come in over HTTP, the graph runs on threads, and
// results go out over HTTP as they are told.
#pragma once

#include <optional>
#include <string>

#include "processors/core/result.h"
#include "processors/net/config.h"

namespace weir::cli {

struct UpOptions {
  std::string config;                 // empty: defaults
  std::string directory;              // empty: the configuration's
  std::optional<net::Listen> listen;  // absent: the configuration's
  bool demo = false;                  // simulated traffic as well
  std::optional<double> demo_rate;    // events a second
  std::string version;
};

/// Runs until SIGINT or SIGTERM: then what clients have begun to send is answered, every worker
/// finishes its step, and all is committed. Called again it continues. While the disk is full,
/// producers are refused and nothing is lost; it goes on once there is room. Error: what could not
/// be opened or bound, or the first thing that failed.
Result<void> up(const UpOptions& options);

}  // namespace weir::cli
