// What fires, since when, why, who was told; and what people say of it.
import { AlertCard, silence_form } from "./alert_card.js";
import { AlertStatistics } from "./alert_statistics.js";
import { heading_of, loudest_of } from "./alert_words.js";
import { get, send } from "./api.js";
import { who } from "./ask_form.js";
import { h, set_attribute, set_children, set_text } from "./dom.js";
import { clock } from "./format.js";
import { ReceiversTable } from "./receivers.js";
import { seconds_of_time } from "./store.js";

const EVERY_MS = 3000;

export class AlertsView {
  title = "Alerts";

  constructor(app, route) {
    this.app = app;
    this.route = route;
    this.cards = new Map();  // by fingerprint
    this.opened = "";        // the alert that the address named and that was opened for it
    this.heading = h("h1", {}, "Reading the alerts…");
    this.detail = h("p", { class: "detail" });
    this.list = h("div", { class: "alerts" });
    this.ended = h("input", { type: "checkbox", on: { change: () => this.#read() } });
    this.silences = h("ul", { class: "silences" });
    this.asked = h("div", {});
    this.receivers = new ReceiversTable();
    this.statistics = new AlertStatistics();
    this.add = h("button", { class: "small", on: { click: () => this.#ask() } }, "Add a silence");
    this.element = h("div", { class: "view" },
      h("div", { class: "head" }, h("div", {}, this.heading, this.detail),
        h("label", {}, this.ended, "Also what has ended")),
      this.list, this.receivers.element,
      h("section", { class: "panel", "aria-label": "Silences" },
        h("div", { class: "head" }, h("h2", {}, "Silences"), this.add), this.asked, this.silences),
      this.statistics.element);
    this.#read();
    this.timer = setInterval(() => this.#read(), EVERY_MS);
  }

  apply(route) {
    if (route.alert !== this.route.alert) this.opened = "";
    this.route = route;
    this.#read();
  }

  update() {}

  destroy() {
    clearInterval(this.timer);
  }

  async #read() {
    if (this.app.paused && this.known) return;
    // What a link names is shown though it has ended.
    const all = this.ended.checked || Boolean(this.route.alert);
    try {
      const parameters = all ? [["all", "true"]] : [];
      const [{ alerts }, { silences }, { receivers }] =
        await Promise.all([get("alerts", parameters), get("silences"), get("receivers")]);
      this.read_ms = Date.now();
      this.#show(alerts, silences);
      this.receivers.update(receivers);
      await this.statistics.read();
    } catch (error) {
      if (error.status === 401) return this.app.unauthorized();
      if (!this.known) set_text(this.heading, `Cannot read the alerts: ${error.message}`);
    }
  }

  #show(alerts, silences) {
    const wanted = alerts.filter(({ state, fingerprint }) =>
      state !== "resolved" || this.ended.checked || fingerprint === this.route.alert);
    set_attribute(this.heading, "data-level", loudest_of(alerts));
    set_text(this.heading, heading_of(alerts));
    set_text(this.detail, wanted.length
      ? `${wanted.length} shown. Their figures are of their last change: those of now are in Objectives.`
      : "No condition of an objective holds, so nobody has to be told of anything. Without "
        + "objectives there are no alerts: Objectives says how to get some.");
    for (const alert of wanted) {
      const card = this.cards.get(alert.fingerprint);
      if (card) card.update(alert);
      else this.cards.set(alert.fingerprint, new AlertCard(alert, () => this.#read()));
    }
    const shown = new Set(wanted.map(({ fingerprint }) => fingerprint));
    for (const fingerprint of this.cards.keys())
      if (!shown.has(fingerprint)) this.cards.delete(fingerprint);
    set_children(this.list,
      wanted.map(({ fingerprint }) => this.cards.get(fingerprint).element));
    this.#show_silences(silences);
    this.#open_named();
    this.known = true;
  }

  /** Once, when it is there: what ended is read for its link only. */
  #open_named() {
    const card = this.cards.get(this.route.alert);
    if (!card || this.opened === this.route.alert) return;
    this.opened = this.route.alert;
    card.open();
  }

  #show_silences(silences) {
    const told = JSON.stringify(silences);
    if (this.told === told) return;
    this.told = told;
    set_children(this.silences, silences.length === 0
      ? [h("li", { class: "detail" }, "None holds. A silence keeps what it "
        + "matches from being told, until it ends: add one here, or at an alert.")]
      : silences.map((silence) => this.#silence(silence)));
  }

  #silence({ id, state, matchers, starts_at, ends_at, by, reason }) {
    const time = (at) => clock(seconds_of_time(at), true);
    return h("li", {}, h("code", {}, matchers.join(" ")),
      h("span", {}, state === "pending" ? ` from ${time(starts_at)}` : "",
        ` until ${time(ends_at)}, by ${by}: ${reason} `),
      h("button", { class: "small", "aria-label": `Expire the silence of ${matchers.join(" ")}`,
        on: { click: (event) => this.#expire(id, event.target) } }, "Expire"));
  }

  async #expire(id, button) {
    button.disabled = true;
    try {
      await send("DELETE", `silences/${id}`, undefined, [["by", who() || "page"]]);
      await this.#read();
    } catch (error) {
      button.disabled = false;
      set_text(this.detail, `The silence still holds: ${error.message}.`);
    }
  }

  #ask() {
    this.asked.replaceChildren(silence_form({ matchers: [], close: () => {
      this.asked.replaceChildren();
      this.add.focus();
      this.#read();
    } }));
    this.asked.querySelector("input").focus();
  }
}
