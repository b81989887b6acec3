// Choosing objects: files of this computer, or examples of the server's.

import { el, replace, byId } from "./dom.js";
import { sha256 } from "./sha256.js";
import * as format from "./format.js";

const known = new Map(); // objects that were loaded, by hash
let examples = [];

// load reads the list of examples, and returns the name of the machine that has it: the
// way to that through a proxy that routes by names.
export async function load() {
  const response = await fetch("page/examples.json", { cache: "no-cache", credentials: "omit" });
  if (response.ok) examples = await response.json();
  return response.headers.get("WebRunner-Machine");
}

export const exampleOf = (hash) => examples.find((e) => e.sha256 === hash);

async function fromExample(example) {
  const response = await fetch(`page/${encodeURIComponent(example.file)}`, { credentials: "omit" });
  if (!response.ok) throw new Error(`the example ${example.file} cannot be read`);
  return keep(example.file, new Uint8Array(await response.arrayBuffer()));
}

async function fromFile(file) {
  return keep(file.name, new Uint8Array(await file.arrayBuffer()));
}

function keep(name, data) {
  const object = { name: name || "object.o", size: data.length, sha256: sha256(data), data };
  known.set(object.sha256, object);
  return object;
}

// find returns the object with a hash, if this page has it or its server does.
export async function find(hash) {
  const example = exampleOf(hash);
  return known.get(hash) ?? (example ? fromExample(example) : null);
}

// Slot is a place for one object. change is called after it has got another one, with
// the example that it is, if it is one.
export class Slot {
  constructor({ id, title, hint, optional, folded, change }) {
    this.object = null;
    this.wanted = null; // what a link names and nobody has: {name, sha256}
    this.change = change;
    this.file = el("input", { type: "file", id: `${id}-file`, class: "file", "aria-describedby": `${id}-hint`, onchange: () => this.take(this.file.files) });
    this.example = el("select", { id: `${id}-example`, onchange: () => this.pick() });
    this.card = el("div", { class: "card" });
    this.details = el("div", { class: "details" });
    this.clear = optional ? el("button", { type: "button", class: "quiet", text: "Take it away", onclick: () => this.set(null) }) : null;
    const drop = el("div", { class: "drop" },
      this.file, el("label", { for: this.file.id, class: "button", text: "Choose a file" }),
      el("span", { class: "hint", text: "or drop one here" }),
      el("span", { class: "example" }, el("label", { for: this.example.id, text: "Example" }), this.example));
    const inside = [el("p", { id: `${id}-hint`, class: "hint", text: hint }), drop, this.card, this.details];
    this.node = folded ? el("details", { id, class: "slot" }, el("summary", { text: title }), el("div", { class: "fold", role: "group", "aria-label": title }, inside))
      : el("fieldset", { id, class: "slot" }, el("legend", { text: title }), inside);
    this.node.addEventListener("dragover", (e) => { e.preventDefault(); this.node.classList.add("over"); });
    this.node.addEventListener("dragleave", () => this.node.classList.remove("over"));
    this.node.addEventListener("drop", (e) => { e.preventDefault(); e.stopPropagation(); this.node.classList.remove("over"); this.take(e.dataTransfer.files); });
    this.show();
  }

  // list fills the menu of examples.
  list() {
    const group = (label, of) => el("optgroup", { label }, of.map((e) => el("option", { value: e.name, text: `${e.file} – ${e.doc}` })));
    replace(this.example, el("option", { value: "", text: "none" }),
      group("Kernels", examples.filter((e) => !e.outcome)), group("What is stopped", examples.filter((e) => e.outcome)));
    this.show();
  }

  async take(files) {
    if (files.length > 0) await this.attempt(() => fromFile(files[0]));
    this.file.value = "";
  }

  async pick() {
    const example = examples.find((e) => e.name === this.example.value);
    if (example) await this.attempt(() => fromExample(example));
    else this.set(null);
  }

  async attempt(read) {
    try {
      this.set(await read());
    } catch (e) {
      replace(this.card, el("p", { class: "complaint", role: "alert", text: `The object cannot be read: ${e.message}` }));
    }
  }

  // set gives the slot an object, or none. Quietly, what depends on it is left alone, as
  // when a request is restored.
  set(object, quiet = false) {
    this.object = object;
    this.wanted = null;
    this.show();
    this.change(object, object ? exampleOf(object.sha256) : null, quiet);
  }

  // want has the slot filled with what a link or the history names.
  async want(wanted) {
    const object = wanted ? await find(wanted.sha256).catch(() => null) : null;
    this.set(object, true);
    if (!wanted || object) return;
    this.wanted = wanted;
    this.show();
  }

  show() {
    replace(this.details);
    const o = this.object;
    if (this.node.tagName === "DETAILS" && (o || this.wanted)) this.node.open = true;
    this.example.value = (o && exampleOf(o.sha256)?.name) || "";
    if (o) {
      replace(this.card, el("p", { class: "object" },
        el("strong", { text: format.name(o.name) }),
        el("span", { text: format.bytes(o.size) }),
        el("span", { class: "mono", text: `sha256 ${format.short(o.sha256)}…`, title: o.sha256 }), this.clear));
    } else if (this.wanted) {
      replace(this.card, el("p", { class: "wanted" }, "This request is for ", el("strong", { text: format.name(this.wanted.name) }),
        " with the SHA-256 ", el("span", { class: "mono breaks", text: this.wanted.sha256 }), ", which is no example of this server’s. Choose that file."));
    } else {
      replace(this.card);
    }
  }
}

// catchDrops lets a file that is dropped beside all slots go to the first one that is
// shown, since browsers would open it in the place of the page.
export function catchDrops(slot) {
  document.addEventListener("dragover", (e) => e.preventDefault());
  document.addEventListener("drop", (e) => { e.preventDefault(); if (e.dataTransfer.files.length) slot.take(e.dataTransfer.files); });
  byId("objects").classList.add("ready");
}
