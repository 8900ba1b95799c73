#include "tools/weir/log_source.h"

namespace weir::cli {

Result<std::unique_ptr<LogSource>> LogSource::open(const std::string& directory,
                                                   const std::string& kafka_config) {
  auto source = std::make_unique<LogSource>();
  if (kafka_config.empty()) {
    source->name_ = directory;
    WEIR_ASSIGN(source->embedded_, runtime::EmbeddedReader::open(source->files_, directory));
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
