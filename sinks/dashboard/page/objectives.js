// How much of each error budget is left, how fast it burns, and what that sets off.
import { get } from "./api.js";
import { burn_over, doubtful_of, exhaustion_words, firing_of, HOUR_US, left_of, name_of, SILENT,
  worst_first }
  from "./budgets.js";
import { Burndowns } from "./burndown.js";
import { h, set_attribute, set_children, set_text } from "./dom.js";
import { clock, counted, percent, times } from "./format.js";
import { wide_row, wide_table } from "./wide_table.js";

const EVERY_MS = 5000;
const BURNDOWN_EVERY_MS = 30_000;
const US = 1e6;
const SHORT_US = 5 * 60 * US;

// Each with the kind of what it holds.
const COLUMNS = [["Objective"], ["Target", "figure"], ["Good", "figure"], ["Of", "figure"],
  ["Now", "figure"], ["Budget left", "figure"], ["Burn 5\u00a0min", "figure"],
  ["Burn 1\u00a0h", "figure"],
  ["All spent at", "figure"], ["Conditions", "text"]];

export class ObjectivesView {
  title = "Objectives";

  constructor(app) {
    this.app = app;
    this.heading = h("h1", {}, "Reading the objectives…");
    this.detail = h("p", { class: "detail" });
    this.rows = h("tbody", {});
    this.place = h("section", { class: "panel", hidden: true },
      wide_table("Objectives", "Objectives, the worst first", COLUMNS, this.rows));
    this.burndowns = new Burndowns();
    this.element = h("div", { class: "view" },
      h("div", { class: "head" }, h("div", {}, this.heading, this.detail)),
      this.place, this.burndowns.element);
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
      const [burndowns, ledgers] = await Promise.all([get("burndown"), get("objectives")]);
      this.burndowns.set(burndowns.rows, ledgers.rows);
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
      : "An objective says how much of a service has to be good; none is known here, or none has "
        + "had an event yet. Write some with `weir slo init`, and name the file in weir.yaml under "
        + "slo: objectives.");
    this.place.hidden = this.ledgers.length === 0;
    set_children(this.rows, [...this.ledgers].sort(worst_first).map(ledger_row));
  }

  destroy() {
    this.timers.forEach(clearInterval);
    this.burndowns.destroy();
  }
}

function ledger_row(ledger) {
  const { budget, method } = ledger;
  const left = left_of(ledger);
  const firing = firing_of(ledger);
  const notes = [...firing, ...doubtful_of(ledger),
    ...(ledger.maintenance ? [`maintenance: ${ledger.maintenance}`] : []),
    ...(ledger.complete ? [] : ["incomplete"])];
  return wide_row(COLUMNS, firing.length || left < 0 ? "bad" : null, [name_of(ledger),
    percent(ledger.target_ppb / 1e9), counted(budget.good, method), counted(budget.total, method),
    percent(budget.sli), percent(left), times(burn_over(ledger, SHORT_US)),
    times(burn_over(ledger, HOUR_US)), exhaustion_words(ledger), notes.join(", ") || "quiet"]);
}
