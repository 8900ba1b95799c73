// Receivers of alerts: whether they take what they are told.
import { receiver_row } from "./alert_words.js";
import { h, set_children } from "./dom.js";
import { clock } from "./format.js";
import { seconds_of_time } from "./store.js";
import { wide_row, wide_table } from "./wide_table.js";

const COLUMNS = [["Receiver"], ["Type"], ["Waits"], ["Last success"], ["Last failure", "text"],
  ["Last hour", "text"]];

const time_words = (time) => clock(seconds_of_time(time), true);

export class ReceiversTable {
  constructor() {
    this.body = h("tbody", {});
    this.nothing = h("p", { class: "detail" }, "There are none: alerts are shown here, and told to "
      + "nobody. Name some in weir.yaml under webhook: receivers and alert: receivers.");
    this.table = wide_table("Receivers", "Receivers of alerts, by name", COLUMNS, this.body);
    this.element = h("section",
      { class: "panel receivers", "aria-label": "Receivers", hidden: true },
      h("div", { class: "head" }, h("h2", {}, "Receivers")), this.nothing, this.table);
  }

  update(receivers) {
    const text = JSON.stringify(receivers);
    if (this.text === text) return;
    this.text = text;
    this.element.hidden = false;
    this.nothing.hidden = receivers.length > 0;
    this.table.hidden = receivers.length === 0;
    set_children(this.body, receivers.map((receiver) => {
      const { level, cells } = receiver_row(receiver, time_words);
      return wide_row(COLUMNS, level, [receiver.name, ...cells]);
    }));
  }
}
