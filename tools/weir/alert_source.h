// Where a command reads results: a running process, or, without one, a directory of this machine or
// the Kafka cluster of a configuration. And alerts from there, as the JSON of sinks/alerts'
// interface; what it could not read, it says on standard error.
#pragma once

#include <memory>
#include <string>

#include "processors/core/result.h"
#include "sinks/results/alert_json.h"
#include "tools/weir/remote.h"

namespace weir::cli {

/// What the options say; without a directory and a cluster it is the running process.
struct ResultPlace {
  RemoteAddress remote;
  std::string directory;
  std::string kafka_config;
};

/// Adds the options of the address, DIR and --kafka.
void add_result_place(CLI::App& app, ResultPlace& place);

/// Of an alert. Error: invalid_argument.
Result<std::string> parse_fingerprint(const std::string& text);
/// Adds the option of who says so, under these names.
void add_author(CLI::App& app, const std::string& names, std::string& by);
/// What the option says, or without it the user's name: of USER, LOGNAME, or this machine. Error:
/// invalid_argument, where none of them has one.
Result<std::string> author_of(const std::string& by);

/// One thread.
class AlertSource {
 public:
  virtual ~AlertSource() = default;

  /// Errors: of the log; of the process when it is asked.
  static Result<std::unique_ptr<AlertSource>> open(const ResultPlace& place);

  /// Lists, as their routes give them. Errors: the log's, or Remote's.
  virtual Result<results::Json> alerts(bool all) = 0;
  virtual Result<results::Json> silences(bool all) = 0;
  virtual Result<results::Json> decisions(const results::DecisionQuery& query) = 0;
  /// {"all", "services"}
  virtual Result<results::Json> stats(const results::DecisionQuery& query) = 0;
};

}  // namespace weir::cli
