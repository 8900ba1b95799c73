// The command lines of `weir run` and `weir ingest`.
#include "tools/weir/command.h"
#include "tools/weir/kafka_process.h"

namespace weir::cli {
namespace {

void add_options(CLI::App& app, KafkaProcessOptions& options, const std::string& listen) {
  app.add_option("-c,--config", options.config, "configuration file (default: built in)");
  add_parsed(app, "--listen", options.listen, net::parse_listen,
             fmt::format("address and port (default: {} of the configuration)", listen));
}

}  // namespace

void add_run(Commands& commands, const std::string& version) {
  const auto options = std::make_shared<KafkaProcessOptions>();
  options->version = version;
  CLI::App& app =
      commands.add({.name = "run",
                    .purpose = "Run the processors on a Kafka cluster, and show their results",
                    .examples = "weir run -c deploy/kafka.yaml"},
                   [options] { return run_processors(*options); });
  add_options(app, *options, "`http.listen`");
  app.add_flag("--accept-loss", options->accept_loss,
               "go on where records were deleted at the broker before they were read");
}

void add_ingest(Commands& commands, const std::string& version) {
  const auto options = std::make_shared<KafkaProcessOptions>();
  options->version = version;
  CLI::App& app = commands.add(
      {.name = "ingest",
       .purpose = "Take events over HTTP and append them to a Kafka cluster",
       .examples = "weir ingest -c deploy/kafka.yaml\n"
                   "  curl --data-binary @events.ndjson http://127.0.0.1:8081/v1/events"},
      [options] { return run_receiver(*options); });
  add_options(app, *options, "`ingest.listen`");
}

}  // namespace weir::cli
