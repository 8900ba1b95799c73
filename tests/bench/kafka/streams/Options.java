import java.time.Duration;
import java.util.Map;

/** --name value, as `tools/bench kafka` calls it. */
record Options(String brokers, String input, String output, String directory, boolean byHand,
    boolean columnar, boolean tuned, Duration grace, long events) {
  static Options of(Map<String, String> given) {
    return new Options(given.get("brokers"), given.get("input"), given.get("output"),
        given.get("directory"), given.get("topology").equals("processor"),
        given.get("columnar").equals("true"), given.get("tuned").equals("true"),
        Duration.ofSeconds(Long.parseLong(given.get("grace_s"))),
        Long.parseLong(given.get("events")));
  }
}
