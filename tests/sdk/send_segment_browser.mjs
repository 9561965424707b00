// Segment's browser SDK in the system's Chromium: a page of another origin than the server's, three ways to deliver.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";

const { BRIX_URL: url, BRIX_KEY: writeKey, CHROMIUM: executablePath } = process.env;
const sdk = join(dirname(createRequire(import.meta.url).resolve("@segment/analytics-next/package.json")), "dist/umd");
const page = `<!doctype html><title>Pricing</title><script src="/index.js"></script>`;
const pages = createServer((request, response) => {
  const path = new URL(request.url, "http://page").pathname;
  if (path === "/") return response.setHeader("content-type", "text/html").end(page);
  try {
    response.setHeader("content-type", "text/javascript").end(readFileSync(join(sdk, path)));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => pages.listen(0, "127.0.0.1", listening));
const home = `http://127.0.0.1:${pages.address().port}/`;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const context = await browser.newContext();
const sent = []; // All that the browser tells of.
context.on("request", (request) => request.url().startsWith(url) && sent.push([request.method(), new URL(request.url()).pathname]));
context.on("requestfailed", (request) => console.error("failed", request.url(), request.failure()?.errorText));

// Opens the page with the SDK loaded: its settings come from the server too.
async function open(deliveryStrategy) {
  const tab = await context.newPage();
  tab.on("console", (message) => console.error(message.text()));
  await tab.goto(home);
  await tab.evaluate(
    async ([writeKey, cdnURL, deliveryStrategy]) => {
      const to = { apiHost: `${new URL(cdnURL).host}/v1`, protocol: "http", deliveryStrategy };
      const [analytics] = await window.AnalyticsNext.AnalyticsBrowser.load({ writeKey, cdnURL }, { integrations: { "Segment.io": to } });
      window.analytics = analytics;
    },
    [writeKey, url, deliveryStrategy],
  );
  return tab;
}

// What the server has taken: what leaves with a page, the browser does not tell of.
async function until(records) {
  for (let tries = 0; ; tries += 1) {
    const figures = await (await fetch(`${url}/metrics`)).text();
    const taken = Number(figures.match(/^brix_records_accepted_total\{source="app"\} (\d+)$/m)?.[1] ?? 0);
    if (taken === records) return;
    if (taken > records || tries > 300) throw new Error(`${taken} of ${records} records came: ${JSON.stringify(sent)}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}

const first = await open({ strategy: "standard", config: { keepalive: true } });
await first.evaluate(async () => {
  const { analytics } = window;
  await analytics.page("docs", "Pricing", { section: "plans" });
  await analytics.track("Plan Viewed", { plan: "team" });
  await analytics.identify("user-1", { plan: "trial" });
  await analytics.track("Project Created", { number: 1 });
  await analytics.group("acme", { employees: 80 });
  await analytics.alias("user-1", "visitor-1");
});
await until(6);

// Batched calls leave when the page does.
const second = await open({ strategy: "batching", config: { size: 10, timeout: 600_000 } });
await second.evaluate(async () => {
  await window.analytics.track("Project Created", { number: 2 });
  await window.analytics.track("Project Created", { number: 3 });
});
await new Promise((later) => setTimeout(later, 200));
await until(6);
await second.goto("about:blank");
await until(8);

// A type of content that browsers ask for leave to send.
const third = await open({ strategy: "standard", config: { headers: { "Content-Type": "application/json" } } });
await third.evaluate(async () => {
  await window.analytics.track("Project Created", { number: 4 });
  await window.analytics.reset();
  await window.analytics.track("Started Anew", {});
});
await until(10);
await browser.close();
pages.close();
console.log(JSON.stringify(sent));
