// The result of a run.

import { el, svg, table } from "./dom.js";
import * as format from "./format.js";
import { bars } from "./plot.js";

// chip is a word with a sign, so that it is not the colour alone that tells.
export function chip(kind, text) {
  const sign = { good: "✓", bad: "✕", warn: "!", plain: "·" }[kind];
  return el("span", { class: `chip ${kind}` }, el("span", { class: "sign", "aria-hidden": "true", text: sign }), text);
}

// verdicts are what is known of a result beside its figures.
export function verdicts(r) {
  const list = [];
  const status = r.verify?.status;
  if (status === "match") list.push(chip("good", "result right"));
  else if (status === "mismatch") list.push(chip("bad", "wrong result"));
  else list.push(chip("plain", "result not compared"));
  list.push(r.abi?.ok === false ? chip("bad", "calling convention broken") : chip("good", "calling convention held"));
  const integrity = { consistent: "good", suspect: "bad", unproven: "warn" }[r.integrity] ?? "plain";
  list.push(chip(integrity, `figures ${r.integrity}`));
  return el("p", { class: "chips" }, list);
}

// doubtful tells whether a result is wrong, breaks the convention or is suspect.
export const doubtful = (r) => r.verify?.status === "mismatch" || r.abi?.ok === false || r.integrity === "suspect";

// result shows everything that is known of a run.
export function result(r) {
  return [
    verdicts(r),
    headline(r),
    mismatch(r),
    remarks(r),
    counters(r),
    r.histogram?.length ? distribution(r) : null,
    derived(r),
    unavailable(r),
    facts(r),
  ];
}

function headline(r) {
  const c = r.counters.find((c) => c.name === "Cycles") ?? r.counters[0];
  if (!c) return null;
  const derived = ["Cycles per element", "FLOPs per cycle", "GFLOPS", "IPC"].map((n) => r.derived?.find((d) => d.name === n)).filter(Boolean);
  return el("div", { class: "headline" },
    el("p", { class: "big" }, el("span", { text: format.fixed(c.value, Math.min(format.decimals(c.value, c.ci95), 3)) }), el("span", { class: "unit", text: c.unit }), el("span", { class: "hint", text: [format.relative(c.value, c.ci95), "a call"].filter(Boolean).join(", ") })),
    el("p", { class: "hint beside", text: derived.map((d) => `${d.name === "IPC" ? "IPC " : ""}${format.plain(d.value)} ${perElement(d)}`).join("   ·   ") }),
    el("p", { class: "hint", text: `${r.symbol}  ${format.parameters(r.params)}` }));
}

const perElement = (d) => ({ "Cycles per element": "cycles/element", IPC: "" }[d.name] ?? d.unit);

function mismatch(r) {
  const v = r.verify ?? {};
  const list = [];
  if (v.status === "mismatch") {
    const where = v.operand ? `${format.name(v.operand)}[${v.index ?? v.first_bad}]` : "the value that it returns";
    list.push(`Wrong result: ${where} is ${v.got}, and ${v.want} is right.`);
  }
  for (const broken of r.abi?.violations ?? []) list.push(typeof broken === "string" ? broken : JSON.stringify(broken));
  for (const why of r.integrity_why ?? []) list.push(why);
  if (list.length === 0) return null;
  return el("ul", { class: "remarks bad" }, list.map((t) => el("li", { text: t })));
}

// remarks are warnings, which cast doubt, and notes, which do not.
export function remarks(r) {
  const made = [];
  if (r.warnings?.length) made.push(el("ul", { class: "remarks warn", "aria-label": "Warnings" }, r.warnings.map((t) => el("li", { text: t }))));
  if (r.notes?.length) made.push(el("ul", { class: "remarks", "aria-label": "Notes" }, r.notes.map((t) => el("li", { text: t }))));
  return made;
}

function counters(r) {
  const columns = [{ name: "Figure" }, { name: "Value a call", class: "right" }, { name: "Unit" }, { name: "±", class: "right" }, { name: "95 % interval", class: "right" }, { name: "Spread", class: "wide" }, { name: "Source" }];
  const rows = r.counters.map((c) => {
    const d = format.decimals(c.value, c.ci95);
    return [
      c.name, format.aligned(format.fixed(c.value, d)), c.unit,
      c.exact ? el("span", { class: "hint", text: "exact" }) : format.relative(c.value, c.ci95),
      c.exact ? "" : `${format.fixed(c.ci95[0], d)} – ${format.fixed(c.ci95[1], d)}`,
      c.exact ? "" : spread(c),
      el("span", {}, source(c), " ", trust(c)),
    ];
  });
  const made = table("Figures", columns, rows, { class: "figures" });
  format.align(made);
  const key = el("p", { class: "hint key" }, "Spread: line from the least sample to the 90th percentile, box from the 10th, bar the 95 % interval, tick the value.");
  return [made, key, modes(r)];
}

function source(c) {
  const s = c.samples;
  const title = s ? `${s.accepted} of ${s.total} samples in ${c.cells} cells` : "";
  return el("span", { title, text: c.source });
}

function trust(c) {
  const [word, why] = [/^[^:]*/.exec(c.trust ?? "")[0], c.trust ?? ""];
  return el("span", { class: word === "trusted" ? "" : word === "broken" ? "bad-text" : "hint", title: why, text: word });
}

function modes(r) {
  const several = r.counters.filter((c) => c.modes?.length > 1);
  if (several.length === 0) return null;
  return el("ul", { class: "remarks" }, several.map((c) => el("li", { text: `${c.name} has ${c.modes.length} modes: ${c.modes.map((m) => `${format.plain(m.value)} in ${Math.round(m.share * 100)} % of samples`).join(", ")}` })));
}

// spread draws where samples and interval of a figure lie.
function spread(c) {
  const low = Math.min(c.min, c.ci95[0], c.value), high = Math.max(c.p90, c.ci95[1], c.value);
  const width = 150, at = (v) => 3 + ((v - low) / (high - low || 1)) * (width - 6);
  const box = (from, to, y, h, name) => svg("rect", { class: name, x: at(from).toFixed(1), y, width: Math.max(1.5, at(to) - at(from)).toFixed(1), height: h, rx: 1 });
  return svg("svg", { class: "spread", viewBox: `0 0 ${width} 18`, width, height: 18, "aria-hidden": "true" },
    svg("line", { class: "whisker", x1: at(Math.min(low, c.min)), x2: at(c.p90), y1: 9, y2: 9 }),
    box(c.p10, c.p90, 5, 8, "middle"), box(c.ci95[0], c.ci95[1], 6.5, 5, "interval"),
    svg("line", { class: "value", x1: at(c.value).toFixed(1), x2: at(c.value).toFixed(1), y1: 2, y2: 16 }));
}

function distribution(r) {
  const unit = r.counters[0]?.unit ?? "cycles";
  const all = r.histogram.reduce((n, b) => n + b.count, 0);
  let last = 0;
  for (let n = 0; last < r.histogram.length && n < 0.985 * all; last++) n += r.histogram[last].count;
  const shown = r.histogram.slice(0, Math.max(last, 3)), beyond = r.histogram.slice(shown.length).reduce((n, b) => n + b.count, 0);
  const chart = bars(`Histogram of samples, in ${unit}; the table below has the same figures`, unit, shown);
  const rows = r.histogram.filter((b) => b.count > 0).map((b) => [`${format.plain(b.low)} – ${format.plain(b.high)}`, String(b.count)]);
  return el("section", {}, el("h3", { text: "Samples" }), chart.box,
    beyond ? el("p", { class: "hint key below", text: `${beyond} of ${all} samples took longer, up to ${format.plain(r.histogram.at(-1).high)} ${unit}.` }) : null,
    el("details", {}, el("summary", { text: "As a table" }), table(`Samples, by ${unit}`, [{ name: unit }, { name: "Samples", class: "right" }], rows)));
}

function derived(r) {
  if (!r.derived?.length) return null;
  const rows = r.derived.map((d) => [d.name, format.aligned(format.plain(d.value)), d.unit, d.from]);
  const made = table("Derived figures", [{ name: "Derived" }, { name: "Value", class: "right" }, { name: "Unit" }, { name: "From" }], rows, { class: "figures" });
  format.align(made);
  return made;
}

function unavailable(r) {
  if (!r.unavailable?.length) return null;
  return el("details", {}, el("summary", { text: r.unavailable.length === 1 ? "One figure could not be had" : `${r.unavailable.length} figures could not be had` }),
    el("ul", { class: "remarks" }, r.unavailable.map((u) => el("li", { text: `${u.name}: ${u.reason}` }))));
}

// facts are what the figures were had on and how.
function facts(r) {
  const c = r.conditions ?? {}, h = r.host ?? {};
  const rows = [
    ["Processor", [h.cpu, h.microarchitecture].filter(Boolean).join(", ")],
    ["Linux", h.kernel],
    ["Counters", h.pmu ? `PMU ${h.pmu}` : `no PMU: ${h.pmu_reason ?? ""}`],
    ["Object", `${format.bytes(r.object.size)}, sha256 ${r.object.sha256}`],
    ["Function", `${r.symbol}, because ${r.symbol_why ?? "it was named"}`],
    ["Needs", r.isa?.length ? r.isa.join(", ") : "the baseline of x86-64"],
    ["Returned", r.result && Object.keys(r.result).length ? JSON.stringify(r.result) : "nothing that is compared"],
    ["Verified", r.verify?.status === "match" ? `matches, at most ${r.verify.max_ulp} ulp and ${r.verify.max_abs} off` : r.verify?.status],
    ["Mode", `${c.mode}, data ${c.data}, code ${c.code}, pages of ${c.pages}`],
    ["Processor of the cell", `${c.cpu}, ${c.pinned}`],
    ["Clock", c.core_mhz ? `${c.core_mhz.map((m) => Math.round(m)).join(" – ")} MHz` : ""],
    ["Stopped", c.precision ? `${c.precision.stopped}; wanted ± ${format.plain(c.precision.wanted * 100)} %, had ± ${format.plain(c.precision.achieved * 100)} %` : ""],
    ["Seed", r.seed], ["Effort", r.effort],
    ["Sandbox", Object.entries(r.sandbox ?? {}).map(([k, v]) => `${k} ${v}`).join("; ")],
    ["Time", r.timing_us ? Object.entries(r.timing_us).map(([k, v]) => `${k} ${(v / 1000).toFixed(1)} ms`).join(", ") : ""],
  ].filter(([, v]) => v !== undefined && v !== "" && v !== null);
  return el("details", {}, el("summary", { text: "How it was measured" }),
    el("dl", { class: "facts" }, rows.flatMap(([k, v]) => [el("dt", { text: k }), el("dd", { text: String(v) })])));
}
