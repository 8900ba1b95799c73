#include "processors/runtime/kafka_options.h"

#include <gtest/gtest.h>

#include "processors/runtime/kafka_producer.h"

namespace weir::runtime {
namespace {

std::string value_of(const KafkaConfig& config, const char* name) {
  char text[128];
  std::size_t size = sizeof text;
  if (rd_kafka_conf_get(config.get(), name, text, &size) != RD_KAFKA_CONF_OK) return "none";
  return text;
}

/// As every producer is made.
std::string producer_settings(const KafkaOptions& options) {
  KafkaConfig config(options);
  set_producer(config);
  return fmt::format("{} {} {}", value_of(config, "client.id"),
                     value_of(config, "compression.type"), value_of(config, "bootstrap.servers"));
}

TEST(KafkaOptions, WhatMayBeChangedIsTakenAsTheUserHasIt) {
  EXPECT_EQ(producer_settings({.bootstrap = "b:1"}), "weir lz4 b:1");
  EXPECT_EQ(producer_settings({.bootstrap = "b:1",
                               .client = {{"client.id", "mine"}, {"compression.type", "zstd"}}}),
            "mine zstd b:1");
  for (const std::string_view name : {"client.id", "compression.type", "linger.ms", "check.crcs",
                                      "security.protocol", "socket.keepalive.enable"})
    EXPECT_TRUE(check_client_setting(name)) << name;
}

TEST(KafkaOptions, WhatWouldBeOverwrittenIsRefusedWithTheReason) {
  EXPECT_EQ(check_client_setting("heartbeat.interval.ms").error().message,
            "is set by Weir itself (it follows from `kafka.session_timeout`); leave it out");
  EXPECT_EQ(check_client_setting("queue.buffering.max.kbytes").error().message,
            "is set by Weir itself (it is fixed, and bounds what a client holds); leave it out");
  for (const std::string_view name :
       {"bootstrap.servers", "group.id", "isolation.level", "message.max.bytes",
        "fetch.message.max.bytes", "fetch.wait.max.ms", "fetch.error.backoff.ms",
        "queued.max.messages.kbytes", "queue.buffering.max.kbytes", "retry.backoff.ms",
        "message.timeout.ms", "enable.partition.eof"})
    EXPECT_FALSE(check_client_setting(name)) << name;
}

TEST(KafkaOptions, WhatHasTwoNamesIsTakenUnderOne) {
  EXPECT_EQ(check_client_setting("compression.codec").error().message,
            "is named compression.type here");
  EXPECT_EQ(check_client_setting("queue.buffering.max.ms").error().message,
            "is named linger.ms here");
}

}  // namespace
}  // namespace weir::runtime
