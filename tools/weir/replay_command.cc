// The command line of `weir replay`.
#include "tools/weir/command.h"
#include "tools/weir/replay.h"

namespace weir::cli {

void add_replay(Commands& commands) {
  const auto options = std::make_shared<ReplayOptions>();
  CLI::App& app =
      commands.add({.name = "replay",
                    .purpose = "Run the graph over the raw events of a log, in event time",
                    .examples = "weir replay raw --out results --config weir.yaml"},
                   [options] { return replay(*options); });
  app.add_option("DIR", options->source, "directory of the log that holds the raw events")
      ->required();
  app.add_option("--out", options->out,
                 "directory for results: a new one, or one whose replay was interrupted")
      ->required();
  app.add_option("-c,--config", options->config, "configuration file (default: built in)");
  app.add_flag("--stats", options->stats, "print Weir's own metrics at the end");
}

}  // namespace weir::cli
