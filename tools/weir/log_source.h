// Where a command reads a log: a directory of this machine, or the Kafka cluster of a
// configuration. Beside whoever writes it.
#pragma once

#include <memory>
#include <string>

#include "processors/runtime/embedded_reader.h"
#include "processors/runtime/posix_file_system.h"
#include "tools/weir/kafka_home.h"

namespace weir::cli {

/// Says on standard error where a directory holds a part of a replay only, and how to go on.
void warn_if_unfinished(const std::string& directory);

class LogSource {
 public:
  /// Of the two names one is not empty; of a directory this warns. Errors: as EmbeddedReader::open,
  /// load_settings, open_kafka.
  static Result<std::unique_ptr<LogSource>> open(const std::string& directory,
                                                 const std::string& kafka_config);

  const runtime::Reader& reader() const;
  /// For people: the directory, or the brokers.
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  runtime::PosixFileSystem files_;
  std::unique_ptr<runtime::EmbeddedReader> embedded_;
  std::unique_ptr<KafkaHome> kafka_;
};

}  // namespace weir::cli
