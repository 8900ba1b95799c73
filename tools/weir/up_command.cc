// The command line of `weir up`.
#include "tools/weir/command.h"
#include "tools/weir/up.h"

namespace weir::cli {

void add_up(Commands& commands, const std::string& version) {
  const auto options = std::make_shared<UpOptions>();
  options->version = version;
  CLI::App& app = commands.add(
      {.name = "up",
       .purpose = "Take events over HTTP and show what becomes of them, live",
       .examples = "weir up --demo\n"
                   "  curl --data-binary @events.ndjson http://127.0.0.1:8080/v1/events"},
      [options] { return up(*options); });
  app.add_option("--data", options->directory,
                 "directory of the log, made where it is missing (default: `data` of the "
                 "configuration, .weir/data)");
  app.add_option("-c,--config", options->config, "configuration file (default: built in)");
  add_parsed(app, "--listen", options->listen, net::parse_listen,
             "address and port (default: `http.listen` of the configuration, 127.0.0.1:8080)");
  app.add_flag("--demo", options->demo,
               "simulated traffic as well, with an incident a minute after the start");
  app.add_option("--demo-rate", options->demo_rate,
                 "events a second with --demo, on average over a day (default: 300)")
      ->check(CLI::Range(1.0, 1e6));
}

}  // namespace weir::cli
