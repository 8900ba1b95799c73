// One alert: what holds, since when, who was told, and what can be done about it.
import { get, send, time_text } from "./api.js";
import { decision_words, figures_of, figures_time, level_of, matchers_of, not_taken_words,
  series_words, standings_of, taking_on_of, title_of, told_of } from "./alert_words.js";
import { ask_form, keep_who, who } from "./ask_form.js";
import { h, set_attribute, set_children, set_text } from "./dom.js";
import { clock } from "./format.js";
import { seconds_of_time } from "./store.js";

const time_words = (time) => clock(seconds_of_time(time), true);

const LENGTHS = ["1h", "4h", "1d", "7d"];

export class AlertCard {
  /** `changed` is called when something was said that the server knows of. */
  constructor(alert, changed) {
    this.changed = changed;
    this.fingerprint = alert.fingerprint;
    this.level = h("span", { class: "level" });
    this.name = h("a", {});
    this.series = h("span", { class: "unit" });
    this.tags = h("span", { class: "tags" });
    this.why = h("p", { class: "why" });
    this.facts = h("dl", { class: "facts" });
    this.told = h("ul", { class: "told", "aria-label": "Who was told" });
    this.acknowledge = this.#button("Acknowledge", () => this.#acknowledgement());
    this.silence = this.#button("Silence", () => this.#silence());
    this.story = this.#button("Why", () => this.#story());
    this.below = h("div", { class: "below" });
    this.element = h("article", { class: "alert", id: `alert-${this.fingerprint}` },
      h("h2", {}, this.level, this.name, this.series, this.tags), this.why, this.facts, this.told,
      h("div", { class: "tabs" }, this.acknowledge, this.silence, this.story), this.below);
    this.update(alert);
  }

  update(alert) {
    this.alert = alert;
    const { labels, annotations, starts_at, ends_at } = alert;
    set_attribute(this.element, "data-level", level_of(alert));
    set_text(this.level, alert.severity);
    set_text(this.name, title_of(alert));
    set_attribute(this.name, "href", `#/alerts?alert=${this.fingerprint}`);
    set_text(this.series, series_words(alert));
    set_children(this.tags, standings_of(alert).map((text) => h("span", { class: "tag" }, text)));
    set_text(this.why, annotations.summary ?? alert.condition?.reason ?? "");
    const figures = figures_of(alert);
    const facts = [["Since", time_words(starts_at)],
      ...(ends_at ? [["Until", time_words(ends_at)]] : []),
      ...figures, ...(figures.length ? [["As of", figures_time(alert, time_words)]] : []),
      ["Service", labels.service ?? "–"]];
    set_children(this.facts, facts.map(([name, value]) =>
      h("div", {}, h("dt", {}, name), h("dd", {}, value))));
    this.#show_told(told_of(alert, time_words));
    set_text(this.acknowledge, taking_on_of(alert).button);
    this.acknowledge.disabled = alert.state !== "firing";
    this.silence.disabled = alert.state === "resolved";
  }

  #show_told(told) {
    const text = JSON.stringify(told);
    if (this.told_text === text) return;
    this.told_text = text;
    set_children(this.told, told.length === 0 ? [h("li", {}, "It goes to nobody.")]
      : told.map(([name, words]) => h("li", {}, h("b", {}, name), ` ${words}`)));
  }

  /** Shows what was decided about it, as a link to it should. */
  open() {
    if (this.opened !== this.story) this.story.click();
    this.element.scrollIntoView({ block: "nearest" });
  }

  #button(text, make) {
    const button = h("button", { class: "small", "aria-expanded": "false", on: { click: () => {
      const again = this.opened === button;
      this.#close();
      if (again) return;
      this.opened = button;
      set_attribute(button, "aria-expanded", "true");
      this.below.replaceChildren(make());
      this.below.querySelector("input")?.focus();
    } } }, text);
    return button;
  }

  #close() {
    if (!this.opened) return;
    set_attribute(this.opened, "aria-expanded", "false");
    if (this.below.contains(document.activeElement)) this.opened.focus();
    this.opened = null;
    this.below.replaceChildren();
  }

  #said() {
    this.#close();
    this.changed();
  }

  #acknowledgement() {
    return ask_form({ title: taking_on_of(this.alert).title, submit: "I take it on",
      questions: [{ name: "by", label: "Who", value: who(), required: true },
        { name: "note", label: "Note" }],
      send: async ({ by, note }) => {
        keep_who(by);
        const answer = await send("POST", `alerts/${this.fingerprint}/ack`, { by, note });
        if (!answer.accepted) throw new Error(not_taken_words(this.alert, answer));
      },
      close: () => this.#said() });
  }

  #silence() {
    return silence_form({ matchers: matchers_of(this.alert), close: () => this.#said() });
  }

  #story() {
    const list = h("ol", { class: "story", reversed: "" }, h("li", {}, "Reading what was decided…"));
    this.#read_story(list);
    return list;
  }

  async #read_story(list) {
    try {
      const { decisions } = await get("decisions", [["alert", this.fingerprint]]);
      list.replaceChildren(...decisions.toReversed().map((decision) => h("li", {},
        h("time", { datetime: decision.append_time },
          clock(seconds_of_time(decision.append_time), true)), " ", decision_words(decision))));
      if (decisions.length === 0) list.replaceChildren(h("li", {}, "Nothing is kept of it."));
    } catch (error) {
      list.replaceChildren(h("li", {}, `Cannot read what was decided: ${error.message}`));
    }
  }
}

/** For a silence of what matches; `matchers` may be empty. */
export function silence_form({ matchers, close }) {
  return ask_form({ title: "Silence", submit: "Silence",
    questions: [{ name: "matchers", label: "Alerts with", value: matchers.join(" "), required: true },
      { name: "from", label: "From, if not now", type: "datetime-local" },
      { name: "for", label: "For", value: LENGTHS[0], required: true, list: LENGTHS },
      { name: "by", label: "Who", value: who(), required: true },
      { name: "reason", label: "Why", required: true }],
    send: ({ from, ...answers }) => {
      keep_who(answers.by);
      return send("POST", "silences", { ...answers, matchers: split_matchers(answers.matchers),
        ...(from && { from: time_text(Date.parse(from) / 1000) }) });
    },
    close });
}

/** At spaces outside of quotes. */
const split_matchers = (text) => text.match(/(?:[^\s"]|"(?:\\.|[^"\\])*")+/g) ?? [];
