import assert from "node:assert/strict";
import { test } from "node:test";

import * as format from "../../sinks/dashboard/page/format.js";

const table = (write, values) => values.map((value) => `${value} ${write(value)}`).join("\n");
const absent = [null, undefined, NaN, Infinity];

test("the absent is a dash in every unit, and never zero", () => {
  const { duration, count, rate, percent, bytes, span, clock, times, whole } = format;
  for (const write of [duration, count, rate, percent, bytes, span, clock, times, whole]) {
    assert.deepEqual(absent.map((value) => write(value)), ["–", "–", "–", "–"]);
  }
});

test("a duration has three digits in the unit that fits", () => {
  assert.equal(table(format.duration, [0, 65, 999, 999.7, 1840, 412_345, 999_700, 1_840_000,
    61_000_000, 4_000_000_000]), [
    "0 0 s", "65 65.0 µs", "999 999 µs", "999.7 1.00 ms", "1840 1.84 ms", "412345 412 ms",
    "999700 1.00 s", "1840000 1.84 s", "61000000 1.02 min", "4000000000 1.11 h"].join("\n"));
});

test("a count stays whole while it is short", () => {
  assert.equal(table(format.count, [0, 7, 9999, 10_000, 999_990, 33_600_000, 0.018]),
    ["0 0", "7 7", "9999 9,999", "10000 10.0k", "999990 1.00M", "33600000 33.6M",
      "0.018 0.018"].join("\n"));
});

test("a ratio is all or nothing only where it is", () => {
  assert.equal(table(format.percent, [1, 0.99999, 0.9999, 0.9926, 0.6884, 0.00001, 0]),
    ["1 100 %", "0.99999 99.999 %", "0.9999 99.990 %", "0.9926 99.26 %", "0.6884 68.84 %",
      "0.00001 0.00 %", "0 0 %"].join("\n"));
});

test("an axis leaves out the zeros at the end", () => {
  assert.deepEqual(["5.00 s", "7.50 s", "10.0k/s", "90.00 %", "100 %", "1,200", "0 s"]
    .map(format.tick), ["5 s", "7.5 s", "10k/s", "90 %", "100 %", "1,200", "0 s"]);
});

test("a span of time reads as people say it", () => {
  assert.equal(table(format.span, [0, 5.25, 59.6, 90, 3600, 7500, 93_600]),
    ["0 0 s", "5.25 5.3 s", "59.6 1 min", "90 1 min 30 s", "3600 1 h", "7500 2 h 5 min",
      "93600 1 d 2 h"].join("\n"));
});

test("bytes count by 1024", () => {
  assert.equal(table(format.bytes, [0, 1023, 1536, 20 * 2 ** 30]),
    ["0 0 B", "1023 1,023 B", "1536 1.50 KiB", "21474836480 20.0 GiB"].join("\n"));
});

test("a window says its length and its hop", () => {
  assert.deepEqual(["1m/10s", "5m/10s", "1h/1m", "10s/10s"].map(format.window_words),
    ["1 min, each 10 s", "5 min, each 10 s", "1 h, each 1 min", "10 s"]);
});
