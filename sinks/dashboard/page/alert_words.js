// What alerts say to people. Pure functions of API rows.
import { percent, span, times } from "./format.js";

const US = 1e6;

export const title_of = ({ labels, fingerprint }) =>
  [labels.objective ?? labels.alertname, labels.condition].filter(Boolean).join(" ") || fingerprint;

/** The dimensions of its series: "model=chat-large". */
export const series_words = ({ condition }) => (condition?.scope ?? [])
  .map((dimension, i) => `${dimension}=${condition.series[i]}`).join(" ");

export const is_firing = ({ state }) => state === "firing";

/** Nobody is to be told of it now. */
export const is_held = ({ silenced_by, inhibited_by }) =>
  silenced_by.length > 0 || inhibited_by.length > 0;

/** How loud a row is: "bad" only for what somebody should be up for. */
export function level_of(alert) {
  if (!is_firing(alert) || is_held(alert)) return "silent";
  return alert.severity === "page" ? "bad" : "watch";
}

/** What stands beside its name: state, and what keeps it quiet. */
export function standings_of(alert) {
  const { state, acknowledged, silenced_by, inhibited_by, flapping } = alert;
  return [
    ...(state === "firing" ? [] : [state]),
    ...(acknowledged ? [`acknowledged by ${acknowledged.by}`] : []),
    ...(silenced_by.length ? ["silenced"] : []),
    ...(inhibited_by.length ? ["hidden by a louder alert"] : []),
    ...(flapping ? ["comes and goes"] : []),
  ];
}

export function heading_of(alerts) {
  const firing = alerts.filter(is_firing);
  if (firing.length === 0) return "Nothing fires";
  const held = firing.filter(is_held).length;
  const fires = firing.length === 1 ? "1 alert fires" : `${firing.length} alerts fire`;
  return held ? `${fires}, ${held} of them held back` : fires;
}

/** The loudest of all. */
export function loudest_of(alerts) {
  const levels = alerts.map(level_of);
  return ["bad", "watch"].find((level) => levels.includes(level)) ?? "well";
}

/** [name, value] pairs: the numbers as they were last told. */
export function figures_of({ condition }) {
  const window = condition?.long_window;
  const figures = [];
  if (window?.total !== undefined) {
    const length = span(window.length_us / US);
    figures.push([`Bad in ${length}`, `${window.total - (window.good ?? 0)} of ${window.total}`]);
    figures.push([`Burn in ${length}`, times(window.burn_rate)]);
  }
  if (condition?.spent_ratio !== undefined)
    figures.push(["Budget spent", percent(condition.spent_ratio)]);
  return figures;
}

/** "held: for a flap to settle". */
export const decision_words = ({ kind, because, receiver, by }) =>
  [kind.replaceAll("_", " "), receiver && `to ${receiver}`, by && `by ${by}`]
    .filter(Boolean).join(" ") + (because ? `: ${because}` : "");

/** Matchers under which exactly this alert is silenced, and others like it. */
export const matchers_of = ({ labels }) =>
  ["objective", "service", "condition"].filter((name) => labels[name])
    .map((name) => `${name}=${JSON.stringify(labels[name])}`);
