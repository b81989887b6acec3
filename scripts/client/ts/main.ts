// Asks a server through a client whose types openapi-typescript made of its /openapi.json.
// Usage: node made/main.js URL OBJECTS, with a token in TOKEN.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const [url, objects] = process.argv.slice(2) as [string, string];
// A kernel's parameters are named in the query beside the options: style form, exploded.
const options = { baseUrl: url, headers: { Accept: "application/json" }, querySerializer: { object: { style: "form", explode: true } } } as const;
type Media = "application/json" | "application/problem+json"; // of the forms of answers these alone are asked for
const stranger = createClient<paths, Media>(options);
const client = createClient<paths, Media>({ ...options, headers: { ...options.headers, Authorization: `Bearer ${process.env["TOKEN"]}` } });

const object = (name: string) => new Blob([readFileSync(join(objects, name))], { type: "application/octet-stream" });
const path = { machine: "m" };
// The types of a body are text, as is all that JSON Schema knows; what is sent is the file.
const file = (name: string) => ({ body: object(name) as unknown as string, bodySerializer: (b: unknown) => b as Blob, headers: { "Content-Type": "application/octet-stream" } });
const form = <T>(files: Record<string, string>) => ({
  body: Object.fromEntries(Object.entries(files).map(([part, name]) => [part, object(name)])) as unknown as T,
  bodySerializer: (parts: unknown) => {
    const f = new FormData();
    for (const [part, blob] of Object.entries(parts as Record<string, Blob>)) f.append(part, blob, `${part}.o`);
    return f;
  },
});

const fit = await stranger.GET("/{machine}/monitor", { params: { path } });
assert.equal(fit.data?.status, "fit");

const query = { kernel: "sdot", parameters: { n: "1234" } };
const who = await stranger.POST("/{machine}/run", { params: { path, query }, ...file("sdot.o") });
assert.equal(who.error?.class, "unauthorized");

const ran = await client.POST("/{machine}/run", { params: { path, query }, ...file("sdot.o") });
assert.equal(ran.error, undefined);
assert.equal(ran.data?.verify.status, "match");
assert.equal(ran.data?.params?.["n"], 1234);
assert.ok(ran.data?.counters?.some((c) => c.value > 0));

const refused = await client.POST("/{machine}/run", { params: { path, query: { kernel: "sdot", symbol: "playground" } }, ...file("socket.o") });
assert.equal(refused.response.status, 422);
assert.equal(refused.error?.class, "refused-instruction");

const screened = await client.POST("/{machine}/screen", { params: { path, query: { listing: "1" } }, ...file("socket.o") });
assert.equal(screened.data?.verdict, "refused");
assert.ok(screened.data?.listing?.length);

for (const [name, ok] of [["sdot_avx2.o", true], ["overrun.o", false]] as const) {
  type Form = { object: string; reference?: string };
  const checked = await client.POST("/{machine}/check", { params: { path, query: { kernel: "sdot", cases: "50", seed: "7" } }, ...form<Form>({ object: name, reference: "sdot.o" }) });
  assert.equal(checked.data?.ok, ok, JSON.stringify(checked.error ?? checked.data));
  assert.equal(checked.data?.seed, 7);
}

console.log("a client by openapi-typescript: monitor, run, screen and check answer as described");
