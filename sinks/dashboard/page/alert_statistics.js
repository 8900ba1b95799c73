// How good the alerting was lately.
import { statistics_of } from "./alert_words.js";
import { get } from "./api.js";
import { h, set_children, set_text } from "./dom.js";

/** Of these the server keeps statistics. */
const DAYS = 30;
const EVERY_MS = 60_000;

export class AlertStatistics {
  constructor() {
    this.detail = h("p", { class: "detail" });
    this.facts = h("dl", { class: "facts" });
    this.element = h("section", { class: "panel statistics", "aria-label": "Statistics",
      hidden: true }, h("div", { class: "head" }, h("h2", {}, `Last ${DAYS} days`)), this.detail,
    this.facts);
  }

  /** Asks again where the last time is a minute ago. */
  async read() {
    const now_ms = Date.now();
    if (now_ms < (this.next_ms ?? 0)) return;
    this.next_ms = now_ms + EVERY_MS;
    try {
      const { all } = await get("alerts/stats");
      this.#show(statistics_of(all), "");
    } catch (error) {
      this.#show([], `Cannot read the statistics: ${error.message}`);
    }
  }

  #show(facts, detail) {
    this.element.hidden = false;
    this.detail.hidden = detail === "";
    set_text(this.detail, detail);
    set_children(this.facts, facts.map(([name, value]) =>
      h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  }
}
