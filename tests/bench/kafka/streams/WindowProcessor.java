import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import weir.v1.Inference.InferenceBatch;
import weir.v1.Inference.InferenceEvent;

/**
 * By hand, without a repartition topic: each input partition counts its own windows and tells each
 * when stream time is 5 s past its end, once. Whoever reads adds the partitions up.
 */
final class WindowProcessor<V> extends ContextualProcessor<byte[], V, String, Totals> {
  private static final long WINDOW_US = 10_000_000;
  private static final long GRACE_MS = 5_000;

  private final LongAdder counted;
  private KeyValueStore<String, Totals> store;
  private long toldUntilUs = Long.MIN_VALUE;

  WindowProcessor(LongAdder counted) {
    this.counted = counted;
  }

  @Override
  public void init(ProcessorContext<String, Totals> context) {
    super.init(context);
    store = context.getStateStore("totals");
    context.schedule(Topologies.WINDOW, PunctuationType.STREAM_TIME, this::tell);
  }

  @Override
  public void process(Record<byte[], V> record) {
    if (record.value() instanceof InferenceEvent) {
      InferenceEvent event = (InferenceEvent) record.value();
      String key = key(event.getEventTimeUs(), event.getService(), event.getModel(), 1);
      if (key != null) store.put(key, totals(key).add(event));
      return;
    }
    addAll(new Columns((InferenceBatch) (Object) record.value()));
  }

  /** Adds the rows of a batch up before it asks the store. */
  private void addAll(Columns columns) {
    Map<Long, Totals> added = new HashMap<>();
    for (int row = 0; row < columns.count(); row++) {
      long window = columns.timeUs(row) / WINDOW_US;
      columns.addTo(
          added.computeIfAbsent(window << 32 | columns.series(row), key -> new Totals()), row);
    }
    added.forEach((code, totals) -> {
      String[] names = columns.names((int) (long) code);
      String key = key((code >> 32) * WINDOW_US, names[0], names[1], totals.requests);
      if (key != null) store.put(key, totals(key).add(totals));
    });
  }

  /** null: its window has been told; it is dropped. */
  private String key(long timeUs, String service, String model, long events) {
    long begin = timeUs - timeUs % WINDOW_US;
    if (begin < toldUntilUs) return null;
    counted.add(events);
    return begin + "@" + service + "|" + model;
  }

  private Totals totals(String key) {
    Totals totals = store.get(key);
    return totals == null ? new Totals() : totals;
  }

  private void tell(long nowMs) {
    long until = (nowMs - GRACE_MS) * 1000;
    until -= until % WINDOW_US;
    List<String> told = new ArrayList<>();
    try (KeyValueIterator<String, Totals> entries = store.range(null, until + "@")) {
      while (entries.hasNext()) {
        KeyValue<String, Totals> entry = entries.next();
        context().forward(new Record<>(
            entry.key + "#" + context().taskId().partition(), entry.value, nowMs));
        told.add(entry.key);
      }
    }
    told.forEach(store::delete);
    toldUntilUs = until;
  }
}
