import assert from "node:assert/strict";
import { test } from "node:test";

import { RowStore, rows_at, series_name, values_of } from "../../sinks/dashboard/page/store.js";
import { spark_path, thin } from "../../sinks/dashboard/page/spark.js";

const at = (seconds) => new Date(seconds * 1000).toISOString();
const row = (service, end_s, requests) =>
  ({ scope: ["service"], series: { service }, end_time: at(end_s), requests, complete: true });
const requests = (r) => r.requests;

function text(store, from_s, to_s) {
  const ends = store.ends(from_s, to_s);
  return [...store.series.values()].map((series) => `${series_name(series)}: ${
    values_of(rows_at(series, ends), requests).map((value) => value ?? "gap").join(" ")}`).join("\n");
}

test("what was not told is a gap, and a zero is a zero", () => {
  const store = new RowStore(10);
  store.merge([row("chat", 100, 3), row("chat", 130, 0), row("code", 110, 7)]);
  assert.equal(text(store, 95, 130), "chat: 3 gap gap 0\ncode: gap 7 gap gap");
});

test("a later row of the same series and end takes the place of the earlier one", () => {
  const store = new RowStore(10);
  store.merge([row("chat", 100, 3), row("chat", 110, 4)]);
  assert.equal(store.merge([row("chat", 100, 5), row("chat", 110, 4)]), 1);
  assert.equal(text(store, 100, 110), "chat: 5 4");
  assert.deepEqual([...store.series.values()][0].rows.get(100).revisions, 1);
  assert.deepEqual([...store.series.values()][0].rows.get(110).revisions, 0);
});

test("what is out of sight is let go, with the series that has nothing else", () => {
  const store = new RowStore(10);
  store.merge([row("chat", 100, 3), row("code", 100, 7), row("chat", 110, 4)]);
  store.forget_before(105);
  assert.equal(text(store, 100, 110), "chat: gap 4");
});

test("a series is named by what its heading does not say", () => {
  const series = { scope: ["service", "model"], values: { service: "chat", model: "" } };
  assert.equal(series_name(series), "chat · (none)");
  assert.equal(series_name(series, { service: "chat" }), "(none)");
  assert.equal(series_name({ scope: [], values: {} }), "everything");
});

test("of the values that share a point the worse one shows, and a gap only where all are absent", () => {
  const values = [1, 9, null, 2, null, null];
  assert.deepEqual([thin(values, 1, 3), thin(values, -1, 3)], [[9, 2, null], [1, 2, null]]);
});

test("a gap lifts the pen", () => {
  assert.equal(spark_path([0, 1, null, 1]).replaceAll(/[\d.]+/g, "_"), "M_ _h_L_ _M_ _h_");
  assert.equal(spark_path([null, null]), "");
});
