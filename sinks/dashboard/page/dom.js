// Elements without HTML from strings: text from data is only ever a text node.

const SVG = "http://www.w3.org/2000/svg";

/**
 * h("button", { class: "quiet", "aria-pressed": "true", on: { click } }, "Pause")
 * Attributes that are null, undefined or false are left out; children may be nested arrays.
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    } else {
      set_attribute(element, name, value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Writes only what differs, so that nothing is laid out again for nothing. */
export function set_attribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

export function set_text(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Gives `parent` exactly these children, in this order, and moves as few as it can: a child that
 *  stays where it is keeps its focus. */
export function set_children(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let at = parent.firstChild;
  for (const child of children) {
    if (child === at) {
      at = at.nextSibling;
    } else {
      const focused = child.contains(document.activeElement) ? document.activeElement : null;
      parent.insertBefore(child, at);
      focused?.focus({ preventScroll: true });
    }
  }
}

/** A labelled choice; options are [value, text]. */
export function choice(label, options, value, on_change) {
  const select = h("select", { on: { change: () => on_change(select.value) } });
  set_options(select, options, value);
  return h("label", {}, h("span", { class: "word" }, label), set_label(select, label));
}

function set_label(select, label) {
  select.setAttribute("aria-label", label);
  return select;
}

export function set_options(select, options, value) {
  const wanted = JSON.stringify(options);
  if (select.dataset.options !== wanted) {
    select.dataset.options = wanted;
    select.replaceChildren(...options.map(([key, text]) => h("option", { value: key }, text)));
  }
  select.value = value;
}
