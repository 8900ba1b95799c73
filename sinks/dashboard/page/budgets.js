// What ledgers of objectives say: conditions, budgets, burn rates. Pure functions of API rows.
import { ABSENT, clock, words } from "./format.js";

const STATE = "CONDITION_STATE_";
const US = 1e6;
export const HOUR_US = 3600 * US;

/** The condition that says that nothing comes any more. */
export const SILENT = "silent";

/** Names of the conditions that fire. */
export const firing_of = (ledger) => (ledger.condition ?? [])
  .filter(({ state }) => state === `${STATE}FIRING`).map(({ name }) => name);

/** What burns, though nobody should be told, and why not. */
export const doubtful_of = (ledger) => (ledger.condition ?? [])
  .filter(({ state }) => state === `${STATE}TOO_FEW` || state === `${STATE}PLAUSIBLE`)
  .map(({ name, state }) => `${name}: ${words(state.slice(STATE.length).toLowerCase())}`);

export const burn_over = (ledger, length_us) =>
  (ledger.window ?? []).find((window) => window.length_us === length_us)?.burn_rate ?? null;

export const left_of = ({ budget }) =>
  ((budget?.spent_ratio ?? null) === null ? null : 1 - budget.spent_ratio);

/** Whether its window is one of the calendar, which has yet to end; a rolling one ends now. */
export const is_calendar = ({ budget, end_time_us }) =>
  budget.start_us + budget.length_us > end_time_us;

/** When all of the budget is spent, as words; the server says whether it comes to that. */
export function exhaustion_words(ledger) {
  const left = left_of(ledger);
  if (left === null) return ABSENT;
  if (left <= 0) return "spent already";
  const at_us = ledger.budget.exhausted_at_us;
  return at_us ? clock(at_us / US, true) : "not at this pace";
}

/** What fires first, then the least budget left. */
export const worst_first = (a, b) => firing_of(b).length - firing_of(a).length
  || (left_of(a) ?? 2) - (left_of(b) ?? 2) || name_of(a).localeCompare(name_of(b), "en");

export const ledger_words = ({ scope = [], series = [] }) =>
  scope.map((dimension, i) => `${dimension}=${series[i]}`).join(" ");

export const name_of = (ledger) => `${ledger.objective} ${ledger_words(ledger)}`.trim();

/** Lines of points onto the ends of all: what was told holds until the next was. */
export function steps(lines, of) {
  const ends = [...new Set(lines.flatMap((points) => points.map(([end_us]) => end_us)))]
    .sort((a, b) => a - b);
  const values = lines.map((points) => {
    let next = 0;
    return ends.map((end) => {
      while (next < points.length && points[next][0] <= end) next++;
      return next === 0 ? null : points[next - 1][of];
    });
  });
  return { ends: ends.map((end) => end / US), values };
}
