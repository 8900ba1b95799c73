// What the page shows, as its address says it: a link shows the same to someone else.
//
//   #/fleet?scope=service&window=1m/10s&range=1h
//   #/series?scope=service,model&at.service=chat&at.model=chat-large&range=6h&to=1767582730
//   #/alerts?alert=8f1c0b6e2d3a4f50
//
// Whatever is missing or wrong has its default.
import { seconds_of } from "./format.js";

export const VIEWS = ["fleet", "series", "objectives", "alerts", "pipeline"];
export const RANGES = ["15m", "1h", "6h", "1d"];

const DEFAULTS = { view: "fleet", scope: "", window: "", range: "1h", to: "", by: "", kpi: "",
  sort: "", alert: "" };

/** Never throws, whatever the address holds. */
export function parse_route(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const route = { ...DEFAULTS, at: {} };
  if (VIEWS.includes(path)) route.view = path;
  for (const [name, value] of new URLSearchParams(query)) {
    if (name.startsWith("at.")) route.at[name.slice(3)] = value;
    else if (name !== "view" && name in DEFAULTS) route[name] = value;
  }
  if (!(seconds_of(route.range) >= 60)) route.range = DEFAULTS.range;
  if (!/^\d{1,12}$/.test(route.to)) route.to = "";
  return route;
}

export function format_route(route) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(route)) {
    if (name in DEFAULTS && name !== "view" && value !== DEFAULTS[name]) query.set(name, value);
  }
  for (const [name, value] of Object.entries(route.at ?? {})) query.set(`at.${name}`, value);
  // A slash and a comma read better as they are, and mean nothing in a fragment.
  const text = query.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return `#/${route.view}${text ? `?${text}` : ""}`;
}

/** Where one series is shown, under the same time. */
export function series_route(route, scope, values) {
  return { ...route, view: "series", scope: scope.join(","), at: values, by: "", sort: "" };
}

const MOST_POINTS = 720;

/** The window to show a range with: the one asked for where it is there, else the finest that does
 *  not draw more points than a screen has room for. `windows` is not empty. */
export function pick_window(windows, range_s, wanted) {
  if (windows.includes(wanted)) return wanted;
  const sized = windows.map((window) => {
    const [length_s, hop_s] = window.split("/").map(seconds_of);
    return { window, length_s, hop_s };
  }).sort((a, b) => a.hop_s - b.hop_s || a.length_s - b.length_s);
  return (sized.find(({ hop_s }) => range_s / hop_s <= MOST_POINTS) ?? sized.at(-1)).window;
}
