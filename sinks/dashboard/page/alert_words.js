// What alerts say to people. Pure functions of API rows.
import { ABSENT, counted, percent, span, times, whole } from "./format.js";

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

/** What a person may do about who has it: the button, and the form it opens. */
export function taking_on_of(alert) {
  const { acknowledged } = alert;
  return acknowledged
    ? { button: "Take over", title: `Take ${title_of(alert)} over from ${acknowledged.by}` }
    : { button: "Acknowledge", title: `Acknowledge ${title_of(alert)}` };
}

/** Why the server did not take that on: its answer has who took it on before. */
export const not_taken_words = (alert, { acknowledged }) =>
  `${title_of(alert)} is already yours, ${acknowledged.by}; somebody else can take it over`;

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

/** [name, value] pairs: the numbers as they were when its condition last began or ended. */
export function figures_of({ condition }) {
  const window = condition?.long_window;
  const figures = [];
  if (window?.total !== undefined) {
    const length = span(window.length_us / US);
    const [bad, total] = [window.total - (window.good ?? 0), window.total]
      .map((count) => counted(count, condition.method));
    figures.push([`Bad in ${length}`, `${bad} of ${total}`]);
    figures.push([`Burn in ${length}`, times(window.burn_rate)]);
  }
  if (condition?.spent_ratio !== undefined)
    figures.push(["Budget spent", percent(condition.spent_ratio)]);
  return figures;
}

/** Of when those are: they are told as its condition begins and as it ends. While it fires, it may have
 *  ended and begun again, which the API does not tell. */
export const figures_time = ({ state, starts_at, ends_at }, time) =>
  (state === "resolved" ? time(ends_at) : state === "pending" ? time(starts_at)
    : `${time(starts_at)}, or a later change`);

/** "held: for a flap to settle". */
export const decision_words = ({ kind, because, receiver, by }) =>
  [kind.replaceAll("_", " "), receiver && `to ${receiver}`, by && `by ${by}`]
    .filter(Boolean).join(" ") + (because ? `: ${because}` : "");

/** [receiver, words]: whether, when and with what answer each of an alert's receivers was told.
 *  `time` says a time of the API. */
export function told_of({ receivers, told = [] }, time) {
  const by_name = new Map(told.map((each) => [each.receiver, each]));
  return [...new Set([...receivers, ...by_name.keys()])].map((name) =>
    [name, told_words(by_name.get(name), time)]);
}

function told_words(told, time) {
  if (!told) return "not told yet";
  const { what, at, because, sent_at } = told;
  if (what === "sent") return `told ${time(at)}: ${because}`;
  const before = sent_at ? `told ${time(sent_at)}; ` : "";
  if (what === "failed" || what === "lapsed") {
    return `${before}not told${sent_at ? " the latest" : ""}, ${time(at)}: ${because}`;
  }
  return before + (what === "throttled" ? `held back since ${time(at)}: ${because}`
    : `has not taken the latest since ${time(at)}`);
}

/** How a receiver is doing, as the cells of a row behind its name; `level`: "bad" where it needs
 *  somebody. */
export function receiver_row(receiver, time) {
  const { type, waiting, oldest_waiting_s, trouble, last_success, last_failure, last_failure_text,
    notifications_1h, digests_1h, throttled_1h } = receiver;
  const at = (when) => (when ? time(when) : ABSENT);
  const waits = waiting ? `${whole(waiting)}, the oldest for ${span(oldest_waiting_s)}` : whole(waiting);
  const hour = [`${whole(notifications_1h)} told`, digests_1h && `${whole(digests_1h)} as digests`,
    throttled_1h && `${whole(throttled_1h)} alerts held back`];
  return {
    level: trouble || !type ? "bad" : null,
    cells: [type ?? "nothing tells it", waits, at(last_success),
      at(last_failure) + (last_failure_text ? `: ${last_failure_text}` : ""),
      hour.filter(Boolean).join(", ")],
  };
}

/** [name, value] pairs of how good the alerting was, from the API's statistics of all services. */
export function statistics_of({ fired, hidden, incidents, signal_to_noise, precision, mtta_s, mttr_s,
  mtbf_s }) {
  return [["Fired", whole(fired) + (hidden ? `, ${whole(hidden)} of them hidden` : "")],
    ["Incidents", whole(incidents)], ["Signal to noise", percent(signal_to_noise)],
    ["Precision", percent(precision)], ["Mean time to acknowledge", span(mtta_s)],
    ["Mean time to resolve", span(mttr_s)], ["Mean time between incidents", span(mtbf_s)]];
}

/** Matchers under which exactly this alert is silenced, and others like it. */
export const matchers_of = ({ labels }) =>
  ["objective", "service", "condition"].filter((name) => labels[name])
    .map((name) => `${name}=${JSON.stringify(labels[name])}`);
