// deploy/weir.yaml tells every key with its default: it must mean what an empty file means.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "tools/weir/settings.h"

namespace weir::cli {
namespace {

std::string rendering(const runtime::Retention& retention) {
  return fmt::format("{}us {}B", retention.max_age_us, retention.max_bytes);
}

std::string rendering(const net::HttpServerOptions& http) {
  return fmt::format(
      "{}:{} tls {} insecure {} hosts {} workers {} queue {} connections {} body {} of {} "
      "timeouts {} {} {} {}",
      http.address, http.port, http.tls.has_value(), http.insecure, http.hosts, http.workers,
      http.queue, http.max_connections, http.max_body_bytes, http.max_body_memory_bytes,
      http.header_timeout_us, http.body_timeout_us, http.idle_timeout_us, http.write_timeout_us);
}

std::string rendering(const Settings& settings) {
  const RetentionSettings& retention = settings.retention;
  return fmt::format(
      "data {} raw_partitions {} memory {} disk {} commit {} partitions {} threads {}\n"
      "retention {}, {}, {}, {}\nlog {} '{}'\nhttp {} tokens '{}' '{}'\n"
      "ingest error_detail {} user_key '{}'\nfold dedup {}\n{}\nkpi series {} stall {} step {}\n",
      settings.data, settings.raw_partitions, settings.memory_bytes, settings.disk_bytes,
      settings.commit_interval_us, settings.keyed_partitions, settings.threads,
      rendering(retention.raw), rendering(retention.partial), rendering(retention.result),
      rendering(retention.dead_letter), settings.log.level, settings.log.file,
      rendering(settings.http.options), settings.http.write_token, settings.http.read_token,
      settings.ingest.error_detail, settings.ingest.user_key, settings.fold.dedup_horizon_us,
      settings.fold.definitions.DebugString(), settings.kpi.max_series, settings.kpi.stall_after_us,
      settings.kpi.step_bytes);
}

TEST(Settings, OfTheExampleFileAreTheDefaults) {
  const auto defaults = load_settings("");
  const auto example = load_settings(WEIR_SOURCE_DIR "/deploy/weir.yaml");

  ASSERT_TRUE(defaults.has_value());
  ASSERT_TRUE(example.has_value()) << example.error().message;
  EXPECT_EQ(rendering(*example), rendering(*defaults));
}

}  // namespace
}  // namespace weir::cli
