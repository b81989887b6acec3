// Drives the page in a real browser, in every state that it has, at every width and in
// both themes. Usage: node test.js WEBRUNNER [SCREENSHOTS]

import { spawn, spawnSync, execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync, readFileSync, existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { hostile } from "./hostile.js";

const binary = resolve(process.argv[2]), pictures = process.argv[3] && resolve(process.argv[3]);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const room = mkdtempSync(join(tmpdir(), "webrunner-page-"));
const WIDTHS = [360, 768, 1600, 1280];
const TOKEN = "token-for-the-test-of-the-page";
const WAIT = 300_000; // ms; a busy host is slow

// ---- servers ----

const started = [];

async function serve(...flags) {
  const child = spawn(binary, ["serve", "-p", "0", "--queue-size", "40", "--error-log", join(room, "errors"), "--access-log", join(room, "access"), ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  return new Promise((found, failed) => {
    let said = "";
    child.stdout.on("data", (data) => {
      const at = /listening on (http:\/\/[^\s/]+\/)/.exec((said += data));
      if (at) found(at[1]);
    });
    child.once("exit", (code) => failed(new Error(`the server ended with ${code}: ${said}`)));
  });
}

// ---- the browser ----

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync) ?? process.env.CHROMIUM;
const faults = []; // of any page: messages, refused by the policy, asked for elsewhere

// Motion is off, or axe-core would meet colours on their way from one theme to the other.
const CONTEXT = { viewport: { width: 1280, height: 900 }, colorScheme: "light", permissions: ["clipboard-read", "clipboard-write"], reducedMotion: "reduce" };

async function open(browser, base, { width = 1280, theme = "light", fragment = "", context } = {}) {
  context ??= await browser.newContext({ ...CONTEXT, viewport: { width, height: 900 }, colorScheme: theme });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT);
  page.on("pageerror", (e) => faults.push(`an exception: ${e.stack}`));
  page.on("console", (m) => {
    // Statuses of problems are told by the browser as errors; all else is one.
    if (["error", "warning"].includes(m.type()) && !/Failed to load resource: the server responded with a status of (401|422|400)/.test(m.text())) faults.push(`on the console: ${m.text()}`);
  });
  page.on("request", (r) => { if (!r.url().startsWith(base) && !r.url().startsWith("blob:")) faults.push(`a request to ${r.url()}`); });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
  });
  await page.goto(base + fragment);
  await page.waitForSelector("html[data-ready]");
  return page;
}

const chooseExample = async (page, name, slot = "object") => {
  await page.selectOption(`#${slot}-example`, name);
  await page.waitForFunction((s) => document.querySelector(`#${s} .object`) && !/Looking/.test(document.querySelector(`#${s} .details`).textContent), slot);
};
const act = (page, action) => page.check(`input[name=action][value=${action}]`, { force: true });
const finished = (page) => page.waitForFunction(() => document.querySelector("#progress").hidden && document.querySelector("#status").textContent !== "");
const go = async (page) => { await page.click("#go"); await finished(page); };
const answer = (page) => page.innerText("#result");
const option = async (page, name, value) => {
  await page.evaluate(() => { document.querySelector("#options").open = true; });
  const control = page.locator(`#option-${name}`);
  if ((await control.evaluate((n) => n.tagName)) === "SELECT") await control.selectOption(value);
  else await control.fill(value);
};
const quick = (page) => option(page, "effort", "quick");

// examined looks at a state: at every width that nothing sticks out, in both themes, one
// on a narrow and one on a wide screen, with axe-core.
async function examined(page, state) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const sticksOut = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(await sticksOut(), 0, `${state}, ${width} wide: the page scrolls sideways`);
    if (width === 360) await accessible(page, `${state}, light, ${width} wide`);
    await picture(page, `${state}-light-${width}`);
  }
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 1280, height: 900 });
  await accessible(page, `${state}, dark, 1280 wide`);
  await picture(page, `${state}-dark-1280`);
  await page.emulateMedia({ colorScheme: "light" });
  assert.deepEqual(await page.evaluate(() => window.violations), [], `${state}: the policy was violated`);
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

async function accessible(page, state) {
  if (!(await page.evaluate(() => Boolean(window.axe)))) await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")).join(" | ")}`);
  assert.equal(told.join("\n"), "", `${state}: axe-core`);
}

// ---- tests ----

const tests = {
  async start({ page }) {
    assert.match(await page.title(), /WebRunner/);
    assert.match(await page.innerText("#host"), /fit/);
    assert.ok((await page.locator("#kernel option").count()) > 30, "kernels are listed");
    assert.ok((await page.locator("#object-example option").count()) > 30, "examples are listed");
    await page.click("#go");
    assert.match(await page.innerText("#complaint"), /Choose an object/);
    await page.evaluate(() => { for (const d of document.querySelectorAll("details")) d.open = true; });
    await examined(page, "start");
  },

  async run({ page }) {
    await chooseExample(page, "sdot");
    assert.equal(await page.inputValue("#kernel"), "blis/sdot");
    assert.match(await page.innerText("#object"), /sdot\s+\d+ instructions, SSE/);
    await quick(page);
    await page.fill("#param-n", "500");
    await go(page);
    const text = await answer(page);
    assert.match(text, /result right/);
    assert.match(text, /calling convention held[\s\S]*Figures/);
    assert.match(text, /sdot .*n=500/);
    assert.match(await page.innerText("#history-list"), /Run sdot\.o/);
    await page.evaluate(() => { for (const d of document.querySelectorAll("#result details")) d.open = true; });
    await examined(page, "run");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    const kept = JSON.parse(readFileSync(await download.path(), "utf8"));
    assert.equal(kept.params.n, 500);
    assert.equal(await page.locator("svg.spread").count(), kept.counters.filter((c) => !c.exact).length, "intervals are drawn");
    assert.equal(await page.locator(".chart canvas").count(), kept.histogram?.length ? 1 : 0, "samples are drawn");
  },

  // copies are taken from the form, and do what it does.
  async copies({ page, base }) {
    await chooseExample(page, "sdot");
    await quick(page);
    await page.fill("#param-n", "321");
    const copied = async (id) => {
      await page.click(`#${id}`);
      await page.waitForFunction((i) => document.getElementById(i).dataset.copied, id);
      return page.evaluate(() => navigator.clipboard.readText());
    };
    const curl = await copied("copy-curl"), command = await copied("copy-command"), link = await copied("copy-link");
    const at = new URL("../../examples/objects", import.meta.url).pathname;
    const run = (text) => spawnSync("/bin/sh", ["-c", text.replace(/^webrunner/, binary)], { cwd: at, encoding: "utf8" }).stdout; // webrunner exits with 1 where figures are suspect, as on a busy host
    assert.equal(JSON.parse(run(curl.replace(/^curl/, "curl -s"))).params.n, 321, curl);
    assert.equal(JSON.parse(run(command + " -o json")).params.n, 321, command);
    const other = await open(null, base, { context: page.context(), fragment: link.slice(link.indexOf("#")) });
    assert.equal(await other.inputValue("#param-n"), "321");
    assert.equal(await other.inputValue("#option-effort"), "quick");
    assert.match(await other.innerText("#object"), /sdot\.o/);
    await go(other);
    assert.match(await answer(other), /n=321/);
    await other.close();
  },

  async check({ page }) {
    await act(page, "check");
    await chooseExample(page, "sdot");
    await page.evaluate(() => { document.querySelector("#reference").open = true; });
    await chooseExample(page, "sdot_avx2", "reference");
    await option(page, "cases", "50");
    await go(page);
    assert.match(await answer(page), /no failure[\s\S]*50\s+cases[\s\S]*against sdot of sdot_avx2\.o/);
    await examined(page, "check");
    await chooseExample(page, "overrun");
    await page.click("#reference button:has-text('Take it away')");
    await go(page);
    assert.match(await answer(page), /kinds of failure[\s\S]*read/);
    await page.click("#result button:has-text('Copy command')");
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^webrunner (run|check) OBJECT\.o --kernel blis\/sdot/);
    await examined(page, "check-failed");
  },

  async compare({ page }) {
    await act(page, "compare");
    await chooseExample(page, "sdot");
    await page.click("#go");
    assert.match(await page.innerText("#complaint"), /Choose the object B/);
    await page.selectOption("#b-example", "sdot_avx2");
    await page.waitForSelector("#b .object");
    await quick(page);
    await page.fill("#param-n", "500,1000,2000");
    await option(page, "fail-if", "Instructions>0.0001");
    await go(page);
    const text = await answer(page);
    assert.match(text, /fails: Instructions>0.0001/);
    assert.match(text, /A\s+sdot[\s\S]*B\s+sdot[\s\S]*Ratios at[\s\S]*n=2000/);
    assert.match(text, /faster|slower|same|wrong/);
    await page.evaluate(() => { for (const d of document.querySelectorAll("#result details")) d.open = true; });
    assert.ok((await page.locator("svg.forest").count()) >= 3);
    await examined(page, "compare");
  },

  async sweep({ page }) {
    await chooseExample(page, "sdot");
    await act(page, "sweep");
    assert.equal(await page.inputValue("#param-n"), "64:65536:x2");
    await quick(page);
    await page.fill("#param-n", "64:1024:x2");
    const seen = [];
    await page.exposeFunction("progressed", (text) => seen.push(text));
    await page.evaluate(() => new MutationObserver(() => window.progressed(document.querySelector("#elapsed").textContent)).observe(document.querySelector("#elapsed"), { childList: true, characterData: true, subtree: true }));
    await go(page);
    assert.ok(seen.some((t) => /of 5 points/.test(t)), `progress was told: ${seen}`);
    assert.equal(await page.locator(".figures tbody tr").count(), 5);
    assert.match(await answer(page), /5 points[\s\S]*64[\s\S]*1024/);
    await page.selectOption("#sweep-figure", "GFLOPS").catch(() => page.selectOption("#sweep-figure", { index: 1 }));
    await examined(page, "sweep");
    await page.fill("#param-incx", "1,2");
    await page.fill("#param-n", "64,256");
    await go(page);
    assert.equal(await page.locator(".figures tbody tr").count(), 4);
  },

  async listing({ page }) {
    await act(page, "listing");
    await chooseExample(page, "socket");
    assert.match(await page.innerText("#object"), /The screen refuses 1 of its instructions/);
    await go(page);
    assert.match(await answer(page), /refused[\s\S]*syscall[\s\S]*system-call/);
    assert.equal(await page.locator(".listing tr.refused").count(), 1);
    await examined(page, "listing");
  },

  async refusal({ page }) {
    await chooseExample(page, "socket");
    await go(page);
    assert.match(await answer(page), /refused-instruction[\s\S]*What to do[\s\S]*system-call/);
    assert.match(await page.innerText(".listing tr.refused, .listing tr.crash"), /syscall/);
    await examined(page, "refusal");
  },

  async crash({ page }) {
    await chooseExample(page, "wild");
    await go(page);
    assert.match(await answer(page), /crashed[\s\S]*SIGSEGV[\s\S]*0x123456789000/);
    assert.match(await page.innerText(".listing tr.crash"), /mov[\s\S]*SIGSEGV here/);
    assert.match(await page.innerText("#history-list"), /crashed/);
    await examined(page, "crash");
  },

  async prototype({ page }) {
    await page.setInputFiles("#object-file", compiled("dot.c", "#include <stddef.h>\nint dot(size_t n, const int *x, const int *y) { int s = 0; for (size_t i = 0; i < n; i++) s += x[i] * y[i]; return s; }\nint one(int a) { return a + 1; }\n"));
    await page.waitForSelector("#object .functions");
    assert.match(await page.innerText("#object .functions"), /dot[\s\S]*int dot\(size_t n = 1000, const int x\[n\]/);
    assert.equal(await page.isChecked("input[name=described][value=call]"), true, "what has a prototype is described by it");
    await page.click("button[aria-label='Use prototype of dot']");
    await page.waitForSelector("#param-n");
    await page.fill("#call", "int dot(size_t n = ");
    await page.waitForFunction(() => document.querySelector("#call").getAttribute("aria-invalid") === "true");
    await page.fill("#call", "int32_t dot(size_t n = 1000 in 0..4096, const int32_t x[n], const int32_t y[n])");
    await page.waitForFunction(() => document.querySelector("#call").getAttribute("aria-invalid") === "false");
    await page.fill("#param-n", "64");
    await quick(page);
    await go(page);
    assert.match(await answer(page), /result not compared[\s\S]*dot\s+n=64/);
    await examined(page, "prototype");
  },

  async cancel({ page }) {
    await chooseExample(page, "loop");
    await page.click("#go");
    await page.waitForSelector("#cancel:enabled");
    await page.click("#cancel");
    await finished(page);
    assert.match(await page.innerText("#status"), /Cancelled/);
    assert.equal(await page.isEnabled("#go"), true);
  },

  async history({ page }) {
    await chooseExample(page, "imul");
    await quick(page);
    await page.fill("#param-iterations", "77");
    await go(page);
    await chooseExample(page, "wild");
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    await page.click(".entry");
    await page.waitForFunction(() => document.querySelector("#param-iterations")?.value === "77");
    assert.match(await page.innerText("#object"), /imul\.o/);
    assert.match(await answer(page), /From the history/);
    const kept = await page.evaluate(() => localStorage.getItem("webrunner.history"));
    assert.ok(kept.length < 20_000 && !/sandbox|bytes_hex|ELF/.test(kept), kept.slice(0, 300));
    await page.evaluate(() => {
      const one = JSON.parse(localStorage.getItem("webrunner.history"))[0];
      localStorage.setItem("webrunner.history", JSON.stringify(Array.from({ length: 500 }, () => one)));
    });
    await go(page);
    assert.ok((await page.evaluate(() => JSON.parse(localStorage.getItem("webrunner.history")).length)) <= 60, "the history is bounded");
    await page.click("#forget");
    assert.match(await page.innerText("#history-list"), /Nothing yet/);
    await page.evaluate(() => localStorage.setItem("webrunner.history", "{broken"));
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    assert.match(await page.innerText("#history-list"), /Nothing yet/);
  },

  // A link to an object that the server does not have says which is wanted; what a link
  // has never becomes markup.
  async link({ browser, base }) {
    const name = "<img src=x onerror=alert(1)>.o";
    const fragment = "#" + new URLSearchParams([["do", "run"], ["object", "a".repeat(64) + " " + name], ["query", "kernel=sdot&n=7"]]);
    const page = await open(browser, base, { fragment });
    assert.match(await page.innerText("#object"), /This request is for <img src=x onerror=alert\(1\)>\.o/);
    assert.equal(await page.locator("#object img").count(), 0);
    assert.equal(await page.inputValue("#param-n"), "7");
    await examined(page, "link");
    for (const odd of ["#do=erase", "#do=run&object=zz", "#" + "x".repeat(9000), "#do=__proto__", "#do=run&query=kernel%3D%3Cb%3E"]) {
      await page.goto("about:blank");
      await page.goto(base + odd);
      await page.waitForSelector("html[data-ready]");
    }
    await page.context().close();
  },

  // Below the name of a machine, as through a proxy that routes by it, the page asks for
  // nothing beside it, and its copies name the machine.
  async below({ browser, base }) {
    const page = await open(browser, base + "zen%204/");
    await chooseExample(page, "imul");
    await quick(page);
    const asked = [];
    page.on("request", (r) => asked.push(r.url()));
    await go(page);
    assert.match(await answer(page), /calling convention held/);
    assert.ok(asked.length > 0 && asked.every((u) => u.startsWith(base + "zen%204/")), asked.join());
    const copied = async (id) => { await page.click(`#${id}`); return page.getAttribute(`#${id}`, "data-copied"); };
    assert.match(await copied("copy-curl"), new RegExp(`${base}zen%204/run\\?kernel=`));
    assert.match(await copied("copy-command"), new RegExp(`--server ${base.replace(/\/$/, "")} --machine 'zen 4'`));
    assert.match(await copied("copy-link"), new RegExp(`^${base}zen%204/#do=run`));
    await page.context().close();
  },

  // Names in an object of a stranger stay text.
  async hostile({ page }) {
    const file = join(room, "<b>x<b>.o");
    writeFileSync(file, hostile());
    await page.setInputFiles("#object-file", file);
    await page.waitForFunction(() => /instructions/.test(document.querySelector("#object .details").textContent));
    await act(page, "listing");
    await go(page);
    const text = await page.innerText("body");
    assert.match(text, /<img src=x onerror=/);
    assert.equal(await page.locator("#objects img, #result img, #result b, #objects b, #history b").count(), 0, "a name became markup");
    await act(page, "run");
    await page.selectOption("#kernel", "playground");
    await go(page);
    assert.equal(await page.locator("img, iframe, object, main b").count(), 0, "a name became markup");
    assert.equal(await page.evaluate(() => window.owned), undefined);
    await examined(page, "hostile");
  },

  async themes({ page }) {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.selectOption("#theme", "dark");
    const dark = await ground();
    assert.notEqual(light, dark);
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    assert.equal(await ground(), dark, "the choice is kept");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.selectOption("#theme", "light");
    assert.equal(await ground(), light);
    await accessible(page, "light on a dark system");
    await page.selectOption("#theme", "auto");
    assert.equal(await ground(), dark);
  },

  // All of it can be done without a pointer.
  async keyboard({ page }) {
    const focused = () => page.evaluate(() => { const n = document.activeElement; return n.id || n.name || n.tagName; });
    const tabTo = async (wanted) => {
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press("Tab");
        if ((await focused()) === wanted) return;
      }
      throw new Error(`Tab never came to ${wanted}`);
    };
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await tabTo("action");
    await tabTo("object-file");
    await tabTo("object-example");
    await page.keyboard.type("imul");
    await page.waitForSelector("#object .object");
    await tabTo("param-iterations");
    await page.keyboard.type("64");
    await page.keyboard.press("Control+Enter");
    await finished(page);
    assert.match(await answer(page), /n?iterations=64/);
    await page.focus("input[name=action]:checked");
    await page.keyboard.press("ArrowLeft"); // from the first to the last
    assert.equal(await page.evaluate(() => document.querySelector("input[name=action]:checked").value), "listing");
    await tabTo("go");
    await page.keyboard.press("Enter");
    await finished(page);
    assert.match(await answer(page), /accepted/);
  },

  // A server that wants a token is given one by hand, for as long as the tab is open.
  async token({ browser, guarded }) {
    const page = await (await browser.newContext(CONTEXT)).newPage();
    page.setDefaultTimeout(WAIT);
    await page.addInitScript(() => { window.violations = []; });
    await page.goto(guarded);
    await page.waitForSelector("dialog[open]");
    assert.equal(await page.evaluate(() => document.activeElement.id), "token-text");
    await examined(page, "token");
    await page.fill("#token-text", "a-wrong-token-for-once");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /does not know this token/.test(document.querySelector("#token-why").textContent));
    await page.fill("#token-text", TOKEN);
    await page.keyboard.press("Enter");
    await page.waitForSelector("html[data-ready]");
    await chooseExample(page, "imul");
    await quick(page);
    await go(page);
    assert.match(await answer(page), /calling convention held/);
    await page.click("#copy-curl");
    const curl = await page.getAttribute("#copy-curl", "data-copied");
    assert.ok(/\$TOKEN/.test(curl) && !curl.includes(TOKEN), curl);
    const kept = await page.evaluate(() => [JSON.stringify(localStorage), location.href]);
    assert.ok(!kept.join().includes(TOKEN), "the token is kept in the tab alone");
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    await page.click("#token-open");
    await page.click("#token-forget");
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    await page.context().close();
  },

  // A server that has gone is told, and nothing hangs.
  async gone({ browser }) {
    const base = await serve(), child = started.at(-1);
    const page = await open(browser, base);
    await chooseExample(page, "imul");
    child.kill("SIGTERM");
    await new Promise((r) => child.once("exit", r));
    await go(page);
    assert.match(await answer(page), /unreachable[\s\S]*What to do/);
    faults.splice(0, faults.length, ...faults.filter((f) => !/ERR_CONNECTION/.test(f)));
    await page.context().close();
  },
};

function compiled(name, source) {
  const c = join(room, name), o = c.replace(/\.c$/, ".o");
  writeFileSync(c, source);
  execFileSync("cc", ["-g", "-O1", "-c", "-o", o, c]);
  return o;
}

async function main() {
  const chosen = process.env.PAGE_TESTS ? process.env.PAGE_TESTS.split(",") : Object.keys(tests);
  writeFileSync(join(room, "tokens"), `page ${TOKEN}\n`, { mode: 0o600 });
  const base = await serve(), guarded = await serve("--token-file", join(room, "tokens"));
  const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu"] });
  let failed = 0;
  for (const name of chosen) {
    const began = Date.now();
    const own = ["link", "below", "token", "gone"].includes(name);
    const page = own ? null : await open(browser, base);
    try {
      await tests[name]({ page, browser, base, guarded });
      if (page) assert.deepEqual(await page.evaluate(() => window.violations), [], "the policy was violated");
      assert.deepEqual(faults, []);
      console.log(`ok    ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (e) {
      failed++;
      console.log(`FAIL  ${name}: ${e.stack}`);
      if (page && pictures) await page.screenshot({ path: join(pictures, `failed-${name}.png`), fullPage: true }).catch(() => {});
    }
    faults.length = 0;
    await page?.context().close();
  }
  await browser.close();
  return failed;
}

let code = 1;
try {
  code = (await main()) > 0 ? 1 : 0;
} finally {
  for (const child of started) child.kill("SIGTERM");
  rmSync(room, { recursive: true, force: true });
}
process.exitCode = code;
