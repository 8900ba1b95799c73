// `weir inspect`: what is in a data directory, and its records, decoded.
#include <charconv>

#include "processors/runtime/posix_file_system.h"
#include "sinks/results/record_scan.h"
#include "tools/weir/command.h"
#include "tools/weir/data_directory.h"
#include "tools/weir/kafka_inspect.h"
#include "tools/weir/log_source.h"
#include "tools/weir/output.h"
#include "tools/weir/record_json.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using results::Json;

using runtime::TopicPartition;

struct InspectArguments {
  std::string directory;
  std::string kafka_config;
  std::string topic;
  std::optional<std::int32_t> partition;
  std::int64_t from = 0;
  std::int64_t limit = 10;
};

void write_partitions(const DirectoryFacts& facts, Output& output) {
  TextTable table(output);
  table.add_column("topic/partition", TextTable::Align::left);
  for (const char* title : {"start", "end", "records", "disk"})
    table.add_column(title, TextTable::Align::right);
  for (const PartitionFacts& partition : facts.partitions) {
    const auto& [start, end] = partition.bounds;
    table.add_row({to_string(partition.where), fmt::format("{}", start), fmt::format("{}", end),
                   fmt::format("{}", end - start), short_bytes(partition.disk_bytes)});
  }
  table.finish();
}

/// How many records the task has not read yet.
std::int64_t lag_of(const runtime::TaskContents& task, const DirectoryFacts& facts) {
  for (const PartitionFacts& partition : facts.partitions)
    if (partition.where == task.position.input)
      return partition.bounds.end - task.position.position;
  return 0;
}

/// A history is read from another log, whose end is not known here.
bool knows_input(const runtime::TaskContents& task, const DirectoryFacts& facts) {
  return std::ranges::count(facts.partitions, task.position.input, &PartitionFacts::where) > 0;
}

void write_tasks(const DirectoryFacts& facts, Output& output) {
  TextTable table(output);
  table.add_column("task", TextTable::Align::left);
  table.add_column("reads", TextTable::Align::left);
  for (const char* title : {"position", "lag", "state keys", "state bytes"})
    table.add_column(title, TextTable::Align::right);
  for (const runtime::TaskContents& task : facts.tasks)
    table.add_row({to_string(task.task), to_string(task.position.input),
                   fmt::format("{}", task.position.position),
                   knows_input(task, facts) ? fmt::format("{}", lag_of(task, facts)) : "-",
                   fmt::format("{}", task.state_keys), fmt::format("{}", task.state_bytes)});
  table.finish();
}

Result<void> inspect_directory(const std::string& directory) {
  const runtime::PosixFileSystem files;
  WEIR_ASSIGN(const DirectoryFacts facts, read_facts(files, directory));
  warn_if_unfinished(directory);
  Output output;
  write_partitions(facts, output);
  if (!facts.tasks.empty()) {
    output.write("\n");
    write_tasks(facts, output);
  }
  output.write(fmt::format("\non disk: {} of records, {} of state\n",
                           short_bytes(facts.segment_disk_bytes),
                           short_bytes(facts.state_disk_bytes)));
  return output.finish();
}

Result<void> write_records(const runtime::Reader& log, const TopicPartition& where,
                           const InspectArguments& arguments, Output& output) {
  WEIR_ASSIGN(const runtime::Bounds bounds, log.bounds(where));
  if (arguments.from > bounds.end)
    return fail(ErrorCode::invalid_argument, "--from {}: {} ends at {}", arguments.from,
                to_string(where), bounds.end);
  std::int64_t left = arguments.limit;
  if (left == 0) return {};
  return results::scan_partition(log, where, arguments.from,
                                 [&](const runtime::Record& record) -> Result<bool> {
                                   for (const Json& line : decode_record(where, record))
                                     if (!output.write(results::to_line(line))) return false;
                                   return --left > 0;
                                 });
}

Result<void> inspect_records(const InspectArguments& arguments) {
  WEIR_ASSIGN(const auto source, LogSource::open(arguments.directory, arguments.kafka_config));
  const runtime::Reader& log = source->reader();
  WEIR_ASSIGN(const std::int32_t partitions, log.partitions(arguments.topic));
  Output output;
  const std::int32_t first = arguments.partition.value_or(0);
  const std::int32_t last = arguments.partition ? first + 1 : partitions;
  for (std::int32_t partition = first; partition < last; ++partition)
    WEIR_TRY(write_records(log, {arguments.topic, partition}, arguments, output));
  return output.finish();
}

Result<void> inspect(const InspectArguments& arguments) {
  if (!arguments.topic.empty()) return inspect_records(arguments);
  if (!arguments.kafka_config.empty()) return inspect_kafka(arguments.kafka_config);
  return inspect_directory(arguments.directory);
}

/// "weir.kpi" or "weir.kpi/1".
void read_topic(const std::string& text, InspectArguments& arguments) {
  const std::size_t slash = text.find('/');
  arguments.topic = text.substr(0, slash);
  if (slash == std::string::npos) return;
  const char* const end = text.data() + text.size();
  std::int32_t partition = 0;
  const auto [at, error] = std::from_chars(text.data() + slash + 1, end, partition);
  if (error != std::errc() || at != end || partition < 0)
    throw CLI::ValidationError("TOPIC", fmt::format("'{}' names no partition; write one like "
                                                    "weir.kpi/0",
                                                    text));
  arguments.partition = partition;
}

}  // namespace

void add_inspect(Commands& commands) {
  const auto arguments = std::make_shared<InspectArguments>();
  CLI::App& app = commands.add(
      {.name = "inspect",
       .purpose = "List what is in a data directory or on a Kafka cluster, or print records of a "
                  "topic, decoded",
       .examples = "weir inspect results\n"
                   "  weir inspect --kafka deploy/kafka.yaml\n"
                   "  weir inspect results weir.kpi/0 --from 100 --limit 5"},
      [arguments] { return inspect(*arguments); });
  const auto topic = std::make_shared<std::string>();
  app.add_option("DIR", arguments->directory,
                 "directory of the log (of `weir up`: .weir/data); left out with --kafka");
  app.add_option("TOPIC", *topic,
                 "print records of this topic, or of one partition of it (weir.kpi/0), as JSON");
  app.add_option("--kafka", arguments->kafka_config,
                 "look at the cluster of this configuration instead of a directory");
  app.parse_complete_callback([arguments, topic] {
    if (!arguments->kafka_config.empty() && topic->empty()) topic->swap(arguments->directory);
    need_one_place(arguments->directory, arguments->kafka_config);
    if (!topic->empty()) read_topic(*topic, *arguments);
  });
  app.add_option("--from", arguments->from, "with TOPIC: the first offset to print")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--limit", arguments->limit,
                 "with TOPIC: at most so many records of each partition")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

}  // namespace weir::cli
