// `weir`: adds the subcommands, runs the chosen one, and turns its outcome into an exit code.
#include <csignal>
#include <cstdio>
#include <span>

#include "tools/weir/command.h"
#include "tools/weir/log_setup.h"
#include "tools/weir/version.h"

namespace weir::cli {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2 };

/// The command that was being parsed.
const CLI::App& innermost(const CLI::App& app) {
  return app.get_subcommands().empty() ? app : innermost(*app.get_subcommands().front());
}

/// "weir query kpi".
std::string command_of(const CLI::App& app) {
  const auto inner = app.get_subcommands();
  return inner.empty() ? app.get_name() : app.get_name() + " " + command_of(*inner.front());
}

/// CLI11 misses a subcommand before it looks at what stands in its place.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = innermost(app).remaining();
  const bool misses_command = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const std::string what = misses_command && !unknown.empty()
                               ? fmt::format("'{}' is not known", unknown.front())
                               : error.what();
  // Nothing stands behind a caret.
  const char separator = what.find('\n') == std::string::npos ? ' ' : '\n';
  return fmt::format("{}{}(see {} --help)", what, separator, command_of(app));
}

/// Each line of the message is one problem.
void complain(const std::string& command, std::string_view message) {
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    if (end > 0) fmt::print(stderr, "{}: {}\n", command, message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
}

int run(const CLI::App& app, const Run& chosen) {
  // What goes wrong on the way is told beside the output, not in it.
  Result<void> done = start_log(LogSettings());
  if (done) done = chosen();
  if (done) return kDone;
  complain(command_of(app), done.error().message);
  return kFailed;
}

/// As CLI11 takes them, the last one first. `weir help silence add` is `weir silence add --help`.
std::vector<std::string> arguments_of(std::span<char*> arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  if (!reversed.empty()) reversed.pop_back();  // the program itself
  if (!reversed.empty() && reversed.back() == "help") {
    reversed.pop_back();
    reversed.insert(reversed.begin(), "--help");
  }
  return reversed;
}

int main(int argc, char** argv) {
  CLI::App app("Turns request logs of an AI-inference fleet into rolling KPIs, exactly once.",
               "weir");
  app.set_version_flag("--version", version_text(WEIR_VERSION));
  app.require_subcommand(1);
  app.footer(
      "Example:\n  weir import azure-llm trace.csv --out raw && weir replay raw --out results\n");
  const auto chosen = std::make_shared<Run>();
  Commands commands(app, chosen);
  add_up(commands, WEIR_VERSION);
  add_topics(commands);
  add_run(commands, WEIR_VERSION);
  add_ingest(commands, WEIR_VERSION);
  add_import(commands);
  add_simulate(commands);
  add_replay(commands);
  add_query(commands);
  add_slo(commands);
  add_alerts(commands);
  add_why(commands);
  add_explain(commands);
  add_ack(commands);
  add_mark(commands);
  add_silence(commands);
  add_inspect(commands);
  add_check(commands);
  add_graph(commands);
  add_hook_echo(commands);
  try {
    app.parse(arguments_of({argv, static_cast<std::size_t>(argc)}));
    return run(app, *chosen);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);  // --help, --version
  } catch (const CLI::ParseError& error) {
    complain(command_of(app), explain(app, error));
    return kWrongUsage;
  } catch (const std::exception& error) {
    complain(command_of(app), error.what());
    return kFailed;
  }
}

}  // namespace
}  // namespace weir::cli

int main(int argc, char** argv) {
  // A reader of our output that went away shows as a failed write, which output.h takes for its
  // end.
  std::signal(SIGPIPE, SIG_IGN);
  return weir::cli::main(argc, argv);
}
