// What is read where a broker sends what cannot be read, on the cluster that librdkafka pretends:
// it stores a batch as it comes.
#include "processors/runtime/kafka_client.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <concepts>

#include "processors/runtime/kafka_log.h"

namespace weir::runtime {
namespace {

constexpr std::int16_t kUncompressed = 0;
constexpr std::int16_t kUnknownCompression = 7;
const TopicPartition kWhere{"weir.signal", 0};

using MockCluster =
    std::unique_ptr<rd_kafka_mock_cluster_t, KafkaDestroy<rd_kafka_mock_cluster_destroy>>;

/// Big-endian, as Kafka's protocol has it.
template <std::signed_integral T>
void put(std::string& out, T value) {
  for (int shift = static_cast<int>(8 * (sizeof(T) - 1)); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift));
}
void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::int16_t>(text.size()));
  out += text;
}
void put_sized(std::string& out, std::string_view bytes) {
  put(out, static_cast<std::int32_t>(bytes.size()));
  out += bytes;
}

/// Of one record, with a checksum that does not fit.
std::string damaged_batch(std::int16_t attributes) {
  std::string rest;
  put(rest, std::int32_t{0});   // the leader's epoch
  put(rest, std::int8_t{2});    // version
  put(rest, std::int32_t{42});  // checksum
  put(rest, attributes);
  put(rest, std::int32_t{0});  // offset of the last record
  put(rest, std::int64_t{1'000});
  put(rest, std::int64_t{1'000});
  put(rest, std::int64_t{-1});  // no producer's id, epoch and sequence
  put(rest, std::int16_t{-1});
  put(rest, std::int32_t{-1});
  put(rest, std::int32_t{1});  // records
  rest += std::string(100, 'x');
  std::string batch;
  put(batch, std::int64_t{0});
  put_sized(batch, rest);
  return batch;
}

std::string produce_request(std::string_view batch) {
  std::string request;
  put(request, std::int16_t{0});  // Produce
  put(request, std::int16_t{3});  // its version
  put(request, std::int32_t{1});  // correlation
  put_text(request, "test");
  put(request, std::int16_t{-1});  // no transaction
  put(request, std::int16_t{-1});  // acknowledged by all
  put(request, std::int32_t{10'000});
  put(request, std::int32_t{1});
  put_text(request, kWhere.topic);
  put(request, std::int32_t{1});
  put(request, kWhere.partition);
  put_sized(request, batch);
  return request;
}

class KafkaDamageTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(rd_kafka_mock_topic_create(brokers_.get(), kWhere.topic.c_str(), 1, 1),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  std::string bootstrap() const { return rd_kafka_mock_cluster_bootstraps(brokers_.get()); }
  void append(std::string value) {
    const auto cluster = KafkaCluster::open({.bootstrap = bootstrap()}).value();
    const std::vector<NewRecord> records = {{.value = std::move(value)}};
    ASSERT_TRUE(KafkaAppender::open(*cluster).value()->append(kWhere, records));
  }
  /// Returns when it is stored.
  void store(std::string_view batch) {
    std::string bytes;
    put_sized(bytes, produce_request(batch));
    const std::string at = bootstrap();
    std::string place;  // as sockaddr_in has it
    put(place, static_cast<std::int16_t>(std::stoi(at.substr(at.rfind(':') + 1))));
    place += std::string("\x7f\0\0\1", 4);
    sockaddr address{};
    address.sa_family = AF_INET;
    std::ranges::copy(place, address.sa_data);
    const int broker = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(connect(broker, &address, sizeof address), 0);
    ASSERT_EQ(send(broker, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    char answer = 0;
    EXPECT_EQ(recv(broker, &answer, 1, 0), 1);
    close(broker);
  }
  /// The values that are there, and why reading goes no further: "a b", "a corrupt <message>".
  std::string read_all(const KafkaOptions& options) const {
    const auto cluster = KafkaCluster::open(options).value();
    const auto reader = KafkaReader::open(*cluster).value();
    std::string text;
    RecordBatch batch;
    for (std::int64_t from = 0;; from = batch.next) {
      const auto read = reader->read(kWhere, from, 1 << 20, batch);
      if (!read)
        return fmt::format("{}{} {}", text,
                           read.error().code == ErrorCode::corrupt ? "corrupt" : "other",
                           read.error().message);
      if (batch.next == from) return text;
      for (const Record& record : batch.records) text += fmt::format("{} ", record.value);
    }
  }

  const KafkaClient host_{rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)};
  const MockCluster brokers_{rd_kafka_mock_cluster_new(host_.get(), 1)};
};

TEST_F(KafkaDamageTest, ABatchWhoseChecksumDoesNotFitIsNotSkipped) {
  append("a");
  EXPECT_EQ(read_all({.bootstrap = bootstrap()}), "a ");
  store(damaged_batch(kUncompressed));
  append("c");
  const std::string text = read_all({.bootstrap = bootstrap()});
  EXPECT_EQ(text.substr(0, text.find(" (")),
            "a corrupt weir.signal/0@1: what comes next cannot be read, and is not skipped");
  EXPECT_NE(text.find("failed CRC32C check"), std::string::npos) << text;
}

TEST_F(KafkaDamageTest, NorIsOneWhoseCompressionIsUnknown) {
  append("a");
  store(damaged_batch(kUnknownCompression));
  append("c");
  const std::string text =
      read_all({.bootstrap = bootstrap(), .client = {{"check.crcs", "false"}}});
  EXPECT_EQ(text.substr(0, text.find(" (")),
            "a corrupt weir.signal/0@1: what comes next cannot be read, and is not skipped");
  EXPECT_NE(text.find("Decompression (codec 0x7)"), std::string::npos) << text;
}

}  // namespace
}  // namespace weir::runtime
