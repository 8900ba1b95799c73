import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Runs one topology over a topic until every event is counted or dropped, closes it, and prints one
 * JSON object: events counted and dropped, and wall and CPU seconds from the first event on.
 */
public final class Main {
  private static final long POLL_MS = 20;
  private static final long GIVE_UP_MS = 60_000;

  private static Properties settings(Options options) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, options.output());
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.brokers());
    settings.put(StreamsConfig.STATE_DIR_CONFIG, options.directory());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    if (options.tuned()) {
      settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
      settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
      settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256 << 20);
      settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 10_000);
      settings.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
      settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
      settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 256 << 10);
      settings.put(ProducerConfig.LINGER_MS_CONFIG, 100);
      settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 512 << 10);
      settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
      settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 128L << 20);
    }
    return settings;
  }

  private static double cpu() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() / 1e9;
  }

  private static long dropped(KafkaStreams streams) {
    return streams.metrics().values().stream()
        .filter(metric -> metric.metricName().name().equals("dropped-records-total"))
        .mapToLong(metric -> Math.round((Double) metric.metricValue())).sum();
  }

  public static void main(String[] arguments) throws InterruptedException {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i + 1 < arguments.length; i += 2)
      given.put(arguments[i].substring(2), arguments[i + 1]);
    Options options = Options.of(given);
    LongAdder counted = new LongAdder();
    StreamsBuilder builder = new StreamsBuilder();
    if (options.byHand()) {
      Topologies.processor(builder, options, counted);
    } else {
      Topologies.groupBy(builder, options, counted);
    }
    Properties settings = settings(options);
    KafkaStreams streams = new KafkaStreams(builder.build(settings), settings);
    streams.start();
    while (counted.sum() == 0) Thread.sleep(POLL_MS);
    double cpuBefore = cpu();
    long began = System.nanoTime();
    long told = 0;
    long changed = began;
    while (true) {
      long done = counted.sum() + dropped(streams);
      if (done >= options.events()) break;
      if (done != told) changed = System.nanoTime();
      if (System.nanoTime() - changed > GIVE_UP_MS * 1_000_000) break;
      told = done;
      Thread.sleep(POLL_MS);
    }
    long lost = dropped(streams);
    streams.close();
    System.out.printf(
        "{\"counted\": %d, \"dropped\": %d, \"wall_s\": %.3f, \"cpu_s\": %.3f}%n", counted.sum(),
        lost, (System.nanoTime() - began) / 1e9, cpu() - cpuBefore);
  }
}
