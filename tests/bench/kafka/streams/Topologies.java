import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;
import weir.v1.Inference.InferenceBatch;
import weir.v1.Inference.InferenceEvent;

/** Windows of 10 s of [service, model], as one writes them with Kafka Streams. */
final class Topologies {
  static final Duration WINDOW = Duration.ofSeconds(10);
  static final Serde<InferenceEvent> EVENT = Serdes.serdeFrom((topic, event) -> event.toByteArray(),
      (topic, bytes) -> parsed(bytes, InferenceEvent::parseFrom));
  static final Serde<InferenceBatch> BATCH = Serdes.serdeFrom((topic, batch) -> batch.toByteArray(),
      (topic, bytes) -> parsed(bytes, InferenceBatch::parseFrom));

  private static final TimestampExtractor EVENT_TIME =
      (record, previous) -> ((InferenceEvent) record.value()).getEventTimeUs() / 1000;
  private static final TimestampExtractor BATCH_TIME =
      (record, previous) -> ((InferenceBatch) record.value()).getBaseTimeUs() / 1000;

  private interface Parser<T> {
    T parse(byte[] bytes) throws InvalidProtocolBufferException;
  }

  private static <T> T parsed(byte[] bytes, Parser<T> parser) {
    try {
      return parser.parse(bytes);
    } catch (InvalidProtocolBufferException error) {
      throw new IllegalArgumentException(error);
    }
  }

  /** Each row of a batch as a record with the time of its event. */
  private static final class Explode
      extends ContextualProcessor<byte[], InferenceBatch, byte[], InferenceEvent> {
    @Override
    public void process(Record<byte[], InferenceBatch> record) {
      Columns columns = new Columns(record.value());
      for (int row = 0; row < columns.count(); row++) {
        context().forward(record.withValue(columns.event(row))
            .withTimestamp(columns.timeUs(row) / 1000));
      }
    }
  }

  private static KStream<byte[], InferenceEvent> events(StreamsBuilder builder, String topic,
      boolean columnar) {
    if (!columnar) {
      return builder.stream(topic,
          Consumed.with(Serdes.ByteArray(), EVENT).withTimestampExtractor(EVENT_TIME));
    }
    return builder
        .stream(topic, Consumed.with(Serdes.ByteArray(), BATCH).withTimestampExtractor(BATCH_TIME))
        .process(Explode::new);
  }

  /** What the counters need: a smaller record through the repartition topic. */
  private static InferenceEvent slim(InferenceEvent event) {
    return InferenceEvent.newBuilder().setEventTimeUs(event.getEventTimeUs())
        .setStatusValue(event.getStatusValue())
        .setLatencyUs(event.getLatencyUs()).setTtftUs(event.getTtftUs())
        .setQueueUs(event.getQueueUs())
        .setInputTokens(event.getInputTokens()).setOutputTokens(event.getOutputTokens()).build();
  }

  static void groupBy(StreamsBuilder builder, Options options, LongAdder counted) {
    events(builder, options.input(), options.columnar())
        .map((key, event) -> KeyValue.pair(event.getService() + "|" + event.getModel(),
            options.tuned() ? slim(event) : event))
        .groupByKey(Grouped.with(Serdes.String(), EVENT))
        .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, options.grace()))
        .aggregate(Totals::new, (key, event, totals) -> {
          counted.increment();
          return totals.add(event);
        }, options.tuned()
            ? Materialized.<String, Totals>as(Stores.inMemoryWindowStore("totals",
                WINDOW.plus(options.grace()), WINDOW, false))
                .withKeySerde(Serdes.String()).withValueSerde(Totals.SERDE)
            : Materialized.<String, Totals, WindowStore<org.apache.kafka.common.utils.Bytes,
                byte[]>>as("totals").withKeySerde(Serdes.String()).withValueSerde(Totals.SERDE))
        .toStream()
        .map((window, totals) -> KeyValue.pair(
            window.key() + "@" + window.window().start(), totals))
        .to(options.output(), Produced.with(Serdes.String(), Totals.SERDE));
  }

  static void processor(StreamsBuilder builder, Options options, LongAdder counted) {
    builder.addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("totals"),
        Serdes.String(), Totals.SERDE).withCachingEnabled());
    KStream<String, Totals> told = options.columnar()
        ? builder.stream(options.input(),
                Consumed.with(Serdes.ByteArray(), BATCH).withTimestampExtractor(BATCH_TIME))
            .process(() -> new WindowProcessor<InferenceBatch>(counted), "totals")
        : builder.stream(options.input(),
                Consumed.with(Serdes.ByteArray(), EVENT).withTimestampExtractor(EVENT_TIME))
            .process(() -> new WindowProcessor<InferenceEvent>(counted), "totals");
    told.to(options.output(), Produced.with(Serdes.String(), Totals.SERDE));
  }
}
