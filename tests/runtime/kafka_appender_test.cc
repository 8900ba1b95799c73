// What becomes of an appender whose client gives up, on the cluster that librdkafka pretends.
#include "processors/runtime/kafka_client.h"
#include "processors/runtime/kafka_log.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

namespace weir::runtime {
namespace {

constexpr std::int16_t kProduce = 0;  // a request's key in Kafka's protocol
const TopicPartition kWhere{"weir.signal", 0};

using MockCluster =
    std::unique_ptr<rd_kafka_mock_cluster_t, KafkaDestroy<rd_kafka_mock_cluster_destroy>>;

class KafkaAppenderTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(rd_kafka_mock_topic_create(brokers_.get(), kWhere.topic.c_str(), 1, 1),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  std::string append(std::string value) {
    const std::vector<NewRecord> records = {{.value = std::move(value)}};
    const auto first = appender_->append(kWhere, records);
    return first ? fmt::format("at {}", *first) : first.error().message;
  }

  const KafkaClient host_{rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)};
  const MockCluster brokers_{rd_kafka_mock_cluster_new(host_.get(), 1)};
  const std::unique_ptr<KafkaCluster> cluster_ =
      KafkaCluster::open({.bootstrap = rd_kafka_mock_cluster_bootstraps(brokers_.get())}).value();
  const std::unique_ptr<KafkaAppender> appender_ = KafkaAppender::open(*cluster_).value();
};

TEST_F(KafkaAppenderTest, GoesOnWithAnotherClientWhereItsOwnHasGivenUp) {
  EXPECT_EQ(append("a"), "at 0");
  rd_kafka_mock_push_request_errors(brokers_.get(), kProduce, 1,
                                    RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  EXPECT_EQ(append("b"),
            "weir.signal/0: appending failed: Broker: Broker received an out of order sequence "
            "number");
  EXPECT_EQ(append("c"), "at 1");
  EXPECT_EQ(append("d"), "at 2");
}

}  // namespace
}  // namespace weir::runtime
