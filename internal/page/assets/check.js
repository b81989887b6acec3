// The result of a check.

import { el, table, copy } from "./dom.js";
import * as format from "./format.js";
import { chip, remarks } from "./figures.js";

export function checked(c) {
  return [
    el("p", { class: "chips" }, c.ok ? chip("good", "no failure") : chip("bad", `${c.failures.length} kinds of failure`)),
    el("div", { class: "headline" },
      el("p", { class: "big" }, el("span", { text: format.fixed(c.cases, 0) }), el("span", { class: "unit", text: "cases" }), el("span", { class: "hint", text: `in ${format.fixed(c.ms, 0)} ms, seed ${c.seed}` })),
      el("p", { class: "hint", text: [`${c.symbol}`, c.reference ? `against ${c.reference}` : "against no reference"].join(" ") })),
    remarks(c),
    c.failures.length ? table("Failures, each in the smallest case that was found", [{ name: "Kind" }, { name: "Case" }, { name: "What happened", class: "prose" }, { name: "Got", class: "right" }, { name: "Right", class: "right" }, { name: "Repeat it" }], c.failures.map(failure), { class: "figures" }) : null,
  ];
}

function failure(f) {
  const where = f.operand ? `${f.operand}${f.index !== undefined ? `[${f.index}]` : ""}: ` : "";
  const again = el("button", { type: "button", class: "quiet", text: "Copy command", title: f.command, onclick: async (e) => { e.target.textContent = (await copy(f.command)) ? "Copied" : "Cannot copy"; } });
  return { class: "refused", cells: [chip("bad", f.kind), format.parameters(f.params), where + f.detail, value(f.got), value(f.want), f.command ? again : ""] };
}

const value = (v) => (v === undefined || v === null ? "" : String(v));
