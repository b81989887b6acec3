// The result of a sweep, also while it grows.

import { el, table, replace } from "./dom.js";
import * as format from "./format.js";
import { lines } from "./plot.js";
import { doubtful } from "./figures.js";

const PREFERRED = ["Cycles per element", "Cycles"];
const MOST = 8; // series in one chart

// Sweep is a view of points that come one by one.
export class Sweep {
  constructor(axes) {
    this.axes = axes ?? [];
    this.points = [];
    this.caches = [];
    this.menu = el("select", { id: "sweep-figure", onchange: () => this.draw() });
    this.head = el("p", { class: "chips", hidden: true });
    this.chart = lines("Chart of the sweep; the table below has the same figures", () => this.given());
    this.list = el("div");
    this.node = el("div", { class: "stack" }, this.head, el("p", { class: "inline" }, el("label", { for: "sweep-figure", text: "Figure" }), this.menu), this.chart.box,
      el("p", { class: "hint", text: "Bands are 95 % intervals; upright lines, where the data no longer fit a cache." }), this.list);
  }

  // add takes one more point. Points that come fast are drawn together.
  add(point) {
    this.points.push(point);
    this.due ??= setTimeout(() => this.draw(), 150);
  }

  // end takes the whole.
  end(sweep) {
    this.axes = sweep.axes;
    this.points = sweep.points;
    this.caches = sweep.caches ?? [];
    const bad = this.points.filter((p) => p.problem).length, odd = this.points.filter((p) => p.result && doubtful(p.result)).length;
    this.head.hidden = false;
    replace(this.head, el("span", { text: `${this.points.length} points` }), bad ? el("span", { class: "bad-text", text: `${bad} failed` }) : null, odd ? el("span", { class: "bad-text", text: `${odd} wrong or suspect` }) : null);
    this.draw();
  }

  names() {
    const names = [];
    for (const p of this.points) {
      for (const c of [...(p.result?.counters ?? []), ...(p.result?.derived ?? [])]) if (!names.includes(c.name)) names.push(c.name);
    }
    return names;
  }

  figure() {
    const names = this.names();
    if (names.length !== this.menu.options.length) {
      const old = this.menu.value;
      replace(this.menu, names.map((n) => el("option", { value: n, text: n })));
      this.menu.value = names.includes(old) ? old : PREFERRED.find((n) => names.includes(n)) ?? names[0] ?? "";
    }
    return this.menu.value;
  }

  draw() {
    clearTimeout(this.due);
    this.due = null;
    this.figure();
    this.chart.again();
    replace(this.list, this.rows());
  }

  // given is what the chart shows: the first axis that is a number goes to the right,
  // each combination of the others is a line.
  given() {
    const name = this.menu.value, axis = this.axis();
    const x = [...new Set(this.points.map((p) => Number(p.params[axis])))].filter(Number.isFinite).sort((a, b) => a - b);
    const others = this.axes.filter((a) => a !== axis);
    const lists = new Map();
    let unit = "";
    for (const p of this.points) {
      const f = figureOf(p.result, name);
      const key = others.map((a) => `${a}=${p.params[a]}`).join(" ") || name;
      if (!lists.has(key)) lists.set(key, new Map());
      if (!f) continue;
      unit = f.unit;
      lists.get(key).set(Number(p.params[axis]), f);
    }
    const of = (points, get) => x.map((v) => (points.has(v) ? get(points.get(v)) : null));
    const series = [...lists].slice(0, MOST).map(([key, points]) => ({
      name: key, y: of(points, (f) => f.value), low: of(points, (f) => f.ci95?.[0] ?? f.value), high: of(points, (f) => f.ci95?.[1] ?? f.value),
    }));
    if (series.length === 0) series.push({ name, y: x.map(() => null), low: x.map(() => null), high: x.map(() => null) });
    return { x, label: axis, unit: unit && !name.includes(unit) ? `${name}, ${unit}` : name, series, floor: 0, marks: this.marks(axis, others) };
  }

  axis() { return this.axes.find((a) => this.points.some((p) => Number.isFinite(Number(p.params[a])))) ?? this.axes[0]; }

  // marks are where the data grow beyond a cache, between two points of one line.
  marks(axis, others) {
    if (others.length > 0) return [];
    const at = this.points.filter((p) => p.result?.work?.bytes > 0).map((p) => [Number(p.params[axis]), p.result.work.bytes]).sort((a, b) => a[0] - b[0]);
    return this.caches.map((size, i) => {
      const n = at.findIndex(([, b]) => b > size);
      if (n <= 0) return null;
      const [[x0, b0], [x1, b1]] = [at[n - 1], at[n]];
      return { x: x0 + ((x1 - x0) * (size - b0)) / (b1 - b0), text: `L${i + 1} ${format.bytes(size)}` };
    }).filter(Boolean);
  }

  rows() {
    const name = this.menu.value;
    const sorted = [...this.points].sort((a, b) => this.axes.map((n) => Number(a.params[n]) - Number(b.params[n])).find((d) => d) ?? 0);
    const rows = sorted.map((p) => {
      const place = this.axes.map((n) => String(p.params[n]));
      const f = figureOf(p.result, name);
      if (p.problem) return { class: "refused", cells: [...place, "", "", el("span", { class: "bad-text", text: `${p.problem.class}: ${p.problem.detail}` })] };
      const d = f ? format.decimals(f.value, f.ci95) : 0;
      return [...place, f ? format.aligned(f.ci95 ? format.fixed(f.value, d) : format.plain(f.value)) : "–", f?.ci95 ? `${format.fixed(f.ci95[0], d)} – ${format.fixed(f.ci95[1], d)}` : "", p.result?.verify?.status === "mismatch" ? el("span", { class: "bad-text", text: "wrong result" }) : p.result?.integrity ?? ""];
    });
    const columns = [...this.axes.map((n) => ({ name: n, class: "right" })), { name, class: "right" }, { name: "95 % interval", class: "right" }, { name: "Verdict", class: "prose" }];
    const made = table("Points of the sweep", columns, rows, { class: "figures" });
    format.align(made);
    return made;
  }
}

// figureOf finds a counter or a derived figure by name. What is counted per element has
// the interval of what it comes from, divided alike.
function figureOf(result, name) {
  const counter = result?.counters?.find((c) => c.name === name);
  if (counter) return counter;
  const d = result?.derived?.find((d) => d.name === name);
  if (!d) return null;
  const from = result.counters.find((c) => c.name === d.from);
  if (!from || !from.value || d.name === undefined) return d;
  const edges = / per element$/.test(name) ? from.ci95.map((e) => (e / from.value) * d.value) : from.ci95.map((e) => (from.value / e) * d.value).reverse();
  return edges.every(Number.isFinite) ? { ...d, ci95: edges } : d;
}
