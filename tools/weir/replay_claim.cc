#include "tools/weir/replay_claim.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include <fmt/ranges.h>

#include "processors/aggregates/definitions.h"
#include "processors/core/hash.h"

namespace weir::cli {
namespace {

/// What is written beside the log. Its text:
///
///   weir replay 3
///   <source directory>
///   <hash of the rules>
///   <configuration file>                  empty: the defaults
///   <topic> <partition> <start> <end>     a line for each partition that is read
///   ended                                 once it has
///
/// Version 2 had neither the configuration nor the end; 1 no ends of partitions either, and hashes
/// of definitions and objectives alone: of it the source is read.
struct Written {
  int version = 3;
  std::string source;
  std::string rules;
  std::string config;
  Stretch stretch;
  bool ended = false;
};

constexpr std::string_view kEnded = "ended\n";

std::string path_of(const std::string& directory) { return directory + "/replay"; }

std::string head_of(int version) { return fmt::format("weir replay {}", version); }

std::string to_text(const Written& written) {
  std::string text =
      fmt::format("{}\n{}\n{}\n", head_of(written.version), written.source, written.rules);
  if (written.version >= 3) text += written.config + "\n";
  for (const auto& [where, bounds] : written.stretch)
    text += fmt::format("{} {} {} {}\n", where.topic, where.partition, bounds.start, bounds.end);
  if (written.ended) text += kEnded;
  return text;
}

/// Absent: no replay was begun there, or by a newer weir.
Result<std::optional<Written>> read_written(const std::string& directory) {
  std::ifstream in(path_of(directory));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::istringstream lines(text);
  std::string head;
  std::getline(lines, head);
  Written written;
  while (head != head_of(written.version))
    if (--written.version == 0) return std::nullopt;
  std::getline(lines, written.source);
  if (written.version == 1) return written;
  std::getline(lines, written.rules);
  if (written.version >= 3) std::getline(lines, written.config);
  runtime::TopicPartition where;
  runtime::Bounds bounds;
  while (lines >> where.topic >> where.partition >> bounds.start >> bounds.end)
    written.stretch.emplace(where, bounds);
  written.ended = written.version >= 3 && text.ends_with(fmt::format("\n{}", kEnded));
  if (to_text(written) != text)
    return fail(ErrorCode::corrupt, "{}: damaged; replay into a new directory", path_of(directory));
  return written;
}

Result<void> write(const Written& written, const std::string& directory, Home& home) {
  return runtime::replace_file_synced(home.files, path_of(directory), to_text(written));
}

/// A word of a command line that a shell takes as it is.
std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%=";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char each : text) word += each == '\'' ? "'\\''" : std::string(1, each);
  return word + "'";
}

std::string canonical(const std::string& path) {
  return path.empty() ? path : std::filesystem::weakly_canonical(path).string();
}

std::unexpected<Error> refusal(const ReplayOptions& options, bool former, bool same_source) {
  if (former)
    return fail(ErrorCode::version,
                "{}: holds a replay that an older weir began, which did not keep where its source "
                "ended: it can be read, and not continued; replay into a new directory",
                options.out);
  if (same_source)
    return fail(ErrorCode::invalid_argument,
                "{}: holds a replay of {} under other rules; give those, or an empty directory",
                options.out, options.source);
  return fail(ErrorCode::invalid_argument,
              "{}: holds something other than a replay of {}; give an empty directory", options.out,
              options.source);
}

}  // namespace

Result<std::uint64_t> rules_hash(const Settings& settings) {
  WEIR_ASSIGN(const auto definitions, aggregates::Definitions::make(settings.fold.definitions));
  const slo::Config& slo = settings.slo;
  std::string text = fmt::format(
      "definitions {:016x}\nobjectives {:016x}\ndedup_horizon {}\nkpi.max_series {}\n"
      "slo.max_series {}\nslo.silence {} {}\n",
      definitions->hash(), settings.fold.objectives->hash(), settings.fold.dedup_horizon_us,
      settings.kpi.max_series, slo.max_series, slo.silence.after_us, slo.silence.severity);
  for (const slo::Maintenance& each : slo.maintenance)
    text += fmt::format("slo.maintenance {} {} {}\n", each.from_us, each.to_us, each.objectives);
  return hash64(text + alert::to_text(settings.alert));
}

Result<Claim> claim(const ReplayOptions& options, std::uint64_t rules_hash,
                    const runtime::Reader& source, Home& home) {
  Written claimed{.source = canonical(options.source),
                  .rules = fmt::format("{:016x}", rules_hash),
                  .config = canonical(options.config)};
  WEIR_ASSIGN(auto before, read_written(options.out));
  const bool former = before && before->version == 1;
  const bool same_source = before && before->source == claimed.source;
  if (same_source && !former && before->rules == claimed.rules)
    return Claim{.stretch = std::move(before->stretch), .begun_before = true};
  if (home.log->partitions(topics::kInference) || home.log->partitions(topics::kPartial))
    return refusal(options, former, same_source);
  WEIR_ASSIGN(claimed.stretch, stretch_of(source, {topics::kInference, topics::kDeadLetter}));
  WEIR_TRY(write(claimed, options.out, home));
  return Claim{.stretch = std::move(claimed.stretch)};
}

Result<void> note_end(const std::string& directory, Home& home) {
  WEIR_ASSIGN(auto written, read_written(directory));
  if (!written || written->ended) return {};
  written->version = Written().version;
  written->ended = true;
  return write(*written, directory, home);
}

std::string why_unfinished(const std::string& directory) {
  const auto read = read_written(directory);
  if (!read || !*read) return {};
  const Written& written = **read;
  if (written.version < 3 || written.ended) return {};
  std::string command =
      fmt::format("weir replay {} --out {}", shell_word(written.source), shell_word(directory));
  if (!written.config.empty()) command += " --config " + shell_word(written.config);
  return fmt::format(
      "{}: the replay into it has not ended, and results are missing; unless it is running, go on "
      "with: {}",
      directory, command);
}

}  // namespace weir::cli
