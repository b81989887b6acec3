// What a request is: a plain object that the form, a link, the history, curl and the
// command line all speak of.
//
//   { action, kernel | call, symbol, params: {name: text}, options: {name: text},
//     objects: {object, b, reference: {name, sha256, size}} }

// ACTIONS are what can be done with an object. Roles are the slots it has beside the
// object itself; of them b must be filled, or options name another function.
export const ACTIONS = {
  run: { label: "Run", about: "Runs and measures the function in a sandbox, and verifies what it computes.", roles: ["reference"] },
  check: { label: "Check", about: "Tests the function in many cases, against a reference where there is one.", roles: ["reference"] },
  compare: { label: "Compare", about: "Runs two functions by turns, and says whether the second is faster than the first.", roles: ["b", "reference"], ranges: true },
  sweep: { label: "Sweep", about: "Measures the function over ranges of its parameters.", roles: ["reference"], ranges: true },
  listing: { label: "Listing", about: "Disassembles the object, with what the screen says of it. Nothing is run.", roles: [], object: true },
};

const choice = (...values) => values.map((v) => ({ value: v[0], label: v[1] }));
const measuring = ["run", "compare", "sweep"];

// OPTIONS are the options of queries that the form has, as docs/measuring.md and
// docs/check.md describe them.
export const OPTIONS = [
  { name: "effort", label: "Effort", of: measuring, choices: choice(["", "default"], ["quick", "quick: 2 ms, wide interval"], ["thorough", "thorough: narrow interval"]) },
  { name: "mode", label: "Mode", of: measuring, choices: choice(["", "latency: single calls"], ["throughput", "throughput: back to back"]) },
  { name: "cold", label: "Cold", of: measuring, choices: choice(["", "nothing"], ["data", "data"], ["code", "code"], ["data,code", "data and code"]) },
  { name: "events", label: "Events", of: measuring, hint: "names, globs or sets, with commas between them" },
  { name: "precision", label: "Precision, %", of: measuring, hint: "half width of the 95 % interval at which to stop" },
  { name: "deadline", label: "Deadline", of: ["run", "compare"], hint: "stop measuring after this time, as 2s" },
  { name: "sweep-time", label: "Time for all points", of: ["sweep"], hint: "2m; at most 4m" },
  { name: "align", label: "Alignment", of: measuring, hint: "the kernel’s address modulo 64" },
  { name: "cases", label: "Cases", of: ["check"], hint: "1000; up to 100000" },
  { name: "extreme", label: "Extreme values", of: ["check"], hint: "denormal, zero, infinity, nan; all or none" },
  { name: "other-symbol", label: "Other function of A", of: ["compare"], hint: "in place of an object B" },
  { name: "fail-if", label: "Fails if", of: ["compare"], hint: "as Cycles>1.02, of the ratio B/A" },
  { name: "tolerance", label: "Tolerance", of: ["run", "check", "compare", "sweep"], hint: "ulp=4, rel=1e-6, abs=1e-9 or exact" },
  { name: "reference_symbol", label: "Reference’s function", of: ["run", "check", "compare", "sweep"] },
  { name: "seed", label: "Seed", of: ["run", "check", "compare", "sweep"], hint: "of operands, to have those of another run" },
  { name: "restore", label: "Restore operands before each call", of: ["run", "compare", "sweep"], flag: true },
  { name: "samples", label: "Show the samples’ distribution", of: ["run"], flag: true, preset: "1" },
  { name: "refuse", label: "Refuse a rule", of: ["listing"], hint: "turns what is only noted into a refusal, as data-in-text" },
  { name: "assume", label: "Another processor", of: ["listing"], hint: "as nehalem, znver5, x86-64-v3" },
];

// optionsOf are those that an action has.
export const optionsOf = (action) => OPTIONS.filter((o) => o.of.includes(action));

// commandOf is the command of the HTTP interface.
export const commandOf = (action) => (action === "listing" ? "screen" : action);

// query returns the pairs of the request's query.
export function query(request) {
  const pairs = [];
  if (request.action === "listing") {
    pairs.push(["listing", "1"]);
  } else {
    if (request.call) pairs.push(["call", request.call]);
    else if (request.kernel) pairs.push(["kernel", request.kernel]);
    if (request.symbol) pairs.push(["symbol", request.symbol]);
    pairs.push(...Object.entries(request.params ?? {}).filter(([, v]) => v !== ""));
  }
  for (const o of optionsOf(request.action)) {
    const v = request.options?.[o.name];
    if (v) pairs.push([o.name, v]);
  }
  return pairs;
}

const ROLES = ["object", "b", "reference"];

// used are the objects that a request sends, by role.
export function used(request) {
  const roles = ["object", ...ACTIONS[request.action].roles];
  return Object.fromEntries(roles.filter((r) => request.objects?.[r]).map((r) => [r, request.objects[r]]));
}

// body returns what is sent: one object as it is, several as parts of a form. data
// finds the bytes of an object.
export function body(request, data) {
  const objects = used(request);
  if (request.action !== "compare" && Object.keys(objects).length === 1) return data(objects.object);
  const form = new FormData();
  for (const [role, o] of Object.entries(objects)) {
    form.append(request.action === "compare" && role === "object" ? "a" : role, new Blob([data(o)]), o.name);
  }
  return form;
}

// link writes the request as the fragment of a link. Objects are named by their hash.
export function link(request) {
  const pairs = [["do", request.action]];
  for (const [role, o] of Object.entries(used(request))) pairs.push([role, `${o.sha256} ${o.name}`]);
  const text = new URLSearchParams(pairs);
  text.append("query", new URLSearchParams(query(request)).toString());
  return "#" + text.toString();
}

const MOST = 8192; // characters of a fragment that is looked at

// fromLink reads a fragment; null where it is none of a request.
export function fromLink(fragment) {
  if (fragment.length < 2 || fragment.length > MOST) return null;
  const fields = new URLSearchParams(fragment.slice(1));
  const action = fields.get("do");
  if (!Object.hasOwn(ACTIONS, action ?? "")) return null;
  const request = { action, params: {}, options: {}, objects: {} };
  for (const role of ROLES) {
    const [, sha256, name] = /^([0-9a-f]{64}) (.{1,200})$/su.exec(fields.get(role) ?? "") ?? [];
    if (sha256) request.objects[role] = { sha256, name };
  }
  const options = new Set(optionsOf(action).map((o) => o.name));
  for (const [name, value] of new URLSearchParams(fields.get("query") ?? "")) {
    if (name === "listing" && action === "listing") continue;
    if (["kernel", "call", "symbol"].includes(name)) request[name] = value;
    else (options.has(name) ? request.options : request.params)[name] = value;
  }
  return request;
}

// title says in a few words what a request is.
export function title(request) {
  const what = request.action === "listing" ? "" : request.call ? functionName(request.call) : request.kernel;
  return { action: ACTIONS[request.action].label, what };
}

// functionName is the name in a C prototype.
export const functionName = (call) => /([A-Za-z_]\w*)\s*\(/.exec(call)?.[1] ?? "";
