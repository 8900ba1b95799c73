// The table behind a chart: the same figures, newest first.
import { clock_within } from "./format.js";
import { h } from "./dom.js";

const MOST_ROWS = 500;

export function fill_table(place, spec, data) {
  const range_s = data.ends.at(-1) - data.ends[0];
  const newest = data.ends.map((_, i) => i).reverse()
    .filter((i) => data.values.some((values) => values[i] !== null)).slice(0, MOST_ROWS);
  const table = h("table", {},
    h("caption", { class: "visually-hidden" }, `${spec.title}, ${spec.unit}`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "End"),
      spec.series.map((series) => h("th", { scope: "col", class: "figure" }, series.name)),
      h("th", { scope: "col" }, "Note"))),
    h("tbody", {}, newest.map((i) => h("tr", {},
      h("th", { scope: "row" }, clock_within(range_s, data.ends[i])),
      data.values.map((values) => h("td", { class: "figure" }, spec.text(values[i]))),
      h("td", {}, notes(data, i))))));
  const top = place.scrollTop;
  place.replaceChildren(table);
  place.scrollTop = top;
}

function notes(data, i) {
  const said = [];
  if (data.incomplete[i]) said.push("incomplete");
  if (data.revised[i]) said.push(data.revised[i] === 1 ? "revised" : `revised ${data.revised[i]}×`);
  return said.join(", ");
}
