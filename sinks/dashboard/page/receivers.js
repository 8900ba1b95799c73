// Receivers of alerts: whether they take what they are told.
import { receiver_row } from "./alert_words.js";
import { h, set_children } from "./dom.js";
import { clock } from "./format.js";
import { seconds_of_time } from "./store.js";

const COLUMNS = ["Receiver", "Type", "Waits", "Last success", "Last failure", "Last hour"];

const time_words = (time) => clock(seconds_of_time(time), true);

export class ReceiversTable {
  constructor() {
    this.body = h("tbody", {});
    this.element = h("section", { class: "panel receivers", "aria-label": "Receivers", hidden: true },
      h("div", { class: "head" }, h("h2", {}, "Receivers")),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Receivers" },
        h("table", { class: "plain" },
          h("caption", { class: "visually-hidden" }, "Receivers of alerts, by name"),
          h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col" }, name)))),
          this.body)));
  }

  update(receivers) {
    const text = JSON.stringify(receivers);
    if (this.text === text) return;
    this.text = text;
    this.element.hidden = receivers.length === 0;
    set_children(this.body, receivers.map((receiver) => {
      const { level, cells } = receiver_row(receiver, time_words);
      return h("tr", { "data-level": level }, h("th", { scope: "row" }, receiver.name),
        cells.map((cell) => h("td", { class: cell.length > 30 ? "text" : null }, cell)));
    }));
  }
}
