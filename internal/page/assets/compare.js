// The result of a comparison.

import { el, svg, table } from "./dom.js";
import * as format from "./format.js";
import { chip, verdicts, remarks } from "./figures.js";
import { lines } from "./plot.js";

const WORDS = { faster: "good", slower: "bad", same: "plain", wrong: "warn" };

export function comparison(c) {
  const groups = new Map(), varied = variedBy(c.ratios);
  for (const r of c.ratios) {
    const key = varied.map((k) => `${k}=${r.params[k]}`).join(" ");
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(r);
  }
  const first = c.ratios.find((r) => r.name === "Cycles") ?? c.ratios[0];
  return [
    c.failed?.length ? el("p", { class: "chips" }, c.failed.map((f) => chip("bad", `fails: ${f}`))) : null,
    first && groups.size === 1 ? headline(first) : null,
    el("div", { class: "sides" }, side("A", c.a), side("B", c.b)),
    el("ul", { class: "remarks", hidden: !c.notes?.length }, (c.notes ?? []).map((t) => el("li", { text: t }))),
    groups.size > 1 ? overParameters(c) : null,
    [...groups].map(([key, ratios]) => group(groups.size > 1 ? ` at ${key}` : "", ratios)),
    el("p", { class: "hint key", text: "A ratio is B/A: below 1, B has less. Bar: 95 % interval; grey: what differs by no more is called the same." }),
  ];
}

// variedBy are the parameters that have several values.
const variedBy = (ratios) => Object.keys(ratios[0]?.params ?? {}).filter((k) => new Set(ratios.map((r) => r.params[k])).size > 1);

function headline(r) {
  const share = Math.abs(1 - r.ratio) * 100;
  const text = { faster: `B has ${share.toFixed(1)} % fewer ${r.name.toLowerCase()}`, slower: `B has ${share.toFixed(1)} % more ${r.name.toLowerCase()}`, same: "No difference", wrong: "No verdict" }[r.verdict] ?? r.verdict;
  return el("div", { class: "headline" },
    el("p", { class: "big" }, el("span", { text: r.verdict === "wrong" ? "No verdict" : r.ratio.toFixed(3) }), el("span", { class: "unit", text: r.verdict === "wrong" ? "" : "B/A" }), chip(WORDS[r.verdict] ?? "plain", r.verdict)),
    el("p", { class: "hint", text: r.verdict === "wrong" ? r.note ?? "" : `${text}; 95 % interval ${r.ci95[0].toFixed(3)} – ${r.ci95[1].toFixed(3)}, from ${r.pairs ?? "?"} pairs` }));
}

function side(name, r) {
  const cycles = r.counters.find((c) => c.name === "Cycles") ?? r.counters[0];
  const d = cycles ? format.decimals(cycles.value, cycles.ci95) : 0;
  return el("section", { class: "side", "aria-label": `Side ${name}` }, el("h3", { text: `${name}  ${r.symbol}` }),
    cycles ? el("p", {}, `${format.fixed(cycles.value, d)} ${cycles.unit} `, el("span", { class: "hint", text: format.relative(cycles.value, cycles.ci95) })) : null,
    verdicts(r),
    r.integrity_why?.length ? el("ul", { class: "remarks bad" }, r.integrity_why.map((t) => el("li", { text: t }))) : null, remarks(r));
}

// group shows the ratios of one point, those that are counted exactly behind a fold
// where they are many.
function group(where, ratios) {
  const counted = ratios.filter((r) => r.source === "counted");
  if (counted.length < 6 || counted.length === ratios.length) return ratiosTable(`Ratios${where}`, ratios);
  return [ratiosTable(`Ratios${where}`, ratios.filter((r) => r.source !== "counted")),
    el("details", {}, el("summary", { text: `${counted.length} ratios of exact counts${where}` }), ratiosTable(`Ratios of exact counts${where}`, counted))];
}

function ratiosTable(caption, ratios) {
  const edges = ratios.flatMap((r) => [...(r.ci95 ?? []), r.ratio, 1 - (r.floor ?? 0), 1 + (r.floor ?? 0)]).filter((v) => Number.isFinite(v) && v < 4);
  const low = Math.min(0.995, ...edges), high = Math.max(1.005, ...edges);
  const columns = [{ name: "Figure" }, { name: "B/A", class: "right" }, { name: "95 % interval", class: "right" }, { name: "Beside 1", class: "wide" }, { name: "Verdict" }, { name: "Source" }];
  const rows = ratios.map((r) => [
    r.name, format.aligned(Number.isFinite(r.ratio) ? r.ratio.toFixed(4) : "–"), r.ci95 ? (r.ci95[0] === r.ci95[1] ? el("span", { class: "hint", text: "exact" }) : `${r.ci95[0].toFixed(4)} – ${r.ci95[1].toFixed(4)}`) : "",
    forest(r, low, high), el("span", { title: r.note ?? "" }, chip(WORDS[r.verdict] ?? "plain", r.verdict)), r.source,
  ]);
  const made = table(caption, columns, rows, { class: "figures" });
  format.align(made);
  return made;
}

// forest draws one ratio with its interval beside 1.
function forest(r, low, high) {
  if (!Number.isFinite(r.ratio)) return "";
  const width = 180, at = (v) => Math.min(width - 2, Math.max(2, 4 + ((v - low) / (high - low)) * (width - 8)));
  const floor = r.floor ?? 0;
  return svg("svg", { class: `forest ${WORDS[r.verdict] ?? ""}`, viewBox: `0 0 ${width} 18`, width, height: 18, "aria-hidden": "true" },
    svg("rect", { class: "same", x: at(1 - floor), y: 1, width: Math.max(1, at(1 + floor) - at(1 - floor)), height: 16 }),
    svg("line", { class: "one", x1: at(1), x2: at(1), y1: 0, y2: 18 }),
    svg("rect", { class: "interval", x: at(r.ci95?.[0] ?? r.ratio), y: 6, width: Math.max(2, at(r.ci95?.[1] ?? r.ratio) - at(r.ci95?.[0] ?? r.ratio)), height: 6, rx: 1 }),
    svg("line", { class: "value", x1: at(r.ratio), x2: at(r.ratio), y1: 3, y2: 15 }));
}

// overParameters is a chart of the ratio of cycles, where one parameter had several values.
function overParameters(c) {
  const ratios = c.ratios.filter((r) => r.name === (c.ratios.some((r) => r.name === "Cycles") ? "Cycles" : c.ratios[0].name));
  const axes = variedBy(ratios);
  if (axes.length !== 1) return null;
  const sorted = [...ratios].sort((a, b) => a.params[axes[0]] - b.params[axes[0]]);
  const of = (get) => sorted.map(get);
  return lines(`Chart of the ratio of ${ratios[0].name} by ${axes[0]}; the tables below have the same figures`, () => ({
    x: of((r) => Number(r.params[axes[0]])), label: axes[0], unit: `${ratios[0].name}, B/A`, level: 1,
    series: [{ name: "B/A", y: of((r) => r.ratio), low: of((r) => r.ci95[0]), high: of((r) => r.ci95[1]) }],
  })).box;
}
