// The code of an object, with what the screen refuses and where it crashed.

import { el, table, replace } from "./dom.js";
import * as format from "./format.js";
import { chip } from "./figures.js";

const STEP = 500; // rows that are shown at first, and with each request for more

// listing shows the answer of screen. problem, if there is one, is what became of a run
// of the same object: its place is marked.
export function listing(d, problem) {
  const items = d.listing ?? [];
  const mark = place(items, problem);
  return [
    verdict(d),
    d.refusals?.length ? table("Refusals", [{ name: "Where" }, { name: "Instruction" }, { name: "Rule" }, { name: "Why, and what to do", class: "prose" }],
      d.refusals.map((r) => ({ class: "refused", cells: [`${format.name(r.symbol ?? r.section)}+${format.hex(r.offset - start(items, r))}`, el("code", { text: r.text }), r.rule, `${r.why}; ${r.advice ?? ""}`] })), { class: "figures" }) : null,
    code(items, mark, problem),
  ];
}

const start = (items, r) => items.find((i) => i.section === r.section && i.symbol === r.symbol)?.offset ?? 0;

function verdict(d) {
  const facts = [`${format.fixed(d.instructions, 0)} instructions`, d.isa?.length ? `needs ${d.isa.join(", ")}` : "needs nothing beyond x86-64", d.host_lacks?.length ? `this host lacks ${d.host_lacks.join(", ")}` : ""];
  return el("p", { class: "chips" }, d.verdict === "accepted" ? chip("good", "accepted") : chip("bad", "refused"), facts.filter(Boolean).map((f) => el("span", { text: f })));
}

// place is the index of the item that a problem is about, or -1.
function place(items, problem) {
  if (problem?.offset === undefined) return -1;
  const of = items.filter((i) => i.symbol === problem.symbol && (!problem.section || i.section === problem.section));
  const base = of[0]?.offset ?? 0;
  return items.indexOf(of.find((i) => i.offset - base === problem.offset && (!problem.bytes || !i.bytes || problem.bytes.startsWith(i.bytes))));
}

function code(items, mark, problem) {
  const box = el("div");
  let from = Math.max(0, mark - STEP / 2), to = Math.min(items.length, from + STEP);
  const draw = () => {
    const rows = [];
    let section = items[from]?.section;
    for (let i = from; i < to; i++) {
      const item = items[i];
      if (item.section !== section || i === 0) rows.push({ class: "section", cells: ["", "", el("span", { text: `section ${format.name(item.section)}` }), ""] });
      section = item.section;
      rows.push(row(item, i === mark ? problem : null));
    }
    replace(box,
      from > 0 ? more(`${from} more above`, () => { from = Math.max(0, from - STEP); draw(); }) : null,
      table("Listing", [{ name: "Offset", class: "right" }, { name: "Bytes" }, { name: "Instruction" }, { name: "Remarks" }], rows, { class: "listing" }),
      to < items.length ? more(`${items.length - to} more below`, () => { to = Math.min(items.length, to + STEP); draw(); }) : null);
  };
  draw();
  return box;
}

const more = (text, onclick) => el("p", {}, el("button", { type: "button", class: "quiet", text, onclick }));

function row(item, problem) {
  const remarks = [];
  if (problem) remarks.push(el("strong", { class: "bad-text", text: `◀ ${told(problem)}` }));
  if (item.note) remarks.push(el("span", { class: "bad-text", text: item.note }));
  const named = item.label ? el("span", { class: "label", text: item.label + ":" }) : null;
  return { class: problem ? "crash" : item.note ? "refused" : "", id: problem ? "crash" : null, cells: [format.hex(item.offset), el("code", { class: "bytes", text: item.bytes ?? "" }), el("span", {}, named, el("code", { text: item.text })), el("span", {}, remarks)] };
}

function told(p) {
  switch (p.class) {
    case "crashed": return `${p.signal ?? "crashed"} here${p.address ? `, ${p.access ?? "access"} at ${p.address}` : ""}`;
    case "refused-instruction": return `refused: ${p.rule ?? ""}`;
    case "forbidden-syscall": return `system call ${p.syscall ?? ""}`;
  }
  return `${p.class} here`;
}
