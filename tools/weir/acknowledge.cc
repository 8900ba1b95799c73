// `weir ack` and `weir mark`: what people say about an alert, to a running weir.
#include "processors/labels/matcher.h"
#include "tools/weir/alert_source.h"
#include "tools/weir/json_rows.h"
#include "tools/weir/output.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using results::Json;

constexpr std::size_t kMaxLineBytes = 1'000;

struct SayArguments {
  RemoteAddress remote;
  std::string alert;
  std::vector<std::string> matchers;  // or, alone, a fingerprint
  std::string by;
  std::string note;
  bool useful = false;
  bool useless = false;
};

/// The answer. `verb`: the last part of the path.
Result<Json> say(const SayArguments& arguments, const char* verb, Json body) {
  body["by"] = arguments.by;
  if (!arguments.note.empty()) body["note"] = arguments.note;
  WEIR_ASSIGN(Remote remote, Remote::open(arguments.remote));
  auto said = remote.ask("POST", fmt::format("/api/v1/alerts/{}/{}", arguments.alert, verb), body);
  if (said || said.error().code != ErrorCode::not_found) return said;
  return fail(ErrorCode::not_found,
              "{}: {} knows no such alert; `weir alerts --all` lists those that it knows",
              arguments.alert, remote.origin());
}

Result<void> ack_matching(const SayArguments& arguments) {
  Json body = {{"matchers", arguments.matchers}, {"by", arguments.by}};
  if (!arguments.note.empty()) body["note"] = arguments.note;
  WEIR_ASSIGN(Remote remote, Remote::open(arguments.remote));
  WEIR_ASSIGN(const Json answer, remote.ask("POST", "/api/v1/alerts/ack", body));
  const Json& matching = field(answer, "matching");
  return print_line(fmt::format("{} alert{} acknowledged by {}", matching.dump(),
                                matching == 1 ? " is" : "s are", arguments.by));
}

Result<void> ack_command(SayArguments arguments) {
  WEIR_ASSIGN(arguments.by, author_of(arguments.by));
  if (arguments.matchers.size() > 1 || !parse_fingerprint(arguments.matchers.front()))
    return ack_matching(arguments);
  arguments.alert = arguments.matchers.front();
  WEIR_ASSIGN(const Json answer, say(arguments, "ack", Json::object()));
  if (const Json& own = field(answer, "acknowledged"); own.is_object())
    return print_line(
        printable(fmt::format("{} is already taken on by {} at {}; nothing is changed",
                              arguments.alert, text_of(own, "by"), text_of(own, "at")),
                  kMaxLineBytes));
  std::string said = fmt::format("{} is acknowledged by {}", arguments.alert, arguments.by);
  if (const Json& before = field(answer, "taken_over_from"); before.is_object())
    said += fmt::format(", who takes it over from {}", text_of(before, "by"));
  return print_line(printable(said, kMaxLineBytes));
}

Result<void> mark_command(SayArguments arguments) {
  WEIR_ASSIGN(arguments.by, author_of(arguments.by));
  WEIR_TRY(say(arguments, "mark", {{"useful", arguments.useful}}));
  return print_line(fmt::format("{} is marked {} by {}", arguments.alert,
                                arguments.useful ? "useful" : "not useful", arguments.by));
}

void add_what(CLI::App& app, std::vector<std::string>& matchers) {
  const auto check = [](const std::string& text) -> std::string {
    if (parse_fingerprint(text)) return "";
    const auto matcher = labels::Matcher::parse(text);
    return matcher ? "" : "is neither a fingerprint nor a matcher: " + matcher.error().message;
  };
  app.add_option("ALERT", matchers,
                 "its fingerprint, as `weir alerts` shows it, whoever has it; or matchers, as of a "
                 "silence, of all that fire and that nobody has taken on")
      ->required()
      ->check(check, "");
}

/// A fingerprint names its alert alone.
void check_what(const std::vector<std::string>& matchers) {
  if (matchers.size() < 2) return;
  for (const std::string& each : matchers)
    if (parse_fingerprint(each))
      throw CLI::ValidationError(
          "ALERT", fmt::format("{} is a fingerprint, beside which nothing else can stand; "
                               "acknowledge one alert at a time, or all that some matchers match",
                               each));
}

void add_saying(CLI::App& app, SayArguments& arguments) {
  add_author(app, "--by", arguments.by);
  app.add_option("--note", arguments.note, "for those who ask `weir why`");
  add_remote(app, arguments.remote, net::Access::write);
}

}  // namespace

void add_ack(Commands& commands) {
  const auto arguments = std::make_shared<SayArguments>();
  CLI::App& app =
      commands.add({.name = "ack",
                    .purpose = "Take firing alerts on, or one over: no repeats any more",
                    .examples = "weir ack 8f1c0b6e2d3a4f50 --note \"looking\"\n"
                                "  weir ack service=chat severity=page"},
                   [arguments] { return ack_command(*arguments); });
  add_what(app, arguments->matchers);
  add_saying(app, *arguments);
  app.parse_complete_callback([arguments] { check_what(arguments->matchers); });
}

void add_mark(Commands& commands) {
  const auto arguments = std::make_shared<SayArguments>();
  CLI::App& app =
      commands.add({.name = "mark",
                    .purpose = "Say whether an alert was worth being told, for `alerts --stats`",
                    .examples = "weir mark 8f1c0b6e2d3a4f50 --useful\n"
                                "  weir mark 8f1c0b6e2d3a4f50 --useless --note \"a test\""},
                   [arguments] { return mark_command(*arguments); });
  add_parsed(app, "ALERT", arguments->alert, parse_fingerprint,
             "its fingerprint, as `weir alerts` shows it")
      ->required();
  add_saying(app, *arguments);
  CLI::App& mark = one_of(app, "mark");
  mark.add_flag("--useful", arguments->useful, "somebody had to act");
  mark.add_flag("--useless", arguments->useless, "nobody had to");
}

}  // namespace weir::cli
