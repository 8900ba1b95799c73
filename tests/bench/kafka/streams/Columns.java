import com.google.protobuf.ByteString;
import weir.v1.Inference.InferenceBatch;
import weir.v1.Inference.InferenceEvent;
import weir.v1.Inference.StringColumn;

/** Reads a columnar batch row by row. */
final class Columns {
  private final InferenceBatch batch;

  Columns(InferenceBatch batch) {
    this.batch = batch;
  }

  int count() {
    return batch.getCount();
  }

  long timeUs(int row) {
    return batch.getBaseTimeUs() + Integer.toUnsignedLong(batch.getTimeOffsetUs(row));
  }

  private int index(StringColumn column, int row) {
    ByteString code = column.getCode();
    int width = code.size() / count();
    int index = 0;
    for (int i = 0; i < width; i++) index |= (code.byteAt(row * width + i) & 0xff) << (8 * i);
    return index;
  }

  /** Service and model of a row, as one number that names() knows. */
  int series(int row) {
    return index(batch.getService(), row) << 16 | index(batch.getModel(), row);
  }

  String[] names(int series) {
    return new String[] {batch.getService().getValue(series >> 16),
        batch.getModel().getValue(series & 0xffff)};
  }

  Totals addTo(Totals totals, int row) {
    return totals.add(batch.getStatus().byteAt(row), batch.getLatencyUs(row), batch.getTtftUs(row),
        batch.getQueueUs(row), batch.getInputTokens(row), batch.getOutputTokens(row));
  }

  /** What the counters need, as an event of its own. */
  InferenceEvent event(int row) {
    String[] names = names(series(row));
    return InferenceEvent.newBuilder()
        .setEventTimeUs(timeUs(row))
        .setService(names[0])
        .setModel(names[1])
        .setStatusValue(batch.getStatus().byteAt(row))
        .setLatencyUs(batch.getLatencyUs(row))
        .setTtftUs(batch.getTtftUs(row))
        .setQueueUs(batch.getQueueUs(row))
        .setInputTokens(batch.getInputTokens(row))
        .setOutputTokens(batch.getOutputTokens(row))
        .build();
  }
}
