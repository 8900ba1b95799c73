// A table with more columns than a phone has room for: where it is narrow, a row is its name, and
// below it what the columns hold, each with its name (parts.css).
import { h } from "./dom.js";

/** `columns` are [name, kind]: "figure", "text" that may be long, or none; the first one names the
 *  row. Roles are said, since a table that is not laid out as one has none. */
export function wide_table(label, caption, columns, body) {
  body.setAttribute("role", "rowgroup");
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", { class: "plain wide", role: "table" },
      h("caption", { class: "visually-hidden" }, caption),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map(([name, kind]) =>
        h("th", { scope: "col", role: "columnheader", class: kind }, name)))), body));
}

/** `level`: "bad" or null. */
export function wide_row(columns, level, [name, ...cells]) {
  return h("tr", { role: "row", "data-level": level },
    h("th", { scope: "row", role: "rowheader" }, name),
    cells.map((cell, i) => h("td", { role: "cell", class: columns[i + 1][1],
      "data-name": columns[i + 1][0] }, cell)));
}
