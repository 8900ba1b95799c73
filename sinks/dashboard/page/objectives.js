// How much of each error budget is left, how fast it burns, and what that sets off.
import { get } from "./api.js";
import { h, set_attribute, set_children, set_text } from "./dom.js";
import { clock, percent, times, whole, words } from "./format.js";

const EVERY_MS = 5000;
const US = 1e6;
const SHORT_US = 5 * 60 * US;
const HOUR_US = 3600 * US;
const STATE = "CONDITION_STATE_";

export class ObjectivesView {
  title = "Objectives";

  constructor(app) {
    this.app = app;
    this.heading = h("h1", {}, "Reading the objectives…");
    this.detail = h("p", { class: "detail" });
    this.rows = h("tbody", {});
    this.place = objective_table(this.rows);
    this.element = h("div", { class: "view" },
      h("div", { class: "head" }, h("div", {}, this.heading, this.detail)),
      h("section", { class: "panel" }, this.place));
    this.#read();
    this.timer = setInterval(() => this.#read(), EVERY_MS);
  }

  apply() {}
  update() {}

  async #read() {
    if (this.app.paused && this.ledgers) return;
    try {
      this.ledgers = (await get("objectives")).rows;
    } catch (error) {
      if (error.status === 401) return this.app.unauthorized();
      if (!this.ledgers) set_text(this.heading, `Cannot read the objectives: ${error.message}`);
      return;
    }
    this.#show();
  }

  #show() {
    const firing = this.ledgers.filter((ledger) => firing_of(ledger).length > 0);
    const spent = this.ledgers.filter(({ budget }) => (budget?.spent_ratio ?? 0) >= 1);
    set_attribute(this.heading, "data-level", firing.length || spent.length ? "bad" : "well");
    set_text(this.heading, this.ledgers.length === 0 ? "No objectives"
      : firing.length ? `${firing.length} of ${this.ledgers.length} budgets burn too fast`
        : spent.length ? `${spent.length} of ${this.ledgers.length} budgets are spent`
          : "Every budget holds");
    set_text(this.detail, this.ledgers.length
      ? `As of ${clock(Math.max(...this.ledgers.map((each) => each.end_time_us)) / US)}.`
      : "Write some with `weir slo init`, and name the file in weir.yaml under slo: objectives.");
    this.place.hidden = this.ledgers.length === 0;
    set_children(this.rows, [...this.ledgers].sort(worst_first).map(ledger_row));
  }

  destroy() {
    clearInterval(this.timer);
  }
}

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

/** What fires first, then the least budget left. */
export const worst_first = (a, b) => firing_of(b).length - firing_of(a).length
  || (left_of(a) ?? 2) - (left_of(b) ?? 2) || name_of(a).localeCompare(name_of(b), "en");

export const name_of = ({ objective, scope = [], series = [] }) =>
  [objective, ...scope.map((dimension, i) => `${dimension}=${series[i]}`)].join(" ");

const COLUMNS = ["Objective", "Target", "Good", "Of", "Now", "Budget left", "Burn 5 min",
  "Burn 1 h", "Spent at", "Conditions"];

function objective_table(body) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Objectives" },
    h("table", { class: "plain" },
      h("caption", { class: "visually-hidden" }, "Objectives, the worst first"),
      h("thead", {}, h("tr", {}, COLUMNS.map((name, i) => h("th", { scope: "col",
        class: i >= 1 && i <= 8 ? "figure" : null }, name)))), body));
}

function ledger_row(ledger) {
  const figure = (text) => h("td", { class: "figure" }, text);
  const { budget } = ledger;
  const left = left_of(ledger);
  const firing = firing_of(ledger);
  const notes = [...firing, ...doubtful_of(ledger),
    ...(ledger.maintenance ? [`maintenance: ${ledger.maintenance}`] : []),
    ...(ledger.complete ? [] : ["incomplete"])];
  return h("tr", { "data-level": firing.length || left < 0 ? "bad" : null },
    h("th", { scope: "row" }, name_of(ledger)),
    figure(percent(ledger.target_ppb / 1e9)), figure(whole(budget.good)),
    figure(whole(budget.total)), figure(percent(budget.sli)), figure(percent(left)),
    figure(times(burn_over(ledger, SHORT_US))), figure(times(burn_over(ledger, HOUR_US))),
    figure(budget.exhausted_at_us ? clock(budget.exhausted_at_us / US, true) : "–"),
    h("td", {}, notes.join(", ") || "quiet"));
}
