// A few questions, and an answer that goes to the server. Where a write token is wanted it is asked
// for, and stays in this tab's session storage.
import { set_write_token } from "./api.js";
import { h, set_text } from "./dom.js";

let forms = 0;

/**
 * Questions are { name, label, value, required, list, type }; `list`: what can be chosen from, free
 * text too; `type`: of the input, text where it is absent. `send` gets the answers by name, and
 * throws what is shown. `close` is called when all is done, or given up.
 */
export function ask_form({ title, questions, submit, send, close }) {
  const id = `ask-${++forms}`;
  const wrong = h("p", { class: "wrong", role: "alert" });
  const token = h("input", { type: "password", id: `${id}-token`, autocomplete: "off" });
  const token_row = h("label", { hidden: true }, "Write token", token);
  const fields = questions.map(({ name, label, value = "", required = false, list, type }) => {
    const field = h("input", { name, value, required, type, autocomplete: "off",
      list: list ? `${id}-${name}` : null });
    return h("label", {}, label, field, list
      ? h("datalist", { id: `${id}-${name}` }, list.map((each) => h("option", { value: each })))
      : null);
  });
  const button = h("button", {}, submit);
  const form = h("form", { class: "questions", "aria-label": title, on: {
    submit: async (event) => {
      event.preventDefault();
      if (token.value) set_write_token(token.value);
      button.disabled = true;
      try {
        await send(Object.fromEntries(new FormData(form)));
        close();
      } catch (error) {
        token_row.hidden &&= error.status !== 401;
        set_text(wrong, error.message);
        if (error.status === 401) token.focus();
      } finally {
        button.disabled = false;
      }
    },
    keydown: (event) => {
      if (event.key === "Escape") close();
    },
  } }, fields, token_row, h("div", { class: "tabs" }, button,
    h("button", { type: "button", class: "quiet", on: { click: close } }, "Cancel")), wrong);
  return form;
}

/** Who is at the keyboard, asked once for each tab. */
const WHO = "weir.who";
export const who = () => sessionStorage.getItem(WHO) ?? "";
export const keep_who = (name) => sessionStorage.setItem(WHO, name);
