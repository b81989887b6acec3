// What the server says in place of an answer.

import { el } from "./dom.js";
import * as format from "./format.js";
import { chip } from "./figures.js";

// ADVICE says what to do, by class (docs/http.md, Errors).
const ADVICE = {
  "bad-request": "Correct the request; the sentence says what is wrong with it.",
  "bad-parameter": "Correct the parameter or option that is named.",
  unauthorized: "Enter a token that this server was given.",
  "unknown-command": "This server may be older or newer than the page; load the page again.",
  "unknown-kernel": "Choose one of the listed kernels, or write a C prototype.",
  "method-not-allowed": "Load the page again; it may be of another version than the server.",
  "unsupported-media-type": "Send one ELF object as it is.",
  "too-large": "Send a smaller object: strip its debugging information, or leave out what is not needed.",
  "malformed-object": "Choose a relocatable x86-64 ELF object, as cc -c makes it.",
  "unsupported-object": "Compile without what the sentence names.",
  "undefined-symbol": "Give the object what it lacks, or name the right function.",
  "refused-instruction": "Take the instruction out; the listing marks it.",
  "missing-isa": "Compile for less, or ask a server whose processor has it.",
  crashed: "Look at the marked instruction and at the sizes of the operands.",
  "forbidden-syscall": "Take the system call out: a kernel computes on its operands only.",
  "abi-violation": "Keep the registers that the calling convention protects.",
  timeout: "Make the parameters smaller, or look for a loop that does not end.",
  "memory-limit": "Make the parameters smaller.",
  "queue-full": "Try again a little later.",
  draining: "Try again: another server may take the request.",
  unfit: "Try again later, or ask the operator: this host cannot run jobs now.",
  internal: "Tell the operator; the server’s error log says more.",
  unreachable: "Look whether the server runs, and try again.",
};

const FIELDS = { symbol: "Symbol", offset: "Offset", caller: "Caller", instruction: "Instruction", bytes: "Bytes", section: "Section", rule: "Rule", signal: "Signal", address: "Address", access: "Access", operand: "Operand", syscall: "System call", missing_isa: "Missing", limit: "Limit" };

export function problem(p) {
  const rows = Object.entries(FIELDS).filter(([k]) => p[k] !== undefined && p[k] !== "" && p[k] !== null);
  return el("div", { class: "problem" },
    el("p", { class: "chips" }, chip("bad", p.class), el("span", { class: "hint", text: p.status ? `status ${p.status}` : "" })),
    el("h3", { text: p.title ?? p.class }),
    el("p", { text: p.detail ?? "" }),
    el("p", { class: "advice" }, el("strong", { text: "What to do  " }), ADVICE[p.class] ?? "", p.retry_after ? ` The server expects room in ${p.retry_after} s.` : ""),
    rows.length ? el("dl", { class: "facts" }, rows.flatMap(([k, label]) => [el("dt", { text: label }), el("dd", {}, el("code", { text: written(k, p[k]) }))])) : null);
}

const written = (k, v) => (k === "offset" ? format.hex(v) : Array.isArray(v) ? v.join(", ") : String(v));

// hasPlace tells whether the listing can show where it happened.
export const hasPlace = (p) => p.offset !== undefined && p.symbol && ["crashed", "refused-instruction", "forbidden-syscall"].includes(p.class);
