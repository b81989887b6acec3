// What was done before, in this browser's storage: requests and figures, never objects.

import { el, replace, byId } from "./dom.js";
import * as format from "./format.js";
import { title } from "./request.js";

const KEY = "webrunner.history";
const ENTRIES = 60, CHARACTERS = 200_000; // kept at most

function read() {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(list) ? list.filter((e) => e && typeof e.when === "string" && e.request && Array.isArray(e.figures)) : [];
  } catch { return []; }
}

function write(list) {
  list = list.slice(0, ENTRIES);
  let text;
  while ((text = JSON.stringify(list)).length > CHARACTERS) list.pop();
  try { localStorage.setItem(KEY, text); } catch { /* full or switched off: nothing is kept */ }
}

// summary is what is kept of an answer: a word on how it went, and figures.
export function summary(action, document, problem) {
  if (problem) return { went: problem.class, good: false, figures: [], detail: problem.detail };
  const figures = (r) => (r?.counters ?? []).map((c) => ({ name: c.name, value: c.value, ci95: c.ci95, unit: c.unit, source: c.source }));
  const sound = (r) => r.verify?.status !== "mismatch" && r.abi?.ok !== false && r.integrity !== "suspect";
  switch (action) {
    case "run":
      return { went: document.verify?.status === "mismatch" ? "wrong" : document.integrity, good: sound(document), figures: figures(document) };
    case "check":
      return { went: document.ok ? "no failure" : `${document.failures.length} failures`, good: document.ok, figures: [{ name: "Cases", value: document.cases, unit: "cases" }] };
    case "compare": {
      const r = document.ratios.find((r) => r.name === "Cycles") ?? document.ratios[0];
      return { went: r?.verdict ?? "", good: r?.verdict !== "wrong", figures: document.ratios.slice(0, 32).map((r) => ({ name: r.name, value: r.ratio, ci95: r.ci95, unit: "B/A", source: r.source, verdict: r.verdict })) };
    }
    case "sweep":
      return { went: `${document.points.length} points`, good: document.points.every((p) => p.result && sound(p.result)),
        figures: document.points.slice(0, 64).map((p) => ({ ...figures(p.result).find((c) => c.name === "Cycles"), name: document.axes.map((a) => `${a}=${p.params[a]}`).join(" ") })) };
    default:
      return { went: document.verdict, good: document.verdict === "accepted", figures: [{ name: "Instructions", value: document.instructions, unit: "" }] };
  }
}

// History shows the list and tells open() which entry was chosen.
export class History {
  constructor(open) {
    this.open = open;
    this.node = byId("history-list");
    this.show();
    addEventListener("storage", (e) => { if (e.key === KEY) this.show(); });
  }

  add(request, summary) {
    const objects = Object.fromEntries(Object.entries(request.objects).filter(([, o]) => o).map(([role, o]) => [role, { name: o.name.slice(0, 200), sha256: o.sha256, size: o.size }]));
    write([{ when: new Date().toISOString(), request: { ...request, objects }, ...summary }, ...read()]);
    this.show();
  }

  show() {
    const list = read();
    if (list.length === 0) {
      replace(this.node, el("p", { class: "hint", text: "Nothing yet." }));
      return;
    }
    const rows = list.map((e, i) => {
      const { action, what } = title(e.request), f = e.figures.find((f) => f.name?.startsWith("Cycles")) ?? e.figures[0];
      const object = e.request.objects?.object?.name ?? "";
      const label = `${action} ${format.name(object)} ${what ?? ""}`;
      return el("li", {},
        el("button", { type: "button", class: "entry", onclick: () => this.open(e) },
          el("span", { class: "what" }, el("strong", { text: action }), ` ${format.name(object)} `, el("span", { class: "hint", text: `${what ?? ""} ${format.parameters(e.request.params)}` })),
          el("span", { class: "figure", text: f && Number.isFinite(f.value) && e.request.action !== "sweep" ? `${format.fixed(f.value, format.decimals(f.value, f.ci95))} ${f.unit ?? ""}` : "" }),
          el("span", { class: e.good ? "hint" : "bad-text", text: e.went ?? "" }),
          el("time", { class: "hint", datetime: e.when, text: when(e.when) })),
        el("button", { type: "button", class: "quiet", "aria-label": `Forget ${label}`, text: "✕", onclick: () => { write(read().filter((_, n) => n !== i)); this.show(); } }));
    });
    replace(this.node, el("ol", { class: "history" }, rows), el("p", {}, el("button", { type: "button", class: "quiet", id: "forget", text: "Forget all", onclick: () => { write([]); this.show(); } })));
  }
}

function when(iso) {
  const d = new Date(iso);
  const today = d.toDateString() === new Date().toDateString();
  return today ? d.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }) : d.toLocaleDateString([], { month: "short", day: "numeric" });
}

// kept shows what the history has of an answer.
export function kept(entry) {
  return [
    el("p", { class: "hint", text: `From the history, ${new Date(entry.when).toLocaleString()}: ${entry.went}. Run it again for the whole answer.` }),
    entry.detail ? el("p", { text: entry.detail }) : null,
    entry.figures.length ? el("dl", { class: "facts" }, entry.figures.flatMap((f) => [
      el("dt", { text: f.name ?? "" }),
      el("dd", { text: Number.isFinite(f.value) ? `${format.fixed(f.value, format.decimals(f.value, f.ci95))} ${f.unit ?? ""} ${format.relative(f.value, f.ci95)} ${f.verdict ?? ""}` : "–" })])) : null,
  ];
}
