// What the server says, and what is said to it. Every answer is of the same origin; tokens, where they
// are asked for, stay in this tab's session storage.

const TOKEN = "weir.read_token";
const WRITE_TOKEN = "weir.write_token";

/** `status` 401: a token is wanted. 0: nobody answered. */
export class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

export const set_token = (token) => sessionStorage.setItem(TOKEN, token);
export const set_write_token = (token) => sessionStorage.setItem(WRITE_TOKEN, token);

function headers(more = {}, kind = TOKEN) {
  const token = sessionStorage.getItem(kind);
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

/** Parameters are [name, value] pairs, so that one may come twice. */
async function request(path, parameters, options) {
  const query = new URLSearchParams(parameters).toString();
  let response;
  try {
    response = await fetch(`/api/v1/${path}${query ? `?${query}` : ""}`, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "the server does not answer");
  }
  if (response.status === 401) {
    const kind = options.method ? "write" : "read";
    throw new ApiError(401, `a ${kind} token is wanted`);
  }
  if (!response.ok) throw new ApiError(response.status, await reason(response));
  return response;
}

async function reason(response) {
  const text = (await response.text()).slice(0, 400);
  try {
    const { error } = JSON.parse(text);
    return (typeof error === "string" ? error : error.text ?? error.message) || text;
  } catch {
    return text || `HTTP ${response.status}`;
  }
}

export async function get(path, parameters = [], signal = undefined) {
  const response = await request(path, parameters, { signal, headers: headers() });
  return response.json();
}

/** Says something, and has the answer; an ApiError of status 401: a write token is wanted, or another one. */
export async function send(method, path, body = undefined, parameters = []) {
  const sent = headers(body ? { "Content-Type": "application/json" } : {}, WRITE_TOKEN);
  const response = await request(path, parameters,
    { method, headers: sent, body: body && JSON.stringify(body) });
  return response.json();
}

export const time_text = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** The parameters of a selection { scope: [..], window, where: {..} }. */
export function selection_parameters({ scope, window, where }) {
  return [["scope", scope.join(",") || "*"], ["window", window],
    ...Object.entries(where ?? {}).map(([name, value]) => ["where", `${name}=${value}`])];
}

/** Rows that end in [from_s, to_s], the newest `limit` of them: { rows, truncated, position }, where
 *  a stream from `position` on misses nothing. */
export function query(selection, from_s, to_s, limit, signal) {
  return get("query", [...selection_parameters(selection), ["from", time_text(from_s)],
    ["to", time_text(to_s)], ["limit", limit]], signal);
}

/** Reads server-sent events until the stream ends or is aborted; fetch and not EventSource, which
 *  sends no Authorization. Calls on_event(name, data, id). */
export async function stream(selection, position, { signal, on_open, on_event }) {
  const response = await request("stream", [...selection_parameters(selection),
    ["position", position]], { signal, headers: headers({ Accept: "text/event-stream" }) });
  on_open();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventParser(on_event);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    events.push(value);
  }
}

/** The lines of text/event-stream: event, data and id; an id stands until the next one. */
export class EventParser {
  #rest = "";
  #name = "";
  #id = "";
  #data = [];

  constructor(on_event) {
    this.on_event = on_event;
  }

  push(text) {
    const lines = (this.#rest + text).split(/\r\n|\n/);
    this.#rest = lines.pop();
    for (const line of lines) this.#line(line);
  }

  #line(line) {
    if (line === "") {
      if (this.#data.length) {
        this.on_event(this.#name || "message", this.#data.join("\n"), this.#id);
      }
      this.#name = "";
      this.#data = [];
    } else if (line.startsWith("data:")) {
      this.#data.push(line.slice(5).replace(/^ /, ""));
    } else if (line.startsWith("event:")) {
      this.#name = line.slice(6).trim();
    } else if (line.startsWith("id:")) {
      this.#id = line.slice(3).trim();
    }
  }
}
