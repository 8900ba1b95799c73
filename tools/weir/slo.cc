// `weir slo`: objectives as documents, and how they stand.
#include <algorithm>

#include <google/protobuf/util/json_util.h>

#include "processors/objectives/objective.h"
#include "processors/objectives/open_slo.h"
#include "processors/objectives/parts.h"
#include "tools/weir/alert_source.h"
#include "tools/weir/burn_format.h"
#include "tools/weir/command.h"
#include "tools/weir/json_rows.h"
#include "tools/weir/log_source.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

/// A good start for a service: the text of deploy/slo.yaml, whose service it names.
constexpr std::string_view kDocuments =
    R"(# Objectives of {0}, as OpenSLO v1. Name this file in weir.yaml:
#
#   slo:
#     objectives: [slo.yaml]
#
# A query is a predicate over one request; see processors/predicates/README.md for its grammar.
apiVersion: openslo/v1
kind: SLO
metadata:
  name: {0}-availability
  displayName: Requests of {0} succeed
spec:
  service: {0}
  indicator:
    metadata:
      name: {0}-success
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: weir
            spec:
              query: status == ok
        total:
          metricSource:
            type: weir
            spec:
              # What the caller did wrong is not the service's failure.
              query: service == "{0}" && !(status in (client_error, cancelled))
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: {0}-goodput
  displayName: Requests of {0} are fast as a whole, at their first token and between tokens
spec:
  service: {0}
  indicator:
    metadata:
      name: {0}-all-limits
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: weir
            spec:
              # All limits, met by the same request. One that a request does not tell is not met.
              query: latency <= 30s && ttft <= 2s && tpot <= 100ms
              per: [model]
        total:
          metricSource:
            type: weir
            spec:
              query: service == "{0}" && status == ok && has(ttft) && has(tpot)
              per: [model]
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.95
)";

struct SloArguments {
  std::string service = "chat";
  std::vector<std::string> files;
  ResultPlace place;
  Format format = Format::table;
};

Result<void> init(const SloArguments& arguments) {
  if (arguments.service.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != std::string::npos)
    return fail(ErrorCode::invalid_argument,
                "service '{}': letters, digits, '-', '_' and '.' make a name of a document",
                arguments.service);
  Output output;
  output.write(fmt::format(fmt::runtime(kDocuments), arguments.service));
  return output.finish();
}

std::string window_text(const v1::ObjectiveDefinition& definition) {
  if (!definition.has_calendar()) return format_duration(definition.window_us());
  const v1::CalendarWindow& calendar = definition.calendar();
  return fmt::format("{} {} ({})", calendar.count(), calendar.unit(), calendar.time_zone());
}

std::string method_text(v1::BudgetingMethod method) {
  switch (method) {
    case v1::BUDGETING_METHOD_TIMESLICES:
      return "Timeslices";
    case v1::BUDGETING_METHOD_RATIO_TIMESLICES:
      return "RatioTimeslices";
    default:
      return "Occurrences";
  }
}

Result<void> list(const SloArguments& arguments) {
  WEIR_ASSIGN(const auto objectives, objectives::load_open_slo(arguments.files, {}));
  Output output;
  TextTable table(output);
  for (const char* title :
       {"objective", "service", "target", "window", "method", "conditions", "id"})
    table.add_column(title, TextTable::Align::left);
  for (const objectives::OpenSloObjective& each : objectives) {
    const v1::ObjectiveDefinition& definition = each.definition;
    const auto checked = objectives::make_objective(definition);
    table.add_row({definition.name(), definition.service(),
                   objectives::format_ppb(definition.target_ppb()), window_text(definition),
                   method_text(definition.method()), fmt::format("{}", definition.condition_size()),
                   each.refused.empty() && checked ? fmt::format("{:016x}", checked->id) : "-"});
  }
  table.finish();
  for (const objectives::OpenSloObjective& each : objectives)
    for (const std::string& refusal : each.refused)
      output.write(fmt::format("cannot run: {}\n", refusal));
  WEIR_TRY(output.finish());
  const auto refused = std::ranges::count_if(
      objectives, [](const objectives::OpenSloObjective& each) { return !each.refused.empty(); });
  if (refused > 0)
    return fail(ErrorCode::invalid_argument, "{} of {} objectives cannot run; see above why",
                refused, objectives.size());
  return {};
}

/// What a running weir told last.
Result<void> ask_burn(const RemoteAddress& address, const results::VisitBurn& visit) {
  WEIR_ASSIGN(Remote remote, Remote::open(address));
  WEIR_ASSIGN(const results::Json answer, remote.ask("GET", "/api/v1/objectives"));
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // of a newer weir
  for (const results::Json& row : field(answer, "rows")) {
    v1::BurnResult result;
    if (!google::protobuf::util::JsonStringToMessage(row.dump(), &result, options).ok())
      return fail(ErrorCode::protocol, "{} is no weir: a row of its objectives is no BurnResult",
                  remote.origin());
    if (!visit(result)) return {};
  }
  if (field(answer, "truncated") == true)
    fmt::print(stderr, "weir: warning: {} tells of no more ledgers; --kafka or DIR has all\n",
               remote.origin());
  return {};
}

Result<void> status(const SloArguments& arguments) {
  const ResultPlace& place = arguments.place;
  if (place.directory.empty() && place.kafka_config.empty())
    return write_burn(
        [&](const results::VisitBurn& visit) { return ask_burn(place.remote, visit); },
        arguments.format);
  WEIR_ASSIGN(const auto source, LogSource::open(place.directory, place.kafka_config));
  return write_burn(
      [&](const results::VisitBurn& visit) {
        return results::read_burn(
            source->reader(), {.last = true},
            [&](const v1::BurnResult& result) { return result.closed() || visit(result); });
      },
      arguments.format);
}

}  // namespace

void add_slo(Commands& commands) {
  const auto arguments = std::make_shared<SloArguments>();
  CLI::App& app = commands.add_group({.name = "slo",
                                      .purpose = "Objectives: write, list, and see how they stand",
                                      .examples = "weir slo init --service chat > slo.yaml"});
  Commands kinds = commands.within(app);
  CLI::App& init_app = kinds.add({.name = "init",
                                  .purpose = "Print OpenSLO documents to begin with",
                                  .examples = "weir slo init --service chat > slo.yaml"},
                                 [arguments] { return init(*arguments); });
  init_app.add_option("--service", arguments->service, "the service they are for")
      ->capture_default_str();
  CLI::App& list_app = kinds.add({.name = "list",
                                  .purpose = "Check OpenSLO documents and list their objectives",
                                  .examples = "weir slo list slo.yaml"},
                                 [arguments] { return list(*arguments); });
  list_app.add_option("FILE", arguments->files, "files of OpenSLO documents")->required();
  CLI::App& status_app =
      kinds.add({.name = "status",
                 .purpose = "What each ledger told last: budget left, burn rates, conditions",
                 .examples = "weir slo status\n"
                             "  weir slo status .weir/data"},
                [arguments] { return status(*arguments); });
  add_result_place(status_app, arguments->place);
  add_format(status_app, arguments->format);
}

}  // namespace weir::cli
