import assert from "node:assert/strict";
import test from "node:test";
import { decision_words, figures_of, heading_of, level_of, loudest_of, matchers_of, standings_of,
  title_of } from "../../sinks/dashboard/page/alert_words.js";

const alert = (changes = {}) => ({ fingerprint: "8f1c", state: "firing", severity: "page",
  labels: { objective: "chat", condition: "page-1h", service: "chat" }, acknowledged: null,
  silenced_by: [], inhibited_by: [], flapping: false, ...changes });

test("an alert is as loud as who should be up for it", () => {
  assert.equal(level_of(alert()), "bad");
  assert.equal(level_of(alert({ severity: "ticket" })), "watch");
  for (const quiet of [{ state: "pending" }, { state: "resolved" }, { silenced_by: ["a"] },
    { inhibited_by: ["b"] }]) assert.equal(level_of(alert(quiet)), "silent");
  assert.equal(loudest_of([alert({ severity: "info" }), alert()]), "bad");
  assert.equal(loudest_of([]), "well");
});

test("the heading counts what fires and what of it is held back", () => {
  assert.equal(heading_of([alert({ state: "pending" })]), "Nothing fires");
  assert.equal(heading_of([alert()]), "1 alert fires");
  assert.equal(heading_of([alert(), alert({ silenced_by: ["a"] })]),
    "2 alerts fire, 1 of them held back");
});

test("what keeps an alert quiet is said", () => {
  assert.deepEqual(standings_of(alert({ state: "pending", acknowledged: { by: "ann" },
    silenced_by: ["a"], inhibited_by: ["b"], flapping: true })),
  ["pending", "acknowledged by ann", "silenced", "hidden by a louder alert", "comes and goes"]);
});

test("absent numbers are left out", () => {
  assert.deepEqual(figures_of(alert()), []);
  assert.deepEqual(figures_of({ condition: { spent_ratio: 0.5, long_window: {
    length_us: 3600e6, good: 0, total: 7, burn_rate: null } } }),
  [["Bad in 1 h", "7 of 7"], ["Burn in 1 h", "–"], ["Budget spent", "50.00 %"]]);
  assert.equal(title_of({ labels: {}, fingerprint: "8f1c" }), "8f1c");
});

test("a decision is a sentence", () => {
  assert.equal(decision_words({ kind: "not_useful", because: "", by: "ann" }),
    "not useful by ann");
  assert.equal(decision_words({ kind: "sent", because: "202", receiver: "oncall" }),
    "sent to oncall: 202");
});

test("a silence of an alert names what it is", () => {
  assert.deepEqual(matchers_of({ labels: { objective: 'a "b"', service: "chat", gpu: "x" } }),
    ['objective="a \\"b\\""', 'service="chat"']);
});
