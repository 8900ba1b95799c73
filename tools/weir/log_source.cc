#include "tools/weir/log_source.h"

#include <cstdio>

#include "tools/weir/replay_claim.h"

namespace weir::cli {

void warn_if_unfinished(const std::string& directory) {
  if (const std::string why = why_unfinished(directory); !why.empty())
    fmt::print(stderr, "weir: {}\n", why);
}

Result<std::unique_ptr<LogSource>> LogSource::open(const std::string& directory,
                                                   const std::string& kafka_config) {
  auto source = std::make_unique<LogSource>();
  if (kafka_config.empty()) {
    source->name_ = directory;
    WEIR_ASSIGN(source->embedded_, runtime::EmbeddedReader::open(source->files_, directory));
    warn_if_unfinished(directory);
    return source;
  }
  WEIR_ASSIGN(const Settings settings, load_settings(kafka_config));
  source->name_ = settings.kafka.options.bootstrap;
  WEIR_ASSIGN(source->kafka_, open_kafka(settings));
  return source;
}

const runtime::Reader& LogSource::reader() const {
  if (embedded_ != nullptr) return *embedded_;
  return *kafka_->reader;
}

}  // namespace weir::cli
