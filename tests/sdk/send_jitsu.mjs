import { jitsuAnalytics } from "@jitsu/js";

const { BRIX_URL: host, BRIX_KEY: writeKey } = process.env;
const client = jitsuAnalytics({ host, writeKey });
await client.identify("user-1", { plan: "trial" });
for (const number of [1, 2, 3]) {
  await client.track("Project Created", { number });
}
await client.group("acme", { employees: 80 });
await client.page({ name: "Pricing" });
