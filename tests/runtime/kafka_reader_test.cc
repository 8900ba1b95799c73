// Who waits for whom where several threads read by one reader, on the cluster that librdkafka
// pretends.
#include "processors/runtime/kafka_client.h"
#include "processors/runtime/kafka_log.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

namespace weir::runtime {
namespace {

constexpr std::int16_t kFetch = 1;  // a request's key in Kafka's protocol
constexpr int kSlowMs = 3'000;
constexpr std::int32_t kSlowBroker = 1;
const TopicPartition kSlow{"weir.kpi", 0};
const TopicPartition kQuick{"weir.burn", 0};

using MockCluster =
    std::unique_ptr<rd_kafka_mock_cluster_t, KafkaDestroy<rd_kafka_mock_cluster_destroy>>;

class KafkaReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::int32_t leader = kSlowBroker;
    for (const TopicPartition& where : {kSlow, kQuick}) {
      const char* topic = where.topic.c_str();
      ASSERT_EQ(rd_kafka_mock_topic_create(brokers_.get(), topic, 1, 1),
                RD_KAFKA_RESP_ERR_NO_ERROR);
      ASSERT_EQ(
          rd_kafka_mock_partition_set_leader(brokers_.get(), topic, where.partition, leader++),
          RD_KAFKA_RESP_ERR_NO_ERROR);
    }
  }
  void append(const TopicPartition& where, std::string value) {
    const std::vector<NewRecord> records = {{.value = std::move(value)}};
    ASSERT_TRUE(appender_->append(where, records));
  }
  /// The value of the first record from there on, or why there is none.
  std::string read(const TopicPartition& where, std::int64_t from) const {
    RecordBatch batch;
    const auto read = reader_->read(where, from, 1, batch);
    if (!read) return read.error().message;
    return batch.records.empty() ? "" : std::string(batch.records.front().value);
  }

  const KafkaClient host_{rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)};
  const MockCluster brokers_{rd_kafka_mock_cluster_new(host_.get(), 2)};
  const std::unique_ptr<KafkaCluster> cluster_ =
      KafkaCluster::open({.bootstrap = rd_kafka_mock_cluster_bootstraps(brokers_.get())}).value();
  const std::unique_ptr<KafkaAppender> appender_ = KafkaAppender::open(*cluster_).value();
  const std::unique_ptr<KafkaReader> reader_ = KafkaReader::open(*cluster_).value();
};

TEST_F(KafkaReaderTest, WhoWaitsForABrokerHoldsUpNobodyWhoReadsAnotherPartition) {
  for (const TopicPartition& where : {kSlow, kQuick}) {
    append(where, "a");
    EXPECT_EQ(read(where, 0), "a");
    append(where, "b");
  }
  ASSERT_EQ(rd_kafka_mock_broker_push_request_error_rtts(brokers_.get(), kSlowBroker, kFetch, 1,
                                                         RD_KAFKA_RESP_ERR_NO_ERROR, kSlowMs),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  std::atomic<bool> done = false;
  std::string slow;
  std::jthread reading([&] {
    slow = read(kSlow, 1);
    done = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(kSlowMs / 10));  // it has begun to wait
  EXPECT_EQ(read(kQuick, 1), "b");
  EXPECT_FALSE(done);
  reading.join();
  EXPECT_EQ(slow, "b");
}

TEST_F(KafkaReaderTest, WhoReadsOnePartitionAtOnceGetsWhatItAsksFor) {
  constexpr std::size_t kThreads = 4;
  constexpr int kReads = 10;
  for (std::size_t i = 0; i < kThreads; ++i) append(kQuick, std::to_string(i));
  std::array<std::string, kThreads> found;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kThreads; ++i)
      threads.emplace_back([this, i, &found] {
        for (int n = 0; n < kReads; ++n) found[i] += read(kQuick, static_cast<std::int64_t>(i));
      });
  }
  EXPECT_EQ(found, (std::array<std::string, kThreads>{"0000000000", "1111111111", "2222222222",
                                                      "3333333333"}));
}

}  // namespace
}  // namespace weir::runtime
