// Charts, by uPlot. Beside each stands a table with the same figures, for those who do
// not see it.

import { el } from "./dom.js";
import { plain } from "./format.js";

const drawn = new Set(); // what must be redrawn when the theme changes

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const series = (i) => colour(`series-${(i % 8) + 1}`);

function faded(c, alpha) {
  const n = parseInt(c.slice(1), 16);
  return `rgba(${n >> 16}, ${(n >> 8) & 255}, ${n & 255}, ${alpha})`;
}

const tick = (v) => (v === null ? "" : Math.abs(v) >= 2 ** 20 && v % 2 ** 20 === 0 ? `${v / 2 ** 20}Mi` : Math.abs(v) >= 4096 && v % 1024 === 0 ? `${v / 1024}Ki` : String(Number(v.toPrecision(6))));

function axis(label, extra = {}) {
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return { label, labelSize: 22, labelFont: font, font, stroke: colour("muted"), size: 50, grid: { stroke: colour("grid"), width: 1 }, ticks: { stroke: colour("grid"), width: 1, size: 4 }, values: (_, list) => list.map(tick), ...extra };
}

// Chart is a box that keeps its chart as wide as itself, and in the colours of the theme.
class Chart {
  constructor(label, height, options, data) {
    this.box = el("div", { class: "chart", role: "img", "aria-label": label });
    this.height = height;
    this.options = options;
    this.data = data;
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.box);
    drawn.add(this);
  }

  fit() {
    if (!this.box.isConnected) { // it was replaced by another answer
      this.watch.disconnect();
      drawn.delete(this);
      this.plot?.destroy();
      return;
    }
    const width = Math.floor(this.box.clientWidth);
    if (width < 50) return;
    if (!this.plot) this.draw(width);
    else if (this.plot.width !== width) this.plot.setSize({ width, height: this.height });
  }

  draw(width) {
    this.plot = new uPlot({ width, height: this.height, ...this.options() }, this.data(), this.box);
  }

  // again draws it anew: other data, other series, another theme.
  again() {
    this.plot?.destroy();
    this.plot = null;
    this.fit();
  }
}

export function repaint() {
  for (const c of drawn) c.again();
}

// lines is a chart of figures over one parameter, each with the band of its interval.
// given() returns {x, label, unit, series: [{name, y, low, high}], marks: [{x, text}], floor, narrow}.
export function lines(label, given) {
  const logs = () => {
    const { x } = given();
    const all = x.filter((v) => v !== null);
    return all.length > 2 && all[0] > 0 && all.at(-1) / all[0] >= 16;
  };
  const options = () => {
    const g = given();
    const bands = [], list = [{ label: g.label, value: (_, v) => (v === null ? "–" : plain(v)) }];
    g.series.forEach((s, i) => {
      const c = g.series.length > 1 ? series(i) : colour("accent");
      const at = list.length;
      list.push({ label: s.name, stroke: c, width: 2, spanGaps: true, points: { show: true, size: 6, fill: c, stroke: c }, value: (_, v) => (v === null ? "–" : plain(v)) });
      const edge = { label: "", stroke: "transparent", width: 0, points: { show: false }, class: "edge" };
      list.push(edge, { ...edge });
      bands.push({ series: [at + 2, at + 1], fill: faded(c, 0.22) });
    });
    const marks = g.marks ?? [];
    return {
      series: list, bands,
      cursor: { y: false, points: { size: 8 } },
      legend: { live: true, show: g.series.length > 0 },
      scales: { x: { time: false, distr: logs() ? 3 : 1, log: 2 }, y: { range: (_, low, high) => spread(low, high, g.floor) } },
      axes: [axis(g.label, { size: 34 }), axis(g.unit, { size: 58 })],
      hooks: { draw: [(u) => drawMarks(u, marks, g.level)] },
    };
  };
  const data = () => {
    const g = given();
    return [g.x, ...g.series.flatMap((s) => [s.y, s.low, s.high])];
  };
  return new Chart(label, 300, options, data);
}

function spread(low, high, floor) {
  if (low === null || high === null) return [0, 1];
  const gap = (high - low || Math.abs(high) * 0.1 || 1) * 0.12;
  return [floor === 0 && low - gap < low * 0.6 ? 0 : low - gap, high + gap];
}

// drawMarks draws upright lines with a word at each, and one level line.
function drawMarks(u, marks, level) {
  const { ctx, bbox } = u, ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour("muted");
  ctx.fillStyle = colour("muted");
  ctx.lineWidth = ratio;
  ctx.font = `${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.setLineDash([4 * ratio, 4 * ratio]);
  const line = (x1, y1, x2, y2) => { ctx.beginPath(); ctx.moveTo(x1, y1); ctx.lineTo(x2, y2); ctx.stroke(); };
  for (const m of marks) {
    const x = Math.round(u.valToPos(m.x, "x", true));
    if (x <= bbox.left || x >= bbox.left + bbox.width) continue;
    line(x, bbox.top, x, bbox.top + bbox.height);
    ctx.textAlign = x > bbox.left + bbox.width * 0.8 ? "right" : "left";
    ctx.fillText(m.text, x + (ctx.textAlign === "left" ? 4 : -4) * ratio, bbox.top + 12 * ratio);
  }
  if (level !== undefined) {
    const y = Math.round(u.valToPos(level, "y", true));
    if (y > bbox.top && y < bbox.top + bbox.height) line(bbox.left, y, bbox.left + bbox.width, y);
  }
  ctx.restore();
}

// bars is a chart of how many samples were where: bins are {low, high, count}.
export function bars(label, unit, bins) {
  const x = bins.map((b) => (b.low + b.high) / 2), y = bins.map((b) => b.count);
  const options = () => ({
    legend: { show: false },
    series: [{ label: unit, value: (_, v) => (v === null ? "–" : plain(v)) }, { label: "Samples", stroke: colour("accent"), fill: faded(colour("accent"), 0.35), width: 1, paths: uPlot.paths.bars({ size: [0.92, 100] }), points: { show: false } }],
    cursor: { y: false, points: { show: false } },
    scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(1, high) * 1.08] } },
    axes: [axis(unit, { size: 34 }), axis("samples", { size: 58 })],
  });
  return new Chart(label, 210, options, () => [x, y]);
}
