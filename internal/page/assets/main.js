// The page: what stands in the form becomes a request, and its answer is shown.

import { el, replace, byId, copy, save } from "./dom.js";
import { api, ask, follow, token, setToken, Problem } from "./api.js";
import * as objects from "./objects.js";
import * as format from "./format.js";
import { ACTIONS, optionsOf, commandOf, query, body, link, fromLink, title } from "./request.js";
import { curl, commandLine } from "./commandline.js";
import { result } from "./figures.js";
import { checked } from "./check.js";
import { comparison } from "./compare.js";
import { Sweep } from "./sweep.js";
import { listing } from "./listing.js";
import { problem, hasPlace } from "./problem.js";
import { History, summary, kept } from "./history.js";
import { repaint } from "./plot.js";

const state = { kernels: [], spec: null, calls: {}, running: null, last: null, functions: [] };

// ---- the form ----

const slots = {
  object: new objects.Slot({ id: "object", title: "Object", hint: "A relocatable x86-64 ELF file, as cc -c makes it.", change: objectChanged }),
  b: new objects.Slot({ id: "b", title: "Object B", hint: "What is compared with the object above, which is A.", optional: true, change: () => {} }),
  reference: new objects.Slot({ id: "reference", title: "Reference", hint: "An object whose function does the same and is right. Built-in kernels have a reference of their own.", optional: true, folded: true, change: () => {} }),
};

const radio = (name) => document.querySelector(`input[name="${name}"]:checked`).value;
const setRadio = (name, value) => { document.querySelector(`input[name="${name}"][value="${CSS.escape(value)}"]`).checked = true; };

const fields = { params: new Map(), options: new Map() }; // what was typed, also into fields that are not shown now

// read makes a request of the form.
function read() {
  const action = radio("action");
  const described = radio("described");
  const request = { action, symbol: byId("symbol").value, params: {}, options: {}, objects: {} };
  if (described === "call") request.call = byId("call").value.trim().replace(/\s+/g, " ");
  else request.kernel = byId("kernel").value;
  for (const p of state.spec?.parameters ?? []) {
    const v = (fields.params.get(p.name) ?? "").trim();
    if (v) request.params[p.name] = v;
  }
  for (const o of optionsOf(action)) {
    const v = (fields.options.get(o.name) ?? "").trim();
    if (v) request.options[o.name] = v;
  }
  for (const [role, slot] of Object.entries(slots)) if (slot.object) request.objects[role] = slot.object;
  return request;
}

// write puts a request into the form, as one that a link has.
async function write(request) {
  setRadio("action", request.action);
  fields.params = new Map(Object.entries(request.params ?? {}));
  fields.options = new Map(Object.entries(request.options ?? {}));
  setRadio("described", request.call ? "call" : "kernel");
  byId("call").value = request.call ?? "";
  if (request.kernel) chooseKernel(request.kernel);
  for (const [role, slot] of Object.entries(slots)) await slot.want(request.objects?.[role] ?? null);
  actionChanged();
  await describedChanged();
  listSymbols(request.symbol ?? "");
}

function chooseKernel(name) {
  const found = state.kernels.find((k) => fullName(k) === name) ?? state.kernels.find((k) => k.name === name || k.alternatives?.includes(name));
  if (found) byId("kernel").value = fullName(found);
  return found;
}

const fullName = (k) => (k.namespace ? `${k.namespace}/${k.name}` : k.name);

function actionChanged() {
  const action = radio("action"), a = ACTIONS[action];
  byId("about").textContent = a.about;
  byId("go").textContent = a.label;
  for (const [role, slot] of Object.entries(slots)) slot.node.hidden = role !== "object" && !a.roles.includes(role);
  for (const id of ["function", "parameters"]) byId(id).hidden = Boolean(a.object);
  byId("range-hint").hidden = !a.ranges;
  slots.object.node.querySelector("legend").textContent = action === "compare" ? "Object A" : "Object";
  drawOptions(action);
  if (action === "sweep") proposeRange();
  drawParameters();
}

// proposeRange gives a sweep that has no range yet one over its widest parameter.
function proposeRange() {
  const parameters = state.spec?.parameters ?? [];
  if (parameters.length === 0 || parameters.some((p) => /[:,]/.test(fields.params.get(p.name) ?? ""))) return;
  const whole = parameters.filter((p) => /int/.test(p.type));
  const p = whole.find((p) => p.max >= 4096) ?? whole[0];
  if (!p) return;
  fields.params.set(p.name, p.max >= 65536 ? "64:65536:x2" : `${p.min}:${p.max}`);
}

function drawOptions(action) {
  replace(byId("option-fields"), optionsOf(action).map((o) => {
    const id = `option-${o.name}`, value = fields.options.get(o.name) ?? "";
    const keep = (v) => fields.options.set(o.name, v);
    if (o.flag) {
      const box = el("input", { type: "checkbox", id, checked: value === "1", onchange: () => keep(box.checked ? "1" : "") });
      return el("label", { class: "flag" }, box, o.label);
    }
    let control;
    if (o.choices) {
      control = el("select", { id, onchange: () => keep(control.value) }, o.choices.map((c) => el("option", { value: c.value, text: c.label, selected: c.value === value })));
    } else {
      control = el("input", { id, type: "text", spellcheck: "false", "aria-describedby": o.hint ? `${id}-hint` : null, oninput: () => keep(control.value) });
      control.value = value;
    }
    return el("div", { class: "field" }, el("label", { for: id, text: o.label }), control, o.hint ? el("p", { class: "hint", id: `${id}-hint`, text: o.hint }) : null);
  }));
}

function drawParameters() {
  const list = state.spec?.parameters ?? [];
  replace(byId("params"), list.map((p) => {
    const id = `param-${p.name}`;
    const input = el("input", { id, type: "text", inputmode: "text", spellcheck: "false", placeholder: p.default === undefined ? "" : String(p.default), "aria-describedby": `${id}-hint`, oninput: () => fields.params.set(p.name, input.value) });
    input.value = fields.params.get(p.name) ?? "";
    return el("div", { class: "field" }, el("label", { for: id }, el("code", { text: p.name })), input, el("p", { class: "hint", id: `${id}-hint`, text: about(p) }));
  }));
  if (list.length === 0) replace(byId("params"), el("p", { class: "hint", text: state.spec ? "It has none." : "They appear when the function is described." }));
}

function about(p) {
  const bounded = p.max !== undefined && p.max < 2 ** 31;
  return [p.doc, bounded ? `${p.min} to ${p.max}` : p.min > 0 ? `from ${p.min}` : ""].filter(Boolean).join("; ");
}

// describedChanged finds the specification of what is chosen or typed.
async function describedChanged() {
  const call = radio("described") === "call";
  byId("by-kernel").hidden = call;
  byId("by-call").hidden = !call;
  if (call) {
    await readCall();
  } else {
    state.spec = state.kernels.find((k) => fullName(k) === byId("kernel").value) ?? null;
    byId("kernel-doc").textContent = state.spec?.doc ?? "";
  }
  if (radio("action") === "sweep") proposeRange();
  drawParameters();
}

// readCall has the server read a prototype: it alone knows the grammar.
async function readCall() {
  const text = byId("call").value.trim(), said = byId("call-state"), box = byId("call");
  const settle = (spec, message, bad) => {
    state.spec = spec;
    said.textContent = message;
    said.classList.toggle("bad-text", bad);
    box.setAttribute("aria-invalid", String(bad));
  };
  if (!text) return settle(null, "As C declares it; sizes and values stand behind an equals sign.", false);
  if (!(text in state.calls)) {
    try {
      const { document } = await ask("kernels", { query: [["call", text]] });
      state.calls[text] = { spec: document.kernels[0] };
    } catch (e) {
      if (!(e instanceof Problem)) throw e;
      if (e.fields.class !== "bad-parameter") return settle(null, e.message, true);
      state.calls[text] = { reason: e.message.replace(/^call: /, "") };
    }
  }
  if (text !== byId("call").value.trim()) return; // it was typed on meanwhile
  const { spec, reason } = state.calls[text];
  settle(spec ?? null, reason ?? operands(spec), Boolean(reason));
}

const operands = (spec) => (spec.operands?.length ? spec.operands.map((o) => `${o.name}: ${o.count} × ${o.type}, ${o.access}`).join("; ") : "It has no operands in memory.");

// ---- the object's functions ----

let looks = 0; // the last look at an object is the one that counts

async function objectChanged(object, example, quiet) {
  const look = ++looks;
  state.functions = [];
  listSymbols("");
  if (!object) return;
  if (example && !quiet) {
    setRadio("described", "kernel");
    chooseKernel(example.kernel);
    fields.params = new Map(new URLSearchParams(example.query));
    await describedChanged();
  }
  const details = slots.object.details;
  replace(details, el("p", { class: "hint", text: "Looking at its functions…" }));
  let screen, proposals = [];
  try {
    screen = (await ask("screen", { body: object.data })).document;
    proposals = (await ask("inspect", { body: object.data, query: [["prototypes", "1"]] })).document.prototypes ?? [];
  } catch (e) {
    if (look !== looks) return;
    replace(details, el("p", { class: "complaint", text: e.fields ? `${e.fields.class}: ${e.message}` : e.message }));
    return;
  }
  if (look !== looks) return;
  state.functions = functionsOf(screen, proposals);
  listSymbols(byId("symbol").value);
  showFunctions(details, screen);
  if (!example && !quiet) await guess();
}

// functionsOf joins what the screen counts and what the object's debugging information
// declares.
function functionsOf(screen, proposals) {
  const list = (screen.functions ?? []).filter((f) => f.symbol).map((f) => ({ symbol: f.symbol, instructions: f.instructions, isa: f.isa ?? [] }));
  for (const p of proposals) {
    let f = list.find((f) => f.symbol === p.symbol);
    if (!f) list.push((f = { symbol: p.symbol, isa: [] }));
    Object.assign(f, { call: p.call, reason: p.reason });
  }
  return list;
}

const SHOWN = 50;

function showFunctions(node, screen) {
  const rows = state.functions.slice(0, SHOWN).map((f) => el("li", {},
    el("span", { class: "mono name", text: format.name(f.symbol) }),
    el("span", { class: "hint", text: [f.instructions !== undefined ? `${f.instructions} instructions` : "", f.isa.join(" ")].filter(Boolean).join(", ") }),
    f.call ? el("button", { type: "button", class: "quiet", "aria-label": `Use prototype of ${format.name(f.symbol)}`, text: "Use prototype", onclick: () => use(f) }) : null,
    f.call ? el("code", { class: "proposal", text: f.call }) : f.reason ? el("span", { class: "hint proposal", text: f.reason }) : null));
  const refused = screen.verdict !== "accepted";
  const lacks = screen.host_lacks?.length ? `this host lacks ${screen.host_lacks.join(", ")}` : "";
  replace(node,
    el("p", { class: refused || lacks ? "bad-text" : "hint", text: refused ? `The screen refuses ${screen.refusal_count} of its instructions; Listing shows them.` : lacks || `${state.functions.length === 1 ? "One function" : `${state.functions.length} functions`}, accepted by the screen.` }),
    rows.length ? el("ul", { class: "functions", "aria-label": "Functions of the object" }, rows) : null,
    state.functions.length > 0 && !state.functions.some((f) => f.call || f.reason) ? el("p", { class: "hint", text: "It does not say their types; what is compiled with -g has prototypes proposed." }) : null,
    state.functions.length > SHOWN ? el("p", { class: "hint", text: `and ${state.functions.length - SHOWN} more` }) : null);
}

async function use(f) {
  setRadio("described", "call");
  byId("call").value = f.call;
  fields.params = new Map();
  listSymbols("");
  await describedChanged();
  byId("call").focus();
}

// guess chooses the kernel that a function of a new object is named after, or else its
// first prototype.
async function guess() {
  const named = state.functions.find((f) => state.kernels.some((k) => k.name === f.symbol || k.alternatives?.includes(f.symbol)));
  if (named) {
    setRadio("described", "kernel");
    chooseKernel(named.symbol);
    await describedChanged();
    return;
  }
  const declared = state.functions.find((f) => f.call);
  if (!declared || byId("call").value) return;
  setRadio("described", "call");
  byId("call").value = declared.call;
  await describedChanged();
}

function listSymbols(chosen) {
  const select = byId("symbol"), names = state.functions.map((f) => f.symbol);
  if (chosen && !names.includes(chosen)) names.push(chosen);
  replace(select, el("option", { value: "", text: "the one of the kernel’s name" }), names.slice(0, 500).map((n) => el("option", { value: n, text: format.name(n) })));
  select.value = chosen;
  byId("symbol-row").hidden = names.length < 2 && !chosen;
}

// ---- doing it ----

function complain(text, focus) {
  byId("complaint").textContent = text;
  focus?.focus();
}

// complete tells whether all is there that the request needs.
function complete(request) {
  const a = ACTIONS[request.action];
  if (!request.objects.object) return complain("Choose an object first.", slots.object.file);
  if (!a.object && !request.kernel && !request.call) return complain("Choose a kernel, or write a prototype.", byId("call"));
  if (request.action === "compare" && !request.objects.b && !request.options["other-symbol"]) return complain("Choose the object B, or name another function of A under Options.", slots.b.file);
  if (request.action === "sweep" && !Object.values(request.params).some((v) => /[:,]/.test(v)) && !/[:,]/.test(request.options.align ?? "")) return complain("Give a parameter a range, as 64:4096:x2.", byId("params").querySelector("input"));
  complain("");
  return true;
}

async function go() {
  if (state.running) return;
  const request = read();
  if (!complete(request)) return;
  history.replaceState(null, "", link(request));
  const stop = new AbortController();
  state.running = stop;
  busy(true, request);
  const out = byId("result"), began = performance.now();
  replace(out);
  try {
    const document = await perform(request, stop.signal, out);
    state.last = document;
    announce(done(request, document, performance.now() - began), document);
    past.add(request, summary(request.action, document));
  } catch (e) {
    if (e.name === "AbortError") {
      byId("status").textContent = "Cancelled: the connection is closed, so the job was ended.";
    } else if (e instanceof Problem) {
      state.last = e.fields;
      await failed(request, e.fields, out, stop.signal);
    } else {
      throw e;
    }
  } finally {
    state.running = null;
    busy(false, request);
  }
}

// perform sends a request and shows its answer, which it returns.
async function perform(request, signal, out) {
  const options = { query: query(request), body: body(request, (o) => o.data), signal };
  if (request.action === "sweep") return sweep(options, out);
  const { document } = await ask(commandOf(request.action), options);
  const show = { run: result, check: checked, compare: comparison, listing }[request.action];
  replace(out, show(document));
  return document;
}

async function sweep(options, out) {
  const axes = options.query.filter(([k, v]) => k !== "call" && k !== "events" && /[:,]/.test(v)).map(([k]) => k);
  const view = new Sweep(axes), bar = byId("bar");
  let whole = null;
  replace(out, view.node);
  await follow("sweep", options, (name, document) => {
    switch (name) {
      case "progress":
        bar.max = document.of;
        bar.value = document.done;
        byId("elapsed").textContent = `${document.done} of ${document.of} points, about ${document.left_s.toFixed(document.left_s < 10 ? 1 : 0)} s left`;
        break;
      case "point":
        view.add(document);
        break;
      case "problem":
        throw new Problem(document);
      case "result":
        whole = document;
        view.end(document);
    }
  });
  if (!whole) throw new Problem({ class: "unreachable", title: "The answer ended early", detail: "the connection was closed before the sweep was over" });
  return whole;
}

function done(request, document, took) {
  const { action, what } = title(request);
  const s = summary(request.action, document), f = s.figures.find((f) => f.name?.startsWith("Cycles")) ?? s.figures[0];
  const figure = request.action === "sweep" || !f ? "" : `: ${[format.fixed(f.value, format.decimals(f.value, f.ci95)), f.unit].filter(Boolean).join(" ")}`;
  return `${[action, what].filter(Boolean).join(" ")}${figure}, ${s.went}. ${(took / 1000).toFixed(1)} s.`;
}

function announce(text, document) {
  replace(byId("status"), text + " ", document ? el("button", { type: "button", class: "quiet", id: "save", text: "Save as JSON", onclick: () => save("webrunner.json", JSON.stringify(document, null, 2)) }) : null);
}

// failed shows a problem and, where it has a place in the code, the code.
async function failed(request, fields, out, signal) {
  const code = el("div", { class: "stack" });
  replace(out, problem(fields), code);
  announce(`${fields.title ?? fields.class}.`, fields);
  past.add(request, summary(request.action, null, fields));
  if (!hasPlace(fields)) return;
  try {
    const { document } = await ask("screen", { query: [["listing", "1"]], body: request.objects.object.data, signal });
    replace(code, el("h3", { text: "Where" }), listing({ ...document, refusals: [] }, fields));
    code.querySelector("#crash, .refused")?.scrollIntoView({ block: "nearest" });
  } catch { /* the problem is shown all the same */ }
}

let clock = 0;

function busy(on, request) {
  const bar = byId("bar"), began = performance.now();
  byId("go").disabled = on;
  byId("cancel").disabled = !on;
  byId("progress").hidden = !on;
  byId("answer").setAttribute("aria-busy", String(on));
  bar.removeAttribute("value");
  byId("elapsed").textContent = "";
  clearInterval(clock);
  if (!on) return;
  byId("status").textContent = `${ACTIONS[request.action].label}…`;
  clock = setInterval(() => { if (!bar.hasAttribute("value")) byId("elapsed").textContent = `${((performance.now() - began) / 1000).toFixed(1)} s`; }, 200);
}

// ---- copying, tokens, theme ----

async function share(button, make) {
  const request = read(), was = button.textContent;
  if (!complete(request)) return;
  const text = make(request);
  const copied = await copy(text);
  button.textContent = copied ? "copied" : "cannot copy";
  button.dataset.copied = text;
  byId("status").textContent = copied ? `Copied: ${text.length > 300 ? text.slice(0, 299) + "…" : text}` : "The browser does not let this page copy.";
  setTimeout(() => { button.textContent = was; }, 1500);
}

const dialog = byId("token");
let asked = null;

// wantToken shows the dialog, and resolves when it is closed. Requests that are refused
// at the same time share one.
api.wantToken = (refused, sent) => {
  byId("token-open").hidden = false;
  if (token() && token() !== sent) return Promise.resolve(true); // another request has got one meanwhile
  byId("token-why").textContent = sent ? `The server does not know this token: ${refused.message}` : "It is kept until this tab is closed.";
  return askToken();
};

function askToken() {
  asked ??= new Promise((resolve) => {
    byId("token-text").value = "";
    dialog.showModal();
    dialog.addEventListener("close", () => { asked = null; resolve(dialog.returnValue === "use" && token() !== ""); }, { once: true });
    dialog.returnValue = "";
  });
  return asked;
}

byId("token-form").addEventListener("submit", (e) => {
  e.preventDefault();
  const text = byId("token-text").value.trim();
  if (!text) return byId("token-text").focus();
  setToken(text);
  dialog.close("use");
});
byId("token-close").addEventListener("click", () => dialog.close("no"));
byId("token-forget").addEventListener("click", () => { setToken(""); dialog.close("no"); });
byId("token-open").addEventListener("click", async () => { if (await askToken()) await begin(); });

const theme = byId("theme");
theme.value = document.documentElement.dataset.theme ?? "auto";
theme.addEventListener("change", () => {
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  try { localStorage.setItem("webrunner.theme", theme.value); } catch { /* it lasts as long as the page */ }
  repaint();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

// ---- beginning ----

const past = new History(async (entry) => {
  await write(entry.request);
  replace(byId("result"), kept(entry));
  byId("status").textContent = "";
  byId("answer").focus();
});

function listKernels() {
  const groups = new Map();
  for (const k of state.kernels) groups.set(k.namespace ?? "", [...(groups.get(k.namespace ?? "") ?? []), k]);
  const option = (k) => el("option", { value: fullName(k), text: k.name });
  replace(byId("kernel"), [...groups].sort((a, b) => a[0].localeCompare(b[0])).map(([space, list]) => (space ? el("optgroup", { label: space }, list.map(option)) : list.map(option))).flat());
}

async function monitor() {
  try {
    const { document, headers } = await ask("monitor");
    const name = headers.get("WebRunner-Machine");
    const off = Object.values(document.sandbox ?? {}).filter((v) => String(v).startsWith("absent")).length;
    replace(byId("host"), el("span", { class: "dot good", "aria-hidden": "true" }), el("strong", { text: name ?? location.host }), ` fit${document.waiting ? `, ${document.waiting} waiting` : ""}${off ? `, ${off} layer of protection absent` : ""}`);
  } catch (e) {
    replace(byId("host"), el("span", { class: "dot bad", "aria-hidden": "true" }), e.fields ? `${e.fields.class}: ${e.message}` : e.message);
  }
}

async function begin() {
  await monitor();
  try {
    state.kernels = (await ask("kernels")).document.kernels;
  } catch (e) {
    byId("kernel-doc").textContent = e.message;
    return;
  }
  const before = byId("kernel").value;
  listKernels();
  chooseKernel(before || "blis/sdot");
  await describedChanged();
  if (slots.object.object) await objectChanged(slots.object.object, null, true);
  if (token()) byId("token-open").hidden = false;
}

function wire() {
  byId("objects").append(...Object.values(slots).map((s) => s.node));
  objects.catchDrops(slots.object);
  for (const input of document.querySelectorAll('input[name="action"]')) input.addEventListener("change", actionChanged);
  for (const input of document.querySelectorAll('input[name="described"]')) input.addEventListener("change", describedChanged);
  byId("kernel").addEventListener("change", () => { fields.params = new Map(); describedChanged(); });
  let typing = 0;
  byId("call").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(describedChanged, 300); });
  byId("request").addEventListener("submit", (e) => { e.preventDefault(); go(); });
  document.addEventListener("keydown", (e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && !dialog.open) { e.preventDefault(); go(); } });
  byId("cancel").addEventListener("click", () => state.running?.abort());
  byId("copy-link").addEventListener("click", (e) => share(e.target, (r) => new URL(link(r), document.baseURI.split("#")[0]).href));
  byId("copy-curl").addEventListener("click", (e) => share(e.target, curl));
  byId("copy-command").addEventListener("click", (e) => share(e.target, commandLine));
  addEventListener("hashchange", () => { const r = fromLink(location.hash); if (r) write(r); });
}

for (const o of optionsOf("run")) if (o.preset) fields.options.set(o.name, o.preset);
wire();
actionChanged();
api.machine = (await objects.load()) || api.machine;
if (api.below) api.machine = decodeURIComponent(location.pathname.split("/").at(-2));
for (const slot of Object.values(slots)) slot.list();
await begin();
const asLinked = fromLink(location.hash);
if (asLinked) await write(asLinked);
document.documentElement.dataset.ready = "true"; // for tests
