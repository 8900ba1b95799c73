// weir_kafka_bench: fills a topic with the workload, and reads it as fast as librdkafka can.
//
//   weir_kafka_bench fill BROKERS TOPIC EVENTS [columnar]   one event a record, or 512 as columns
//   weir_kafka_bench drain BROKERS TOPIC [columnar]         touches each payload
//   weir_kafka_bench decode BROKERS TOPIC [columnar]        generated classes, and a trivial fold
//
// Reading starts at the beginning and ends at what was the end then. What it took is printed as one
// JSON object: wall and CPU (user and system) in seconds, and the sum of what was touched, or the
// number of events counted.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "tests/bench/kafka/client.h"
#include "tests/bench/kafka/workload.h"

namespace weir::bench {
namespace {

constexpr std::uint32_t kBatch = 512;
constexpr std::int64_t kMinute = 60'000'000;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

double cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Round the partitions, so that each has the whole span.
void fill(const std::string& brokers, const std::string& topic, std::int64_t events, bool columns) {
  Producer producer(brokers, topic);
  const std::int64_t base_us = now_us() - kSpanUs - 2 * kMinute;
  Workload workload(events, base_us - base_us % kMinute);
  v1::InferenceEvent event;
  v1::InferenceBatch batch;
  std::int64_t bytes = 0;
  std::int32_t partition = 0;
  for (std::int64_t done = 0; done < events;) {
    const std::uint32_t count =
        columns ? static_cast<std::uint32_t>(std::min<std::int64_t>(kBatch, events - done)) : 1;
    std::string value;
    if (columns) {
      workload.next(count, batch);
      value = batch.SerializeAsString();
    } else {
      workload.next(event);
      value = event.SerializeAsString();
    }
    bytes += std::ssize(value);
    producer.send(partition, value, columns);
    partition = (partition + 1) % producer.partitions();
    done += count;
  }
  producer.flush();
  fmt::print("{{\"events\": {}, \"bytes_per_event\": {:.1f}}}\n", events,
             static_cast<double>(bytes) / static_cast<double>(events));
}

// A load from every cache line.
class Touch {
 public:
  void take(std::string_view payload) {
    for (std::size_t at = 0; at < payload.size(); at += 64)
      sum_ += static_cast<unsigned char>(payload[at]);
  }
  std::uint64_t sum() const { return sum_; }

 private:
  std::uint64_t sum_ = 0;
};

// Counters of each series and window of 10 s, as one writes them with generated classes.
class Fold {
 public:
  explicit Fold(bool columnar) : columnar_(columnar) {}

  void take(std::string_view payload) {
    const int size = static_cast<int>(payload.size());
    if (columnar_ ? !batch_.ParseFromArray(payload.data(), size)
                  : !event_.ParseFromArray(payload.data(), size))
      throw std::runtime_error("a record cannot be decoded");
    if (columnar_)
      add_batch();
    else
      add(totals(event_.service(), event_.model(), event_.event_time_us()),
          {event_.status(), event_.latency_us(), event_.input_tokens(), event_.output_tokens()});
  }

  /// Events counted.
  std::uint64_t sum() const {
    std::uint64_t events = 0;
    for (const auto& [key, totals] : totals_) events += totals.requests;
    return events;
  }

 private:
  struct Values {
    int status = 0;
    std::int64_t latency_us = 0, input_tokens = 0, output_tokens = 0;
  };
  struct Totals {
    std::uint64_t requests = 0;
    std::array<std::uint64_t, 10> status{};
    std::int64_t latency_us = 0, max_latency_us = 0, input_tokens = 0, output_tokens = 0;
  };

  Totals& totals(std::string_view service, std::string_view model, std::int64_t time_us) {
    const std::int64_t window = time_us / 10'000'000;
    key_.assign(service).append(1, '\0').append(model).append(1, '\0');
    key_.append(reinterpret_cast<const char*>(&window), sizeof window);
    return totals_[key_];
  }

  static void add(Totals& totals, const Values& values) {
    ++totals.requests;
    ++totals.status[static_cast<std::size_t>(values.status) % totals.status.size()];
    totals.latency_us += values.latency_us;
    totals.max_latency_us = std::max(totals.max_latency_us, values.latency_us);
    totals.input_tokens += values.input_tokens;
    totals.output_tokens += values.output_tokens;
  }

  void add_batch() {
    for (int i = 0; i < static_cast<int>(batch_.count()); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const auto name = [at](const v1::StringColumn& column) -> std::string_view {
        return column.value(static_cast<unsigned char>(column.code()[at]));
      };
      add(totals(name(batch_.service()), name(batch_.model()),
                 batch_.base_time_us() + batch_.time_offset_us(i)),
          {batch_.status()[at], batch_.latency_us(i), batch_.input_tokens(i),
           batch_.output_tokens(i)});
    }
  }

  const bool columnar_;
  v1::InferenceEvent event_;
  v1::InferenceBatch batch_;
  std::string key_;
  absl::flat_hash_map<std::string, Totals> totals_;
};

template <typename Reader>
void read(const std::string& brokers, const std::string& topic, bool columnar, Reader reader) {
  const double cpu_before = cpu_s();
  const auto began = std::chrono::steady_clock::now();
  const std::int64_t records =
      read_all(brokers, topic, columnar ? 16 : 4096,
               [&reader](std::string_view payload) { reader.take(payload); });
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
  fmt::print("{{\"records\": {}, \"wall_s\": {:.3f}, \"cpu_s\": {:.3f}, \"sum\": {}}}\n", records,
             wall.count(), cpu_s() - cpu_before, reader.sum());
}

int run(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "fill" && (argc == 5 || argc == 6)) {
    fill(argv[2], argv[3], std::stoll(argv[4]), argc == 6);
  } else if (command == "drain" && (argc == 4 || argc == 5)) {
    read(argv[2], argv[3], argc == 5, Touch());
  } else if (command == "decode" && (argc == 4 || argc == 5)) {
    read(argv[2], argv[3], argc == 5, Fold(argc == 5));
  } else {
    fmt::print(stderr,
               "usage: weir_kafka_bench fill|drain|decode BROKERS TOPIC [EVENTS] [columnar]\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  try {
    return weir::bench::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "weir_kafka_bench: {}\n", error.what());
    return 1;
  }
}
