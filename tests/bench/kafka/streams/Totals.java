import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import weir.v1.Inference.InferenceEvent;

/** What is counted of one series in one window: the same as Weir's counters of it. */
final class Totals {
  private static final int STATUSES = 10;
  static final Serde<Totals> SERDE =
      Serdes.serdeFrom((topic, totals) -> totals == null ? null : totals.encoded(),
          (topic, bytes) -> bytes == null ? null : new Totals(ByteBuffer.wrap(bytes)));

  long requests;
  private final long[] status = new long[STATUSES];
  private long latencyUs, maxLatencyUs, ttftUs, queueUs, inputTokens, outputTokens;

  Totals() {}

  private Totals(ByteBuffer from) {
    requests = from.getLong();
    for (int i = 0; i < STATUSES; i++) status[i] = from.getLong();
    latencyUs = from.getLong();
    maxLatencyUs = from.getLong();
    ttftUs = from.getLong();
    queueUs = from.getLong();
    inputTokens = from.getLong();
    outputTokens = from.getLong();
  }

  private byte[] encoded() {
    ByteBuffer to = ByteBuffer.allocate(8 * (STATUSES + 7));
    to.putLong(requests);
    for (long count : status) to.putLong(count);
    to.putLong(latencyUs).putLong(maxLatencyUs).putLong(ttftUs).putLong(queueUs);
    return to.putLong(inputTokens).putLong(outputTokens).array();
  }

  Totals add(int statusCode, long latency, long ttft, long queue, long input, long output) {
    requests++;
    status[statusCode]++;
    latencyUs += latency;
    maxLatencyUs = Math.max(maxLatencyUs, latency);
    ttftUs += ttft;
    queueUs += queue;
    inputTokens += input;
    outputTokens += output;
    return this;
  }

  Totals add(Totals other) {
    requests += other.requests;
    for (int i = 0; i < STATUSES; i++) status[i] += other.status[i];
    latencyUs += other.latencyUs;
    maxLatencyUs = Math.max(maxLatencyUs, other.maxLatencyUs);
    ttftUs += other.ttftUs;
    queueUs += other.queueUs;
    inputTokens += other.inputTokens;
    outputTokens += other.outputTokens;
    return this;
  }

  Totals add(InferenceEvent event) {
    return add(event.getStatusValue(), event.getLatencyUs(), event.getTtftUs(), event.getQueueUs(),
        event.getInputTokens(), event.getOutputTokens());
  }
}
