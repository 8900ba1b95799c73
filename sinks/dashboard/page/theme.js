// Light, dark, or as the system has it; and the theme's colours, for what draws on a canvas.
import { h } from "./dom.js";

const KEY = "weir.theme";
const listeners = new Set();
let colours = new Map();
let probe;

export function start_theme() {
  apply(localStorage.getItem(KEY));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

const is_dark = () => getComputedStyle(document.documentElement).colorScheme === "dark"
  || (!document.documentElement.dataset.theme
    && matchMedia("(prefers-color-scheme: dark)").matches);

function apply(theme) {
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  changed();
}

function changed() {
  colours = new Map();
  for (const listener of listeners) listener();
}

/** Calls back when colours change; returns how to stop that. */
export function on_theme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function theme_button() {
  const name = () => (is_dark() ? "Light" : "Dark");
  const button = h("button", { class: "quiet", on: { click: () => {
    const theme = is_dark() ? "light" : "dark";
    localStorage.setItem(KEY, theme);
    apply(theme);
  } } }, name());
  on_theme(() => {
    button.textContent = name();
    button.setAttribute("aria-label", `${name()} theme`);
  });
  button.setAttribute("aria-label", `${name()} theme`);
  return button;
}

/** A custom property of base.css as a colour that a canvas takes, perhaps see-through. */
export function colour(name, opacity = 1) {
  if (opacity < 1) return colour(name).replace("rgb(", "rgba(").replace(")", `, ${opacity})`);
  if (!colours.has(name)) {
    if (!probe) {
      probe = h("span", { hidden: true });
      document.body.append(probe);
    }
    probe.style.color = `var(--${name})`;
    colours.set(name, getComputedStyle(probe).color);
  }
  return colours.get(name);
}
