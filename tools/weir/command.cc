#include "tools/weir/command.h"

namespace weir::cli {
namespace {

CLI::App& add_app(CLI::App& parent, const CommandInfo& info) {
  CLI::App& app = *parent.add_subcommand(info.name, info.purpose);
  app.footer(fmt::format("Example:\n  {}\n", info.examples));
  return app;
}

}  // namespace

CLI::App& Commands::add(const CommandInfo& info, Run run) {
  CLI::App& app = add_app(app_, info);
  app.callback([chosen = chosen_, run = std::move(run)] { *chosen = run; });
  return app;
}

CLI::App& Commands::add_group(const CommandInfo& info) {
  CLI::App& app = add_app(app_, info);
  app.require_subcommand(1);
  return app;
}

CLI::App& one_of(CLI::App& app, const std::string& name) {
  CLI::App& group = *app.add_option_group(name);
  group.require_option(1);
  return group;
}

void need_one_place(const std::string& directory, const std::string& kafka_config) {
  if (directory.empty() && kafka_config.empty())
    throw CLI::RequiredError("DIR, or --kafka instead of it,");
  if (!directory.empty() && !kafka_config.empty()) throw CLI::ExcludesError("DIR", "--kafka");
}

}  // namespace weir::cli
