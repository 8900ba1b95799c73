// What an operator may choose about receiving events: what is kept of persons. Plain values;
// thread-safe once read.
#pragma once

#include <string>

#include "processors/config/document.h"
#include "processors/core/result.h"
#include "processors/ingest/event_intake.h"

namespace weir::ingest {

struct Config {
  /// Whether `error_detail` is stored: it helps to find causes, and may quote what users wrote.
  bool error_detail = true;

  /// The key that users are hashed with: "file:PATH" or "env:NAME", 32 hexadecimal digits. Empty:
  /// one is made in the data directory. A key of your own makes several Weirs hash alike, and lets
  /// you destroy it; another key makes every user a new one.
  std::string user_key;
};

/// The `ingest:` section; what is wrong is recorded in its document.
///
///   ingest:
///     error_detail: false
///     user_key: file:/etc/weir/user.key
Config read_config(const config::Section& section);

/// The rules for what is stored. The key is read from where the configuration says, else from
/// `user.key` in the log's directory, where it is made if there is none: open the log first.
Result<IntakeRules> make_rules(const Config& config, const std::string& directory);

}  // namespace weir::ingest
