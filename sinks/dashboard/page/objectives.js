// How much of each error budget is left, how fast it burns, and what that sets off.
import { get } from "./api.js";
import { burn_over, doubtful_of, firing_of, left_of, name_of, SILENT, worst_first }
  from "./budgets.js";
import { Burndowns } from "./burndown.js";
import { h, set_attribute, set_children, set_text } from "./dom.js";
import { clock, percent, times, whole } from "./format.js";

const EVERY_MS = 5000;
const BURNDOWN_EVERY_MS = 30_000;
const US = 1e6;
const SHORT_US = 5 * 60 * US;
const HOUR_US = 3600 * US;

export class ObjectivesView {
  title = "Objectives";

  constructor(app) {
    this.app = app;
    this.heading = h("h1", {}, "Reading the objectives…");
    this.detail = h("p", { class: "detail" });
    this.rows = h("tbody", {});
    this.place = objective_table(this.rows);
    this.burndowns = new Burndowns();
    this.element = h("div", { class: "view" },
      h("div", { class: "head" }, h("div", {}, this.heading, this.detail)),
      h("section", { class: "panel" }, this.place), this.burndowns.element);
    this.#read();
    this.#read_burndown();
    this.timers = [setInterval(() => this.#read(), EVERY_MS),
      setInterval(() => this.#read_burndown(), BURNDOWN_EVERY_MS)];
  }

  apply() {}
  update() {}

  async #read() {
    if (this.app.paused && this.ledgers) return;
    try {
      this.ledgers = (await get("objectives")).rows;
      this.read_ms = Date.now();
    } catch (error) {
      if (error.status === 401) return this.app.unauthorized();
      if (!this.ledgers) set_text(this.heading, `Cannot read the objectives: ${error.message}`);
      return;
    }
    this.#show();
  }

  async #read_burndown() {
    if (this.app.paused && this.told) return;
    try {
      this.burndowns.set((await get("burndown")).rows);
      this.told = true;
    } catch {
      // The heading says what is wrong; the charts keep what they had.
    }
  }

  #show() {
    const firing = this.ledgers.filter((ledger) => firing_of(ledger).some((name) => name !== SILENT));
    const silent = this.ledgers.filter((ledger) => firing_of(ledger).includes(SILENT));
    const spent = this.ledgers.filter(({ budget }) => (budget?.spent_ratio ?? 0) >= 1);
    set_attribute(this.heading, "data-level",
      firing.length || spent.length || silent.length ? "bad" : "well");
    set_text(this.heading, this.ledgers.length === 0 ? "No objectives"
      : firing.length ? `${firing.length} of ${this.ledgers.length} budgets burn too fast`
        : spent.length ? `${spent.length} of ${this.ledgers.length} budgets are spent`
          : silent.length ? `Nothing comes for ${silent.length} of ${this.ledgers.length} any more`
            : "Every budget holds");
    set_text(this.detail, this.ledgers.length
      ? `As of ${clock(Math.max(...this.ledgers.map((each) => each.end_time_us)) / US)}.`
      : "Write some with `weir slo init`, and name the file in weir.yaml under slo: objectives.");
    this.place.hidden = this.ledgers.length === 0;
    set_children(this.rows, [...this.ledgers].sort(worst_first).map(ledger_row));
  }

  destroy() {
    this.timers.forEach(clearInterval);
    this.burndowns.destroy();
  }
}

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
