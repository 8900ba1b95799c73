// `weir silence`: of what nobody is told for a while. Added and expired at a running weir.
#include <array>
#include <cstdio>
#include <optional>
#include <span>
#include <vector>

#include "processors/core/id.h"
#include "processors/core/text.h"
#include "processors/labels/matcher.h"
#include "processors/net/target.h"
#include "tools/weir/alert_source.h"
#include "tools/weir/home.h"
#include "tools/weir/json_rows.h"
#include "tools/weir/severity_matcher.h"

namespace weir::cli {
namespace {

using results::Json;

struct SilenceArguments {
  ResultPlace place;
  std::vector<std::string> matchers;
  std::string by;
  std::string reason;
  std::optional<DurationUs> length_us;
  std::optional<TimeUs> from_us;
  std::optional<TimeUs> to_us;
  std::string id;
  bool all = false;
  Format format = Format::table;
};

/// What the matchers were taken for.
std::vector<labels::Matcher> matchers_of(const SilenceArguments& arguments) {
  std::vector<labels::Matcher> matchers;
  for (const std::string& text : arguments.matchers)
    if (auto matcher = labels::Matcher::parse(text)) matchers.push_back(*std::move(matcher));
  return matchers;
}

/// What is silenced, and when.
std::string silence_text(const SilenceArguments& arguments,
                         std::span<const labels::Matcher> matchers) {
  const TimeUs now = now_us() / kSecondUs * kSecondUs;
  const TimeUs from = arguments.from_us.value_or(now);
  const TimeUs to = arguments.to_us.value_or(from + arguments.length_us.value_or(0));
  return fmt::format("silenced {}{} until {}", labels::to_text(matchers),
                     from > now ? " from " + format_rfc3339(from) : "", format_rfc3339(to));
}

/// The id stands alone on standard output, for scripts.
Result<void> add_command(const SilenceArguments& arguments) {
  WEIR_ASSIGN(const std::string by, author_of(arguments.by));
  Json body = {{"matchers", arguments.matchers}, {"by", by}, {"reason", arguments.reason}};
  if (arguments.length_us) body["for"] = format_duration(*arguments.length_us);
  if (arguments.from_us) body["from"] = format_rfc3339(*arguments.from_us);
  if (arguments.to_us) body["to"] = format_rfc3339(*arguments.to_us);
  WEIR_ASSIGN(Remote remote, Remote::open(arguments.place.remote));
  WEIR_ASSIGN(const Json answer, remote.ask("POST", "/api/v1/silences", body));
  WEIR_TRY(print_line(text_of(answer, "id")));
  const std::vector<labels::Matcher> matchers = matchers_of(arguments);
  for (const labels::Matcher& each : matchers)
    if (const std::string trouble = severity_trouble(each); !trouble.empty())
      fmt::print(stderr, "weir: warning: {}\n", trouble);
  const Json& matching = field(answer, "matching");
  fmt::print(stderr, "weir: {}{}; `weir silence expire` with its id ends it sooner\n",
             silence_text(arguments, matchers),
             matching.is_number()
                 ? fmt::format("; it holds of {} alert{} that stand{} now", matching.dump(),
                               matching == 1 ? "" : "s", matching == 1 ? "s" : "")
                 : "");
  return {};
}

Result<void> expire_command(const SilenceArguments& arguments) {
  WEIR_ASSIGN(const std::string by, author_of(arguments.by));
  WEIR_ASSIGN(Remote remote, Remote::open(arguments.place.remote));
  const auto done = remote.ask(
      "DELETE", fmt::format("/api/v1/silences/{}?by={}", arguments.id, net::encode_query(by)));
  if (done) return print_line(fmt::format("{} is expired by {}", arguments.id, by));
  if (done.error().code != ErrorCode::not_found) return std::unexpected(done.error());
  return fail(ErrorCode::not_found,
              "{}: {} knows no such silence; `weir silence list` lists those that it knows",
              arguments.id, remote.origin());
}

constexpr std::array kSilenceColumns = {
    JsonColumn{"id", [](const Json& row) { return text_of(row, "id"); }},
    JsonColumn{"state", [](const Json& row) { return text_of(row, "state"); }},
    JsonColumn{"from", [](const Json& row) { return text_of(row, "starts_at"); }},
    JsonColumn{"to", [](const Json& row) { return text_of(row, "ends_at"); }},
    JsonColumn{"by", [](const Json& row) { return text_of(row, "by"); }},
    JsonColumn{"matchers", [](const Json& row) { return joined(field(row, "matchers")); }},
    JsonColumn{"reason", [](const Json& row) { return text_of(row, "reason"); }}};

Result<void> list_command(const SilenceArguments& arguments) {
  WEIR_ASSIGN(const auto source, AlertSource::open(arguments.place));
  WEIR_ASSIGN(const Json silences, source->silences(arguments.all));
  Output output;
  return write_rows(silences, kSilenceColumns, arguments.format, output,
                    arguments.all ? "there is no silence"
                                  : "no silence holds or will; --all shows those that have ended");
}

Result<std::string> parse_silence_id(const std::string& text) {
  if (const auto id = parse_id(text)) return format_id(*id);
  return fail(ErrorCode::invalid_argument,
              "{} is no id of a silence, which is 32 of 0-9 a-f; `weir silence list` lists them",
              quote(text));
}

void add_matchers(CLI::App& app, std::vector<std::string>& matchers) {
  const auto check = [](const std::string& text) -> std::string {
    const auto matcher = labels::Matcher::parse(text);
    return matcher ? "" : matcher.error().message;
  };
  app.add_option("MATCHER", matchers,
                 "label=value, !=, =~ or !~ (regular expressions of the whole value); all of them "
                 "hold of what is silenced")
      ->required()
      ->check(check, "");
}

void add_add(Commands& kinds, const std::shared_ptr<SilenceArguments>& arguments) {
  CLI::App& app =
      kinds.add({.name = "add",
                 .purpose = "Begin a silence, and print its id",
                 .examples = "weir silence add service=chat --for 2h --reason \"roll-out\"\n"
                             "  weir silence add service=chat 'tenant=~\"eu-.*\"' "
                             "--from 2026-01-05T03:00:00Z --to 2026-01-05T05:00:00Z "
                             "--reason \"maintenance\""},
                [arguments] { return add_command(*arguments); });
  add_matchers(app, arguments->matchers);
  add_author(app, "--by,--author", arguments->by);
  app.add_option("--reason", arguments->reason, "for those who wonder")->required();
  add_parsed(app, "--from", arguments->from_us, parse_rfc3339,
             "when it begins (2026-01-05T03:00:00Z; now)");
  CLI::App& end = one_of(app, "end");
  add_parsed(end, "--for", arguments->length_us, parse_duration, "how long it holds (2h)");
  add_parsed(end, "--to", arguments->to_us, parse_rfc3339, "or when it ends");
  add_remote(app, arguments->place.remote, net::Access::write);
}

void add_list(Commands& kinds, const std::shared_ptr<SilenceArguments>& arguments) {
  CLI::App& app = kinds.add({.name = "list",
                             .purpose = "Silences that hold or will",
                             .examples = "weir silence list\n"
                                         "  weir silence list .weir/data --all"},
                            [arguments] { return list_command(*arguments); });
  add_result_place(app, arguments->place);
  app.add_flag("--all", arguments->all, "also those that have ended");
  add_format(app, arguments->format);
}

void add_expire(Commands& kinds, const std::shared_ptr<SilenceArguments>& arguments) {
  CLI::App& app = kinds.add({.name = "expire",
                             .purpose = "End a silence now",
                             .examples = "weir silence expire 07c1d3a54f0e4b7a9d2b6c8e1f305a42"},
                            [arguments] { return expire_command(*arguments); });
  add_parsed(app, "ID", arguments->id, parse_silence_id, "as `weir silence list` shows it")
      ->required();
  add_author(app, "--by,--author", arguments->by);
  add_remote(app, arguments->place.remote, net::Access::write);
}

}  // namespace

void add_silence(Commands& commands) {
  CLI::App& app = commands.add_group(
      {.name = "silence",
       .purpose = "Tell nobody of some alerts for a while",
       .examples = "weir silence add service=chat --for 2h --reason \"roll-out\""});
  Commands kinds = commands.within(app);
  add_add(kinds, std::make_shared<SilenceArguments>());
  add_list(kinds, std::make_shared<SilenceArguments>());
  add_expire(kinds, std::make_shared<SilenceArguments>());
}

}  // namespace weir::cli
