#include "tools/weir/settings.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include <fmt/ranges.h>

#include "processors/alert/life.h"
#include "processors/config/document.h"
#include "processors/core/text.h"
#include "processors/labels/matcher.h"
#include "processors/net/event_buffer.h"
#include "processors/objectives/open_slo.h"
#include "processors/objectives/parts.h"
#include "processors/slo/binomial.h"
#include "tools/weir/severity_matcher.h"

namespace weir::cli {
namespace {

constexpr std::uint64_t kMinMemory = std::uint64_t{128} << 20;

/// The least the log can go on with: segments being written, some that are read, and the state.
constexpr std::uint64_t kMinDisk = std::uint64_t{64} << 20;
constexpr std::uint64_t kMinPartitionDisk = std::uint64_t{8} << 20;

void check_disk(const config::Section& root, const Settings& settings) {
  const std::int64_t raw =
      settings.raw_partitions > 0 ? settings.raw_partitions : kDefaultRawPartitions;
  const auto partitions = static_cast<std::uint64_t>(raw + settings.keyed_partitions);
  const std::uint64_t least = std::max(kMinDisk, partitions * kMinPartitionDisk);
  if (settings.disk_bytes < least)
    root.refuse("disk", fmt::format("must be at least {}MiB, and 8MiB a partition", least >> 20));
}

void read_retention(const config::Section& section, std::string_view key,
                    runtime::Retention& retention) {
  const auto kind = section.section(key);
  if (!kind) return;
  kind->duration("age", retention.max_age_us);
  kind->bytes("size", retention.max_bytes);
}

void read_log(const config::Section& section, LogSettings& log) {
  section.string("file", log.file);
  if (!section.string("level", log.level)) return;
  static constexpr std::array kLevels = {"trace", "debug", "info", "warning", "error"};
  if (std::ranges::find(kLevels, log.level) == kLevels.end())
    section.refuse("level", "must be one of trace, debug, info, warning, error");
}

void read_process(const config::Section& root, Settings& settings) {
  if (root.bytes("memory", settings.memory_bytes) && settings.memory_bytes < kMinMemory)
    root.refuse("memory", "must be at least 128MiB");
  root.string("data", settings.data);
  if (root.duration("commit_interval", settings.commit_interval_us) &&
      settings.commit_interval_us < kMillisecondUs)
    root.refuse("commit_interval", "must be at least 1ms");
  if (root.integer("partitions", settings.keyed_partitions) &&
      (settings.keyed_partitions < 1 || settings.keyed_partitions > 1024))
    root.refuse("partitions", "must be from 1 to 1024");
  if (root.integer("raw_partitions", settings.raw_partitions) &&
      (settings.raw_partitions < 1 || settings.raw_partitions > 1024))
    root.refuse("raw_partitions", "must be from 1 to 1024");
  if (root.integer("threads", settings.threads) &&
      (settings.threads < 0 || settings.threads > 1024))
    root.refuse("threads", "must be from 0 (one a core) to 1024");
  if (root.bytes("disk", settings.disk_bytes)) check_disk(root, settings);
}

/// What HTTP requests hold is a part of `memory`: an eighth, where nothing else is said.
void share_memory(const config::Section& root, Settings& settings) {
  net::HttpServerOptions& http = settings.http.options;
  const auto section = root.section("http");
  if (!section || !section->has("max_body_memory"))
    http.max_body_memory_bytes = std::max(settings.memory_bytes / 8, 2 * http.max_body_bytes);
  const std::uint64_t bytes = http.max_body_memory_bytes + net::kMaxStreamMemoryBytes;
  if (bytes <= settings.memory_bytes / 2) return;
  root.refuse(section ? "http" : "memory",
              fmt::format("bodies (max_body_memory, by default twice max_body or more) and streams "
                          "may take {}MiB, more than half of `memory`, {}MiB; raise that, or lower "
                          "them",
                          bytes >> 20, settings.memory_bytes >> 20));
}

bool is_told(const Settings& settings, const std::string& name) {
  return std::ranges::find(settings.alert.receivers, name) != settings.alert.receivers.end();
}

/// Who can be told is told, where nobody says otherwise. Alerts go to receivers by name: each has
/// to be one of those that can be told.
void read_alert(const std::optional<config::Section>& section, Settings& settings) {
  std::vector<std::string> known;
  for (const webhook::ReceiverConfig& each : settings.webhook.receivers) known.push_back(each.name);
  settings.alert.receivers = known;
  if (!section) return;
  settings.alert = alert::read_config(*section, known);
  const std::string all =
      known.empty() ? "there are none" : fmt::format("there are {}", fmt::join(known, ", "));
  for (const std::string& name : settings.alert.receivers)
    if (std::ranges::find(known, name) == known.end())
      section->refuse("receivers",
                      fmt::format("{} is not among webhook.receivers and could never be told; {}",
                                  quote(name), all));
}

/// After all was read and found right.
void warn_of_receivers(const std::optional<config::Section>& section, Settings& settings) {
  if (!section) return;
  for (const config::Section& each : section->sections("receivers")) {
    std::string name;
    each.string("name", name);
    if (!is_told(settings, name))
      settings.warnings.push_back(
          fmt::format("{}: receiver {} is not among alert.receivers and is never told anything; "
                      "add it there, or delete it here",
                      each.where("name"), quote(name)));
  }
}

/// An objective's document may name targets of another tool: those say nothing here.
void warn_of_targets(const objectives::OpenSloObjective& objective, Settings& settings) {
  std::set<std::string> unknown;
  for (const v1::ConditionDefinition& condition : objective.definition.condition())
    for (const std::string& target : condition.notify())
      if (!is_told(settings, target)) unknown.insert(target);
  for (const std::string& target : unknown)
    settings.warnings.push_back(
        fmt::format("{}: objective {} is to notify {}, which is not among alert.receivers and is "
                    "left out; where it names no other, everybody is told, or whom `routes` say",
                    objective.where, objective.definition.name(), quote(target)));
}

/// Names of labels that some alert of these objectives can have.
std::set<std::string> label_names(const objectives::Objectives& all) {
  std::set<std::string> names;
  for (const objectives::Objective& objective : all.all()) {
    v1::ConditionChange any;
    for (std::string* text : {any.mutable_objective(), any.mutable_condition(),
                              any.mutable_service(), any.mutable_severity()})
      *text = "any";
    for (const std::string& dimension : objective.definition.per()) {
      any.add_scope(dimension);
      any.add_series("any");
    }
    for (const auto& [name, value] : alert::labels_of(any)) names.insert(name);
  }
  return names;
}

/// What no alert has tells no two of them apart, and a matcher of it holds for none or for all.
/// Which labels alerts have, objectives say; severities are always the same.
void warn_of_labels(const std::optional<config::Section>& section, Settings& settings) {
  const std::set<std::string> known = label_names(*settings.fold.objectives);
  if (!section) return;
  const auto warn = [&](const config::Section& each, std::string_view key,
                        const std::string& name) {
    if (!known.empty() && !known.contains(name))
      settings.warnings.push_back(
          fmt::format("{}: {}: no alert of these objectives has the label {}; there are {}",
                      each.where(key), key, quote(name), fmt::join(known, ", ")));
  };
  const auto look_at_names = [&](const config::Section& each, std::string_view key) {
    std::vector<std::string> names;
    each.strings(key, names);
    for (const std::string& name : names) warn(each, key, name);
  };
  const auto look_at_matchers = [&](const config::Section& each, std::string_view key) {
    std::vector<labels::Matcher> matchers;
    each.list(key, matchers, labels::Matcher::parse);
    for (const labels::Matcher& matcher : matchers) {
      warn(each, key, matcher.proto().name());
      if (const std::string trouble = severity_trouble(matcher); !trouble.empty())
        settings.warnings.push_back(fmt::format("{}: {}: {}", each.where(key), key, trouble));
    }
  };
  look_at_names(*section, "group_by");
  for (const config::Section& route : section->sections("routes")) {
    look_at_matchers(route, "match");
    look_at_names(route, "group_by");
  }
  for (const config::Section& rule : section->sections("inhibit")) {
    look_at_matchers(rule, "source");
    look_at_matchers(rule, "target");
    look_at_names(rule, "equal");
  }
}

/// A planned time of an objective that there is not would leave out nothing.
Result<void> check_maintenance(const std::optional<config::Section>& section,
                               const objectives::Objectives& all) {
  if (!section) return {};
  std::set<std::string> known;
  for (const objectives::Objective& objective : all.all())
    known.insert(objective.definition.name());
  std::string problems;
  for (const config::Section& each : section->sections("maintenance")) {
    std::vector<std::string> names;
    each.strings("objectives", names);
    for (const std::string& name : names)
      if (!known.contains(name))
        problems +=
            fmt::format("{}{}: key 'slo.maintenance': there is no objective {}; there {}",
                        problems.empty() ? "" : "\n", each.where("objectives"), quote(name),
                        known.empty() ? "are none" : fmt::format("are {}", fmt::join(known, ", ")));
  }
  if (!problems.empty()) return fail(ErrorCode::invalid_argument, "{}", problems);
  return {};
}

/// The budget is that of the objective's window: what is before it is spent no more.
void warn_of_windows(const std::string& where, const objectives::Objective& objective,
                     Settings& settings) {
  const v1::ObjectiveDefinition& definition = objective.definition;
  const objectives::Period window = objective.window_at(definition.calendar().start_us() + 1);
  const DurationUs length_us = window.end_us - window.start_us;
  for (const v1::ConditionDefinition& condition : definition.condition())
    if (condition.long_us() > length_us)
      settings.warnings.push_back(
          fmt::format("{}: objective {}: condition {} looks back {}, and the objective has a "
                      "window of {}; write a shorter lookbackWindow",
                      where, definition.name(), quote(condition.name()),
                      format_duration(condition.long_us()), format_duration(length_us)));
}

/// Where everything is bad a budget burns as often as it is in the whole.
void warn_of_factors(const std::string& where, const objectives::Objective& objective,
                     Settings& settings) {
  constexpr auto kAll = objectives::Wide{objectives::kPpb} * objectives::kPpb;
  for (const v1::ConditionDefinition& condition : objective.definition.condition()) {
    const auto bad = objectives::Wide{condition.factor_ppb()} * objective.budget_ppb();
    if (bad < kAll || (bad == kAll && condition.or_equal())) continue;
    settings.warnings.push_back(fmt::format(
        "{}: objective {}: condition {} is above {}x, and no burn rate is above {:.3g}x at this "
        "target: it can never fire; write a lower threshold, or a higher target",
        where, objective.definition.name(), quote(condition.name()),
        objectives::format_ppb(condition.factor_ppb()),
        static_cast<double>(objectives::kPpb) / static_cast<double>(objective.budget_ppb())));
  }
}

/// Why a condition never fires whose window holds no more slices than these; empty: it can.
std::string why_never(const v1::ConditionDefinition& condition, std::int64_t slices,
                      std::int64_t budget_ppb) {
  if (slices < condition.min_events())
    return fmt::format("fewer than slo.low_traffic.min_events, {}", condition.min_events());
  const double probability = slo::binomial_tail(slices, slices, budget_ppb);
  if (condition.level_ppb() == 0 || probability * 1e9 <= static_cast<double>(condition.level_ppb()))
    return "";
  return fmt::format(
      "which chance makes bad, all of them, with probability {:.2g}, above "
      "slo.low_traffic.level, {}",
      probability, objectives::format_ppb(condition.level_ppb()));
}

void warn_of_slices(const std::string& where, const objectives::Objective& objective,
                    Settings& settings) {
  const v1::ObjectiveDefinition& definition = objective.definition;
  if (definition.method() == v1::BUDGETING_METHOD_OCCURRENCES) return;
  for (const v1::ConditionDefinition& condition : definition.condition()) {
    // A slice counts where it ends: as many may end in a window as begin in it, or one more.
    const std::int64_t slices =
        (condition.long_us() + definition.slice_us() - 1) / definition.slice_us();
    const std::string why = why_never(condition, slices, objective.budget_ppb());
    if (why.empty()) continue;
    settings.warnings.push_back(fmt::format(
        "{}: objective {}: condition {} looks back {}, that is {} slices of {} at most, {}: it "
        "can never fire; write a longer lookbackWindow, a shorter timeSliceWindow, or "
        "another slo.low_traffic",
        where, definition.name(), quote(condition.name()), format_duration(condition.long_us()),
        slices, format_duration(definition.slice_us()), why));
  }
}

std::string beside(const std::string& file, std::string_view name) {
  return (std::filesystem::path(file).parent_path() / name).string();
}

Result<std::string> find_objective_file(const std::string& file, std::string_view name) {
  const std::string path = beside(file, name);
  std::error_code unseen;
  if (std::filesystem::is_regular_file(path, unseen)) return std::string(name);
  const bool is_hidden = unseen && unseen != std::errc::no_such_file_or_directory;
  return fail(ErrorCode::not_found,
              "there is no file '{}'{}; write its path as seen from the directory of this "
              "configuration",
              path, is_hidden ? fmt::format(" that can be seen ({})", unseen.message()) : "");
}

/// Each file that is not there is wrong in its line.
void find_objectives(const std::string& file, const config::Section& section, Settings& settings) {
  if (settings.slo.objectives.empty()) return;
  section.list("objectives", settings.slo.objectives,
               [&file](std::string_view name) { return find_objective_file(file, name); });
}

/// The files stand beside the configuration that names them.
Result<void> load_objectives(const std::string& file, Settings& settings) {
  std::vector<std::string> files;
  for (const std::string& name : settings.slo.objectives) files.push_back(beside(file, name));
  WEIR_ASSIGN(const auto read, objectives::load_open_slo(files, settings.slo.low_traffic));
  WEIR_ASSIGN(const v1::Objectives run, objectives::to_run(read));
  WEIR_ASSIGN(settings.fold.objectives, objectives::Objectives::make(run));
  for (std::size_t i = 0; i < read.size(); ++i) {
    warn_of_targets(read[i], settings);
    warn_of_windows(read[i].where, settings.fold.objectives->all()[i], settings);
    warn_of_factors(read[i].where, settings.fold.objectives->all()[i], settings);
    warn_of_slices(read[i].where, settings.fold.objectives->all()[i], settings);
  }
  return {};
}

}  // namespace

MemoryPlan Settings::memory_plan() const {
  const std::uint64_t for_http = http.options.max_body_memory_bytes + net::kMaxStreamMemoryBytes;
  const std::uint64_t rest = memory_bytes - std::min(memory_bytes, for_http);
  const auto percent = [rest](std::uint64_t part) { return rest / 100 * part; };
  return {.block_cache = percent(25),
          .write_buffer = percent(15),
          .open_deltas = percent(20),
          .state_cache = percent(35),
          .uncommitted = percent(10),
          .fetch = percent(5),
          .view = percent(5)};
}

std::int32_t Settings::worker_threads() const {
  if (threads > 0) return static_cast<std::int32_t>(threads);
  return static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
}

GraphOptions Settings::graph_options(std::int32_t raw_partitions, bool history) const {
  GraphOptions options{.fold = fold,
                       .kpi = kpi,
                       .slo = slo,
                       .alert = alert,
                       .keyed_partitions = static_cast<std::int32_t>(keyed_partitions)};
  const MemoryPlan memory = memory_plan();
  options.fold.open_delta_bytes =
      memory.open_deltas / static_cast<std::uint64_t>(std::max(1, raw_partitions));
  options.fold.history = history;
  options.kpi.history = history;
  options.slo.history = history;
  options.alert.history = history;
  return options;
}

Result<Settings> load_settings(const std::string& file) {
  WEIR_TRY(objectives::refuse_open_slo(file));
  auto loaded =
      file.empty() ? config::Document::parse("defaults", "") : config::Document::load(file);
  if (!loaded) return std::unexpected(loaded.error());
  config::Document& document = *loaded;
  config::Section root = document.root();
  Settings settings;
  settings.fold.definitions = fold::default_definitions();
  read_process(root, settings);
  if (const auto retention = root.section("retention")) {
    read_retention(*retention, "raw", settings.retention.raw);
    read_retention(*retention, "partial", settings.retention.partial);
    read_retention(*retention, "result", settings.retention.result);
    read_retention(*retention, "dead_letter", settings.retention.dead_letter);
  }
  if (const auto log = root.section("log")) read_log(*log, settings.log);
  if (const auto section = root.section("kafka")) settings.kafka = read_kafka(*section);
  if (const auto section = root.section("http")) settings.http = net::read_config(*section);
  share_memory(root, settings);
  if (const auto section = root.section("ingest")) {
    settings.ingest = ingest::read_config(*section);
    section->parsed("listen", settings.ingest_listen, net::parse_listen);
  }
  if (const auto section = root.section("fold")) settings.fold = fold::read_config(*section);
  if (const auto section = root.section("kpi")) settings.kpi = kpi::read_config(*section);
  const auto slo_section = root.section("slo");
  if (slo_section) {
    settings.slo = slo::read_config(*slo_section);
    find_objectives(file, *slo_section, settings);
  }
  const auto webhook_section = root.section("webhook");
  if (webhook_section) settings.webhook = webhook::read_config(*webhook_section);
  const auto alert_section = root.section("alert");
  read_alert(alert_section, settings);
  WEIR_TRY(document.finish());
  warn_of_receivers(webhook_section, settings);
  WEIR_TRY(load_objectives(file, settings));
  WEIR_TRY(check_maintenance(slo_section, *settings.fold.objectives));
  warn_of_labels(alert_section, settings);
  return settings;
}

}  // namespace weir::cli
