// Numbers and sizes as text.

import { el } from "./dom.js";

// decimals is how many digits behind the point are worth showing: two of the half width
// of the interval.
export function decimals(value, interval) {
  if (Number.isInteger(value) && (!interval || interval[0] === interval[1])) return 0;
  const half = interval ? Math.abs(interval[1] - interval[0]) / 2 : 0;
  const scale = half > 0 ? half : Math.abs(value) / 100;
  if (!(scale > 0)) return 0;
  return Math.min(6, Math.max(0, Math.ceil(-Math.log10(scale)) + 1));
}

// fixed writes a number with so many decimals, thousands apart from 10 000 on.
export function fixed(value, digits) {
  if (!Number.isFinite(value)) return "–";
  let [whole, part] = Math.abs(value).toFixed(digits).split(".");
  if (whole.length > 4) whole = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const sign = value < 0 && Number(value.toFixed(digits)) !== 0 ? "−" : "";
  return sign + whole + (part ? "." + part : "");
}

// plain writes a number with three or four digits that count.
export function plain(value) {
  if (Number.isInteger(value)) return fixed(value, 0);
  const size = Math.abs(value);
  return fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : Math.min(6, 3 - Math.floor(Math.log10(size || 1))));
}

// aligned is a number whose point is where those of its column are: see align.
export function aligned(text) {
  const at = text.indexOf(".");
  const whole = at < 0 ? text : text.slice(0, at);
  const part = at < 0 ? "" : text.slice(at);
  return el("span", { class: "num" }, whole, el("span", { class: "part", text: part }));
}

// align makes the parts behind the point of all numbers in a node as wide as the widest.
export function align(node) {
  const parts = [...node.querySelectorAll(".num > .part")];
  const widest = Math.max(0, ...parts.map((p) => p.textContent.length));
  for (const p of parts) p.style.width = `${widest}ch`;
}

// relative is the half width of an interval as a share of the value.
export function relative(value, interval) {
  if (!interval || value === 0) return "";
  const share = (100 * Math.abs(interval[1] - interval[0])) / 2 / Math.abs(value);
  if (share === 0) return "exact";
  return `± ${share < 0.1 ? share.toFixed(2) : share < 10 ? share.toFixed(1) : share.toFixed(0)} %`;
}

export function bytes(n) {
  if (n < 1024) return `${n} bytes`;
  for (const unit of ["KiB", "MiB", "GiB"]) {
    n /= 1024;
    if (n < 1024 || unit === "GiB") return `${n < 10 ? n.toFixed(1) : n.toFixed(0)} ${unit}`;
  }
}

export function hex(n) { return "0x" + n.toString(16); }

// short is the beginning of a hash.
export const short = (sha256) => sha256.slice(0, 12);

// name makes what a stranger calls a file harmless to read: one line, of bounded
// length, nothing in it that turns the order of letters around.
export function name(text) {
  const clean = String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, "\ufffd");
  return clean.length > 80 ? clean.slice(0, 79) + "…" : clean;
}

// parameters writes the parameters of a result.
export function parameters(params) {
  return Object.entries(params ?? {}).map(([k, v]) => `${k}=${v}`).join(" ");
}
