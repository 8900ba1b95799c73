import assert from "node:assert/strict";
import test from "node:test";
import { decision_words, figures_of, heading_of, level_of, loudest_of, matchers_of, not_taken_words,
  receiver_row, standings_of, statistics_of, taking_on_of, title_of, told_of } from "../../sinks/dashboard/page/alert_words.js";

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

test("what somebody has is taken over from them", () => {
  assert.deepEqual(taking_on_of(alert()),
    { button: "Acknowledge", title: "Acknowledge chat page-1h" });
  assert.deepEqual(taking_on_of(alert({ acknowledged: { by: "ann" } })),
    { button: "Take over", title: "Take chat page-1h over from ann" });
});

test("who has it already is told so", () => {
  assert.equal(not_taken_words(alert(), { accepted: false, acknowledged: { by: "ann" } }),
    "chat page-1h is already yours, ann; somebody else can take it over");
});

test("absent numbers are left out", () => {
  assert.deepEqual(figures_of(alert()), []);
  assert.deepEqual(figures_of({ condition: { spent_ratio: 0.5, long_window: {
    length_us: 3600e6, good: 0, total: 7, burn_rate: null } } }),
  [["Bad in 1 h", "7 of 7"], ["Burn in 1 h", "–"], ["Budget spent", "50.00 %"]]);
  // Of slices that count as their ratio the API has billionths.
  assert.deepEqual(figures_of({ condition: { method: "BUDGETING_METHOD_RATIO_TIMESLICES",
    long_window: { length_us: 3600e6, good: 57_999_999_996, total: 60e9, burn_rate: null } } })[0],
  ["Bad in 1 h", "2 of 60"]);
  assert.equal(title_of({ labels: {}, fingerprint: "8f1c" }), "8f1c");
});

test("statistics of nothing are absent and not zero", () => {
  const none = { fired: 0, hidden: 0, incidents: 0, signal_to_noise: null, precision: null,
    mtta_s: null, mttr_s: null, mtbf_s: null };
  assert.deepEqual(statistics_of(none).map(([, value]) => value),
    ["0", "0", "–", "–", "–", "–", "–"]);
  assert.deepEqual(statistics_of({ ...none, fired: 5, hidden: 2, signal_to_noise: 1,
    mtta_s: 90 }).map(([, value]) => value),
  ["5, 2 of them hidden", "0", "100 %", "–", "1 min 30 s", "–", "–"]);
});

test("a decision is a sentence", () => {
  assert.equal(decision_words({ kind: "not_useful", because: "", by: "ann" }),
    "not useful by ann");
  assert.equal(decision_words({ kind: "sent", because: "202", receiver: "oncall" }),
    "sent to oncall: 202");
});

test("who was told, when, and what the answer was", () => {
  const time = (text) => `at ${text}`;
  const told = (changes) => told_of({ receivers: ["oncall"], told: [{ receiver: "oncall",
    what: "sent", at: "3", because: "taken: status 202", sent_at: "3", ...changes }] }, time)[0][1];
  assert.equal(told(), "told at 3: taken: status 202");
  assert.equal(told({ what: "failed", because: "given up: 404", sent_at: null }),
    "not told, at 3: given up: 404");
  assert.equal(told({ what: "lapsed", because: "it resolved hidden", sent_at: null }),
    "not told, at 3: it resolved hidden");
  assert.equal(told({ what: "grouped", sent_at: null }), "has not taken the latest since at 3");
  assert.equal(told({ what: "throttled", because: "it had enough", sent_at: "2" }),
    "told at 2; held back since at 3: it had enough");
  assert.deepEqual(told_of({ receivers: ["a"], told: [] }, time), [["a", "not told yet"]]);
  assert.deepEqual(told_of({ receivers: [], told: [{ receiver: "b", what: "grouped", at: "1",
    sent_at: null }] }, time).map(([name]) => name), ["b"]);
});

test("a receiver's row says whether it needs somebody", () => {
  const time = (text) => `at ${text}`;
  const row = (changes) => receiver_row({ name: "chat", type: "slack", waiting: 0,
    oldest_waiting_s: 0, trouble: null, last_success: "5", last_failure: null,
    last_failure_text: null, notifications_1h: 0, digests_1h: 0, throttled_1h: 0, ...changes }, time);
  assert.deepEqual(row(), { level: null, cells: ["slack", "0", "at 5", "–", "0 told"] });
  assert.deepEqual(row({ waiting: 3, oldest_waiting_s: 120, trouble: "503", last_success: null,
    last_failure: "4", last_failure_text: "status 503", notifications_1h: 12, digests_1h: 1,
    throttled_1h: 7 }), { level: "bad", cells: ["slack", "3, the oldest for 2 min", "–",
    "at 4: status 503", "12 told, 1 as digests, 7 alerts held back"] });
  // Told by another process, or by none.
  assert.deepEqual(row({ type: null, waiting: null, oldest_waiting_s: null }).cells.slice(0, 2),
    ["nothing tells it", "–"]);
});

test("a silence of an alert names what it is", () => {
  assert.deepEqual(matchers_of({ labels: { objective: 'a "b"', service: "chat", gpu: "x" } }),
    ['objective="a \\"b\\""', 'service="chat"']);
});
