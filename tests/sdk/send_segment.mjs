import { Analytics } from "@segment/analytics-node";

const { BRIX_URL: host, BRIX_KEY: writeKey } = process.env;
const client = new Analytics({ writeKey, host, path: "/v1/batch", flushAt: 3 });
client.identify({ userId: "user-1", traits: { plan: "trial" } });
for (const number of [1, 2, 3]) {
  client.track({ userId: "user-1", event: "Project Created", properties: { number } });
}
client.group({ userId: "user-1", groupId: "acme", traits: { employees: 80 } });
client.page({ userId: "user-1", name: "Pricing" });
client.screen({ userId: "user-1", name: "Home" });
client.alias({ userId: "user-1", previousId: "visitor-1" });
await client.closeAndFlush();
