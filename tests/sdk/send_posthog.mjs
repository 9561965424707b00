import { PostHog } from "posthog-node";

const { BRIX_URL: host, BRIX_KEY: key } = process.env;
const client = new PostHog(key, { host, flushAt: 3, disableGeoip: true });
client.identify({ distinctId: "user-1", properties: { plan: "trial" } });
for (const number of [1, 2, 3]) {
  client.capture({ distinctId: "user-1", event: "Project Created", properties: { number }, groups: { company: "acme" } });
}
client.groupIdentify({ groupType: "company", groupKey: "acme", properties: { employees: 80 } });
client.alias({ distinctId: "user-1", alias: "visitor-1" });
await client.shutdown();
