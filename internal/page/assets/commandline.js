// A request as others would make it: with curl, and with webrunner itself.

import { api, token, path } from "./api.js";
import { ACTIONS, commandOf, optionsOf, query, used } from "./request.js";

// quoted writes one word for a POSIX shell. What would not stay on one line is left out.
function quoted(word) {
  const text = String(word).replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069]+/g, " ");
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

// file is the name of an object in a command: letters that mean nothing to a shell,
// to curl or to webrunner, and no option.
function file(object, role) {
  const text = (object?.name ?? "").replace(/[^\w.+-]/g, "_").replace(/^-+/, "");
  return text || `${role}.o`;
}

function files(request) {
  const objects = used(request);
  return Object.fromEntries(["object", ...ACTIONS[request.action].roles].filter((r) => r === "object" || objects[r]).map((r) => [r, file(objects[r], r)]));
}

// curl returns a command that sends the same request.
export function curl(request) {
  const names = files(request);
  const words = ["curl"];
  if (request.action !== "compare" && Object.keys(names).length === 1) {
    words.push("--data-binary", quoted("@" + names.object), "-H 'Content-Type: application/octet-stream'");
  } else {
    for (const [role, name] of Object.entries(names)) {
      words.push("-F", quoted(`${request.action === "compare" && role === "object" ? "a" : role}=@${name}`));
    }
  }
  words.push("-H 'Accept: application/json'");
  if (token()) words.push('-H "Authorization: Bearer $TOKEN"');
  words.push(quoted(new URL(path(commandOf(request.action), query(request)), document.baseURI.split("#")[0]).href));
  return words.join(" ");
}

// commandLine returns the command of webrunner that has this server do the same.
export function commandLine(request) {
  const names = files(request);
  const symbol = request.options?.["other-symbol"];
  const words = ["webrunner", commandOf(request.action), names.object];
  if (request.action === "compare") words.push(names.b ?? (symbol ? ":" + symbol : "B.o"));
  if (request.action === "listing") words.push("--listing");
  else words.push(...(request.call ? ["--call", request.call] : ["--kernel", request.kernel]));
  if (request.action !== "listing") {
    if (request.symbol) words.push("--symbol", request.symbol);
    for (const [name, value] of Object.entries(request.params ?? {})) if (value !== "") words.push("--param", `${name}=${value}`);
  }
  if (names.reference) {
    const of = request.options?.reference_symbol;
    words.push("--reference", names.reference + (of ? ":" + of : ""));
  }
  for (const o of optionsOf(request.action)) {
    const value = request.options?.[o.name];
    if (!value || ["samples", "other-symbol", "reference_symbol"].includes(o.name)) continue;
    words.push("--" + o.name);
    if (!o.flag) words.push(value);
  }
  words.push("--server", new URL(api.below ? ".." : ".", document.baseURI.split("#")[0]).href.replace(/\/$/, ""));
  if (api.machine !== "local") words.push("--machine", api.machine);
  if (token()) words.push("--token-file", "TOKEN-FILE");
  return words.map(quoted).join(" ");
}

