#include "tools/weir/replay_claim.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/ranges.h>

#include "processors/aggregates/definitions.h"
#include "processors/core/hash.h"

namespace weir::cli {
namespace {

/// The text of a claim:
///
///   weir replay 2
///   <source directory>
///   <hash of the rules>
///   <topic> <partition> <start> <end>     a line for each partition that is read
constexpr std::string_view kFormat = "weir replay 2\n";
/// Had no ends, and hashes of definitions and objectives alone.
constexpr std::string_view kFormerFormat = "weir replay 1\n";

std::string to_text(const Stretch& stretch) {
  std::string text;
  for (const auto& [where, bounds] : stretch)
    text += fmt::format("{} {} {} {}\n", where.topic, where.partition, bounds.start, bounds.end);
  return text;
}

Result<Stretch> parse_stretch(const std::string& text, const std::string& file) {
  Stretch stretch;
  std::istringstream in(text);
  runtime::TopicPartition where;
  runtime::Bounds bounds;
  while (in >> where.topic >> where.partition >> bounds.start >> bounds.end)
    stretch.emplace(where, bounds);
  if (to_text(stretch) != text)
    return fail(ErrorCode::corrupt, "{}: damaged; replay into a new directory", file);
  return stretch;
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
  const std::string file = options.out + "/replay";
  std::string found;
  if (std::ifstream in(file); in) found.assign(std::istreambuf_iterator<char>(in), {});

  const std::string of_source =
      fmt::format("{}{}\n", kFormat, std::filesystem::weakly_canonical(options.source).string());
  const std::string head = fmt::format("{}{:016x}\n", of_source, rules_hash);
  if (found.starts_with(head)) {
    WEIR_ASSIGN(Stretch stretch, parse_stretch(found.substr(head.size()), file));
    return Claim{.stretch = std::move(stretch), .begun_before = true};
  }
  if (home.log->partitions(topics::kInference) || home.log->partitions(topics::kPartial))
    return refusal(options, found.starts_with(kFormerFormat), found.starts_with(of_source));
  WEIR_ASSIGN(Stretch stretch, stretch_of(source, {topics::kInference, topics::kDeadLetter}));
  WEIR_TRY(runtime::replace_file_synced(home.files, file, head + to_text(stretch)));
  return Claim{.stretch = std::move(stretch)};
}

}  // namespace weir::cli
