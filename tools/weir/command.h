// The subcommands of `weir`: each file of this folder that is one adds itself here, and main.cc
// turns the outcome of the chosen one into an exit code.
//
// What is wrong with the arguments themselves is a CLI::ParseError, thrown while they are parsed:
// exit code 2. Whatever fails later is an Error: exit code 1.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "processors/core/result.h"

namespace weir::cli {

/// What a subcommand does once everything was parsed.
using Run = std::function<Result<void>()>;

struct CommandInfo {
  std::string name;
  std::string purpose;   // one line, for the list of commands
  std::string examples;  // command lines, at the end of --help
};

class Commands {
 public:
  /// `chosen` becomes what the parsed arguments ask for. `app` outlives this.
  Commands(CLI::App& app, std::shared_ptr<Run> chosen) : app_(app), chosen_(std::move(chosen)) {}

  /// Adds a subcommand. Options are added to what is returned, which lives as long as the
  /// application; the values they fill in must, too.
  CLI::App& add(const CommandInfo& info, Run run);
  /// Adds a subcommand that asks for one of its own.
  CLI::App& add_group(const CommandInfo& info);
  /// The subcommands of one that add_group returned.
  Commands within(CLI::App& group) const { return {group, chosen_}; }

 private:
  CLI::App& app_;
  std::shared_ptr<Run> chosen_;
};

/// A group of options of which exactly one is to be given; it lives as long as `app`.
CLI::App& one_of(CLI::App& app, const std::string& name);

/// Of DIR and --kafka one is to be given; a usage error where not.
void need_one_place(const std::string& directory, const std::string& kafka_config);

void add_ack(Commands& commands);
void add_alerts(Commands& commands);
void add_check(Commands& commands);
void add_explain(Commands& commands);
void add_graph(Commands& commands);
void add_hook_echo(Commands& commands);
void add_import(Commands& commands);
void add_ingest(Commands& commands, const std::string& version);
void add_inspect(Commands& commands);
void add_query(Commands& commands);
void add_mark(Commands& commands);
void add_replay(Commands& commands);
void add_run(Commands& commands, const std::string& version);
void add_silence(Commands& commands);
void add_simulate(Commands& commands);
void add_slo(Commands& commands);
void add_topics(Commands& commands);
void add_up(Commands& commands, const std::string& version);
void add_why(Commands& commands);

/// An option whose value `parse` reads, a Result<T>(const std::string&). `value` stays as it is
/// where the option is absent.
template <class T, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, T& value, Parse parse,
                        const std::string& help) {
  return app.add_option_function<std::string>(
      name,
      [name, &value, parse](const std::string& text) {
        auto parsed = parse(text);
        if (!parsed) throw CLI::ValidationError(name, parsed.error().message);
        value = *std::move(parsed);
      },
      help);
}

}  // namespace weir::cli
