import assert from "node:assert/strict";
import { test } from "node:test";

import { judge, lowest_tenth, overtaken, worst_first } from "../../sinks/dashboard/page/health.js";

const row = (end_s, changes = {}) => ({ end_s, requests: 100, rated: 100, success_ratio: 0.99,
  status: {}, latency_us: { p99: 1e6 }, ttft_us: null, ...changes });

/** Ten calm ends, and then `last`. */
function series(key, last) {
  const rows = new Map();
  for (let end_s = 0; end_s < 100; end_s += 10) rows.set(end_s, row(end_s));
  if (last) rows.set(100, row(100, last));
  return { key, rows };
}

const verdict = (last) => {
  const { level, findings } = judge(series("chat", last), 0, 100);
  return `${level}: ${findings.map(({ text }) => text).join("; ")}`;
};

test("calm is well", () => assert.equal(verdict({}), "well: "));

test("failing requests are told with what most of them are", () => {
  assert.equal(verdict({ success_ratio: 0.97 }), "watch: success 97.00 %");
  assert.equal(verdict({ success_ratio: 0.6, status: { oom: 30, timeout: 10 } }),
    "bad: success 60.00 %, mostly oom (30)");
});

test("slow is measured against the series' own calm level", () => {
  assert.equal(verdict({ latency_us: { p99: 2.5e6 } }), "watch: P99 2.50 s, 2.5× its calm 1.00 s");
  assert.equal(verdict({ latency_us: { p99: 4e6 } }), "bad: P99 4.00 s, 4.0× its calm 1.00 s");
});

test("few requests say nothing about a quantile or a ratio", () => {
  assert.equal(verdict({ requests: 5, rated: 5, success_ratio: 0.2, latency_us: { p99: 9e6 } }),
    "few: few requests to judge by: 5 in the window");
});

test("nothing rated is no failure", () => {
  assert.equal(verdict({ rated: 0, success_ratio: null, latency_us: null }), "well: ");
});

test("a series without a row is silent, since its last one", () => {
  const { level, findings, row: none } = judge(series("chat", null), 0, 100);
  assert.deepEqual([level, findings[0].last_s, none], ["silent", 90, null]);
});

test("a window without requests is as silent as none", () => {
  const { level, findings } = judge(series("chat", { requests: 0, rated: 0 }), 0, 100);
  assert.deepEqual([level, findings[0].last_s], ["silent", 90]);
});

test("what was well when results ended is not well now, and what was bad stays so", () => {
  const calm = overtaken(judge(series("chat", {}), 0, 100), 100);
  assert.deepEqual([calm.level, calm.findings[0].text, calm.findings[0].last_s],
    ["silent", "no new results", 100]);
  const failing = judge(series("chat", { success_ratio: 0.5 }), 0, 100);
  assert.equal(overtaken(failing, 100), failing);
});

test("the worst comes first, the busier of two alike before", () => {
  const item = (key, weight, last) => {
    const of = series(key, last);
    return { series: of, weight, verdict: judge(of, 0, 100) };
  };
  const items = [item("calm", 9, {}), item("gone", 1, null), item("slow", 2,
    { latency_us: { p99: 2.5e6 } }), item("busy and calm", 10, {}), item("failing", 1,
    { success_ratio: 0.5 })];
  assert.deepEqual(items.sort(worst_first).map(({ series: { key } }) => key),
    ["failing", "slow", "gone", "busy and calm", "calm"]);
});

test("the lowest tenth leaves out the absent", () => {
  assert.equal(lowest_tenth([null, ...Array.from({ length: 21 }, (_, i) => 30 - i), undefined]), 12);
  assert.equal(lowest_tenth([null]), null);
});
