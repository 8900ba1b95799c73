#include "tools/weir/log_setup.h"

#include <memory>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace weir::cli {
namespace {

spdlog::sink_ptr make_sink(const std::string& file) {
  if (file.empty()) return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
}

}  // namespace

Result<void> start_log(const LogSettings& settings) {
  try {
    auto logger = std::make_shared<spdlog::logger>("weir", make_sink(settings.file));
    logger->set_pattern("time=%Y-%m-%dT%H:%M:%S.%fZ level=%l %v", spdlog::pattern_time_type::utc);
    logger->set_level(spdlog::level::from_str(settings.level));
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
    return {};
  } catch (const spdlog::spdlog_ex& error) {
    return fail(ErrorCode::io, "log.file: {} cannot be written ({}); name another file in `log:`",
                settings.file, error.what());
  }
}

}  // namespace weir::cli
