// Figures as text: one unit each, three significant digits, and a dash for the absent, which is
// never zero.

export const ABSENT = "–";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

const is_absent = (value) => value === null || value === undefined || !Number.isFinite(value);

/** Three significant digits, without an exponent: 1.84, 18.4, 184, 0.018. */
function digits(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  // Where the next place would round up to one digit more.
  if (size >= 99.95) return number.format(value);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.9995) return value.toFixed(2);
  return Number(value.toPrecision(2)).toString();
}

/** The largest of `steps` ([factor, unit], ascending) that the value reaches. */
function scaled(value, steps) {
  const size = Math.abs(value);
  let [factor, unit] = steps[0];
  for (const [next, name] of steps) {
    // 999.6 would print as 1,000 of the smaller unit.
    if (size >= next * 0.9995) [factor, unit] = [next, name];
  }
  return [value / factor, unit];
}

const DURATIONS = [[1, "µs"], [1e3, "ms"], [1e6, "s"], [60e6, "min"], [3600e6, "h"]];
const COUNTS = [[1, ""], [1e3, "k"], [1e6, "M"], [1e9, "G"], [1e12, "T"]];
const BYTES = [[1, "B"], [1024, "KiB"], [1024 ** 2, "MiB"], [1024 ** 3, "GiB"], [1024 ** 4, "TiB"]];

/** Microseconds: "412 ms", "1.84 s". */
export function duration(us) {
  if (is_absent(us)) return ABSENT;
  if (us === 0) return "0 s";
  const [value, unit] = scaled(us, DURATIONS);
  return `${digits(value)} ${unit}`;
}

/** "33.6M"; whole numbers below ten thousand stand as they are. */
export function count(value) {
  if (is_absent(value)) return ABSENT;
  if (Number.isInteger(value) && Math.abs(value) < 10_000) return number.format(value);
  const [figure, unit] = scaled(value, COUNTS);
  return digits(figure) + unit;
}

/** "14.7/s". */
export function rate(value) {
  return is_absent(value) ? ABSENT : `${count(value)}/s`;
}

/** A ratio of 0.9926 as "99.26 %"; it says 100 % only where nothing failed, 0 % where nothing
 *  succeeded. */
export function percent(ratio) {
  if (is_absent(ratio)) return ABSENT;
  if (ratio === 1) return "100 %";
  const places = ratio > 0.999 ? 3 : 2;
  const unit = 10 ** (places + 2);
  const cut = ratio > 0.99 ? Math.floor(ratio * unit) / unit : ratio;
  return `${(cut * 100).toFixed(cut === 0 ? 0 : places)} %`;
}

/** A whole number with all its digits. */
export const whole = (value) => (is_absent(value) ? ABSENT : number.format(value));

/** A count of an objective by its method: of RatioTimeslices the API has billionths of a slice. */
export const counted = (count, method) => (method === "BUDGETING_METHOD_RATIO_TIMESLICES"
  && !is_absent(count) ? `${Number((count / 1e9).toPrecision(6))}` : whole(count));

/** "1.20 GiB". */
export function bytes(value) {
  if (is_absent(value)) return ABSENT;
  const [figure, unit] = scaled(value, BYTES);
  return `${digits(figure)} ${unit}`;
}

/** A figure on an axis, without the zeros at its end: "7.5 s", "90 %". */
export const tick = (text) => text.replace(/(\d)\.(\d*?)0+(?!\d)/, (_, whole_part, rest) =>
  (rest ? `${whole_part}.${rest}` : whole_part));

/** Seconds, as people say them: "6 s", "3 min", "2 h 5 min", "4 d 3 h". */
export function span(seconds) {
  if (is_absent(seconds)) return ABSENT;
  const whole = Math.round(Math.abs(seconds));
  const sign = seconds < 0 && whole > 0 ? "−" : "";
  if (whole < 10 && !Number.isInteger(seconds)) return `${sign}${Math.abs(seconds).toFixed(1)} s`;
  if (whole < 60) return `${sign}${whole} s`;
  if (whole < 3600) return `${sign}${pair(whole, 60, "min", 1, "s")}`;
  if (whole < 86400) return `${sign}${pair(whole, 3600, "h", 60, "min")}`;
  return `${sign}${pair(whole, 86400, "d", 3600, "h")}`;
}

function pair(seconds, large, large_name, small, small_name) {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${large_name}` + (rest ? ` ${rest} ${small_name}` : "");
}

const two = (value) => String(value).padStart(2, "0");

/** Seconds since the epoch as a clock of the reader's zone: "03:12:10"; with `day` "Jan 5 03:12". */
export function clock(seconds, day = false) {
  if (is_absent(seconds)) return ABSENT;
  const date = new Date(seconds * 1000);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (!day) return `${time}:${two(date.getSeconds())}`;
  return `${date.toLocaleString("en", { month: "short" })} ${date.getDate()} ${time}`;
}

/** The same, with the day where a time as long as `range_s` is in sight. */
export const clock_within = (range_s, seconds) => clock(seconds, range_s > UNITS.d);

/** "CEST", "UTC": the zone that `clock` speaks of. */
export function zone(seconds) {
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "short" })
    .formatToParts(new Date(seconds * 1000));
  return parts.find((part) => part.type === "timeZoneName").value;
}

/** How many times its usual size: "2.1×". */
export function times(ratio) {
  return is_absent(ratio) ? ABSENT : `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)}×`;
}

/** "client_error" as "client error". */
export const words = (name) => name.replaceAll("_", " ");

/** "1m/10s" as "1 min, each 10 s". */
export function window_words(window) {
  const [length, hop] = window.split("/").map((part) => span(seconds_of(part)));
  return length === hop ? length : `${length}, each ${hop}`;
}

const UNITS = { s: 1, m: 60, h: 3600, d: 86400 };

/** "10s", "5m", "1h", "1d" in seconds; NaN for anything else. */
export function seconds_of(text) {
  const match = /^(\d+)([smhd])$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2]] : NaN;
}
