import assert from "node:assert/strict";
import test from "node:test";
import { burn_over, doubtful_of, firing_of, left_of, name_of, steps, worst_first }
  from "../../sinks/dashboard/page/budgets.js";

const ledger = (objective, spent_ratio, states = {}, more = {}) => ({ objective,
  budget: { spent_ratio }, condition: Object.entries(states).map(([name, state]) =>
    ({ name, state: `CONDITION_STATE_${state}` })), ...more });

test("what fires comes first, then the least budget left", () => {
  const ledgers = [ledger("calm", 0.1), ledger("new", null), ledger("spent", 1.5),
    ledger("fires", 0.2, { "page-1h": "FIRING" })];
  assert.deepEqual(ledgers.sort(worst_first).map(({ objective }) => objective),
    ["fires", "spent", "calm", "new"]);
});

test("conditions say what they are", () => {
  const one = ledger("a", 0, { "page-1h": "FIRING", "page-6h": "TOO_FEW", "ticket-1d": "QUIET",
    "ticket-3d": "PLAUSIBLE" });
  assert.deepEqual(firing_of(one), ["page-1h"]);
  assert.deepEqual(doubtful_of(one), ["page-6h: too few", "ticket-3d: plausible"]);
});

test("absent numbers stay absent", () => {
  assert.equal(left_of(ledger("a", null)), null);
  assert.equal(left_of(ledger("a", 0.25)), 0.75);
  const windows = { window: [{ length_us: 300e6, burn_rate: 2 }, { length_us: 3600e6,
    burn_rate: null }] };
  assert.equal(burn_over(windows, 300e6), 2);
  assert.equal(burn_over(windows, 3600e6), null);
  assert.equal(burn_over({}, 1), null);
  assert.equal(name_of({ objective: "a", scope: ["tenant"], series: ["b"] }), "a tenant=b");
});

test("what was told holds until the next was", () => {
  const left = 1;
  assert.deepEqual(steps([[[10e6, 1, 0], [30e6, 0.5, 2]], [[20e6, null, 1]]], left),
    { ends: [10, 20, 30], values: [[1, 1, 0.5], [null, null, null]] });
});
