// Which series needs somebody, and why. Until objectives say what is promised, a KPI is compared
// with its own calm level: the lowest tenth of what is in sight, so that a long incident does not
// become what is usual. A plain rule that people can check by eye, on purpose.
import { count, duration, percent, times, words } from "./format.js";
import { ERRORS } from "./kpis.js";

export const LEVELS = ["well", "few", "silent", "watch", "bad"];
export const LEVEL_WORDS = { well: "well", few: "few requests", silent: "silent", watch: "watch",
  bad: "bad" };

// Errors among the rated; a fleet rarely promises less than 95 %, or cares above 99.9 %.
const ERROR_WATCH = 0.02;
const ERROR_BAD = 0.05;
// Times the calm level. A P99 of few requests is nearly their maximum, and jumps.
const TIMES_WATCH = 2;
const TIMES_BAD = 3.5;
const FEWEST_REQUESTS = 20;  // in the window; of fewer nothing is said
const FEWEST_ENDS = 4;

const TIMED = [
  { id: "p99", name: "P99", of: (row) => row.latency_us?.p99 },
  { id: "ttft", name: "TTFT P95", of: (row) => row.ttft_us?.p95 },
];

/** The value below which a tenth of them lie; null of nothing. */
export function lowest_tenth(values) {
  const sorted = Float64Array.from(values.filter((value) => Number.isFinite(value))).sort();
  return sorted.length ? sorted[Math.floor((sorted.length - 1) / 10)] : null;
}

/**
 * Judges the row of `end_s` against the series' other rows from `from_s` on.
 * { level, findings: [{ kpi, level, text, score }], row }; findings worst first, `row` null where
 * the series has none at `end_s`.
 */
export function judge(series, from_s, end_s) {
  const row = series.rows.get(end_s) ?? null;
  if (!row?.requests) return { level: "silent", findings: [silence(series, end_s)], row };
  const findings = [];
  const errors = row.success_ratio === null ? 0 : 1 - row.success_ratio;
  if (errors >= ERROR_WATCH && row.rated >= FEWEST_REQUESTS) {
    findings.push({ kpi: "success", level: errors >= ERROR_BAD ? "bad" : "watch",
      score: errors / ERROR_WATCH, text: `success ${percent(row.success_ratio)}${mostly(row)}` });
  }
  const past = [...series.rows.values()].filter((r) =>
    r.end_s >= from_s && r.end_s <= end_s && r.requests >= FEWEST_REQUESTS);
  for (const { id, name, of } of TIMED) {
    const now = of(row);
    const calm = lowest_tenth(past.map(of));
    if (past.length < FEWEST_ENDS || row.requests < FEWEST_REQUESTS || !now || !calm) continue;
    const ratio = now / calm;
    if (ratio < TIMES_WATCH) continue;
    findings.push({ kpi: id, level: ratio >= TIMES_BAD ? "bad" : "watch", score: ratio,
      text: `${name} ${duration(now)}, ${times(ratio)} its calm ${duration(calm)}` });
  }
  if (row.requests < FEWEST_REQUESTS) findings.push(few(row));
  findings.sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || b.score - a.score);
  return { level: findings[0]?.level ?? "well", findings, row };
}

/** What is left of a verdict when nothing was told since `end_s`: what was not wrong then may be
 *  anything now. */
export function overtaken(verdict, end_s) {
  if (!["well", "few"].includes(verdict.level)) return verdict;
  return { ...verdict, level: "silent", findings: [{ kpi: "traffic", level: "silent", score: 0,
    last_s: end_s, text: "no new results" }] };
}

/** What went well with a few requests is no sign of health. */
const few = ({ requests }) => ({ kpi: "traffic", level: "few", score: 0,
  text: `few requests to judge by: ${count(requests)} in the window` });

/** The error that most of them are. */
function mostly({ status }) {
  const [name, number] = ERRORS.map((error) => [error, status?.[error] ?? 0])
    .reduce((most, next) => (next[1] > most[1] ? next : most));
  return number > 0 ? `, mostly ${words(name)} (${count(number)})` : "";
}

function silence(series, end_s) {
  let last_s = -Infinity;
  for (const { end_s: end, requests } of series.rows.values()) {
    if (end <= end_s && requests > 0) last_s = Math.max(last_s, end);
  }
  return { kpi: "traffic", level: "silent", score: 0, last_s, text: "no requests" };
}

/** Sorts { series, verdict, weight } worst first: by level, then by how far off in doublings, then
 *  the busiest. Doublings, so that rows do not change places while somebody reads them. */
export function worst_first(a, b) {
  return LEVELS.indexOf(b.verdict.level) - LEVELS.indexOf(a.verdict.level)
    || doublings(b.verdict) - doublings(a.verdict)
    || b.weight - a.weight
    || (a.series.key < b.series.key ? -1 : 1);
}

const doublings = (verdict) => Math.floor(Math.log2(Math.max(1, verdict.findings[0]?.score ?? 1)));
