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

}  // namespace weir::cli
