// `weir ack` and `weir mark`: what people say about an alert, to a running weir.
#include "tools/weir/alert_source.h"
#include "tools/weir/output.h"

namespace weir::cli {
namespace {

using results::Json;

struct SayArguments {
  RemoteAddress remote;
  std::string alert;
  std::string by;
  std::string note;
  bool useful = false;
  bool useless = false;
};

/// `verb`: the last part of the path.
Result<void> say(const SayArguments& arguments, const char* verb, Json body) {
  body["by"] = arguments.by;
  if (!arguments.note.empty()) body["note"] = arguments.note;
  WEIR_ASSIGN(Remote remote, Remote::open(arguments.remote));
  const auto said =
      remote.ask("POST", fmt::format("/api/v1/alerts/{}/{}", arguments.alert, verb), body);
  if (said) return {};
  if (said.error().code != ErrorCode::not_found) return std::unexpected(said.error());
  return fail(ErrorCode::not_found,
              "{}: {} knows no such alert; `weir alerts --all` lists those that it knows",
              arguments.alert, remote.origin());
}

Result<void> ack_command(SayArguments arguments) {
  WEIR_ASSIGN(arguments.by, author_of(arguments.by));
  WEIR_TRY(say(arguments, "ack", Json::object()));
  return print_line(fmt::format("{} is acknowledged by {}", arguments.alert, arguments.by));
}

Result<void> mark_command(SayArguments arguments) {
  WEIR_ASSIGN(arguments.by, author_of(arguments.by));
  WEIR_TRY(say(arguments, "mark", {{"useful", arguments.useful}}));
  return print_line(fmt::format("{} is marked {} by {}", arguments.alert,
                                arguments.useful ? "useful" : "not useful", arguments.by));
}

void add_saying(CLI::App& app, SayArguments& arguments) {
  add_parsed(app, "ALERT", arguments.alert, parse_fingerprint,
             "its fingerprint, as `weir alerts` shows it")
      ->required();
  add_author(app, "--by", arguments.by);
  app.add_option("--note", arguments.note, "for those who ask `weir why`");
  add_remote(app, arguments.remote, net::Access::write);
}

}  // namespace

void add_ack(Commands& commands) {
  const auto arguments = std::make_shared<SayArguments>();
  CLI::App& app = commands.add({.name = "ack",
                                .purpose = "Take a firing alert on: it is not repeated any more",
                                .examples = "weir ack 8f1c0b6e2d3a4f50 --note \"looking\""},
                               [arguments] { return ack_command(*arguments); });
  add_saying(app, *arguments);
}

void add_mark(Commands& commands) {
  const auto arguments = std::make_shared<SayArguments>();
  CLI::App& app =
      commands.add({.name = "mark",
                    .purpose = "Say whether an alert was worth being told, for `alerts --stats`",
                    .examples = "weir mark 8f1c0b6e2d3a4f50 --useful\n"
                                "  weir mark 8f1c0b6e2d3a4f50 --useless --note \"a test\""},
                   [arguments] { return mark_command(*arguments); });
  add_saying(app, *arguments);
  CLI::Option_group& mark = *app.add_option_group("mark");
  mark.add_flag("--useful", arguments->useful, "somebody had to act");
  mark.add_flag("--useless", arguments->useless, "nobody had to");
  mark.require_option(1);
}

}  // namespace weir::cli
