// Talking to the server that the page came from.

const TOKEN = "webrunner.token";

// api is the connection: the machine's name, and what to do when a token is wanted.
export const api = {
  machine: "local",
  // below tells that the page is served below the machine's name, as through a proxy that
  // routes by it; commands then stand beside the page.
  below: "below" in document.documentElement.dataset,
  // wantToken is asked for a token when the server refuses; it resolves to true when
  // there is a new one.
  wantToken: async () => false,
};

export function token() {
  try { return sessionStorage.getItem(TOKEN) ?? ""; } catch { return held; }
}

let held = ""; // where there is no storage

export function setToken(text) {
  held = text;
  try {
    if (text) sessionStorage.setItem(TOKEN, text);
    else sessionStorage.removeItem(TOKEN);
  } catch { /* it is held in memory */ }
}

// Problem is what the server says in place of an answer (RFC 9457).
export class Problem extends Error {
  constructor(fields) {
    super(fields.detail ?? fields.title ?? "the server gave no reason");
    this.fields = fields;
  }
}

// path is where a command is found, from the page on.
export function path(command, query = []) {
  const text = new URLSearchParams(query).toString();
  return `${api.below ? "" : encodeURIComponent(api.machine) + "/"}${command}${text ? "?" + text : ""}`;
}

async function answered(command, { query, body, accept, signal }) {
  for (;;) {
    const headers = { Accept: accept ?? "application/json, application/problem+json" };
    const sent = token();
    if (sent) headers.Authorization = `Bearer ${sent}`;
    if (body && !(body instanceof FormData)) headers["Content-Type"] = "application/octet-stream";
    let response;
    try {
      response = await fetch(path(command, query), { method: body ? "POST" : "GET", headers, body, signal, cache: "no-store", credentials: "omit" });
    } catch (e) {
      if (e.name === "AbortError") throw e;
      throw new Problem({ class: "unreachable", title: "The server does not answer", detail: "the connection failed; the server may have been stopped, or the network is down" });
    }
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (response.status === 401 && (await api.wantToken(problem, sent))) continue;
    throw problem;
  }
}

async function problemOf(response) {
  let fields;
  try { fields = await response.json(); } catch { fields = {}; }
  if (!fields || typeof fields.class !== "string") {
    fields = { class: "unreachable", title: `Status ${response.status}`, detail: "what answered is no WebRunner; a proxy may stand between" };
  }
  fields.status ??= response.status;
  const again = Number(response.headers.get("Retry-After"));
  if (again > 0) fields.retry_after ??= again;
  return new Problem(fields);
}

// ask returns a document. Its command is as in docs/http.md.
export async function ask(command, options = {}) {
  const response = await answered(command, options);
  const document = await response.json();
  return { document, headers: response.headers };
}

// follow calls take for each event of a stream, with its name and its document.
export async function follow(command, options, take) {
  const response = await answered(command, { ...options, accept: "text/event-stream, application/problem+json;q=0.5" });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    rest += value;
    let end;
    while ((end = rest.indexOf("\n\n")) >= 0) {
      let name = "message", data = "";
      for (const line of rest.slice(0, end).split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        else if (line.startsWith("data: ")) data += line.slice(6);
      }
      rest = rest.slice(end + 2);
      if (data) take(name, JSON.parse(data));
    }
  }
}
