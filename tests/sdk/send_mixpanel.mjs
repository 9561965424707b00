import Mixpanel from "mixpanel";

const { BRIX_URL: url, BRIX_KEY: key } = process.env;
const client = Mixpanel.init(key, { host: url.replace("http://", ""), protocol: "http" });
const sent = (send) => new Promise((done, failed) => send((error) => (error ? failed(error) : done())));
await sent((done) => client.people.set("user-1", { plan: "trial" }, done));
for (const number of [1, 2, 3]) {
  await sent((done) => client.track("Project Created", { distinct_id: "user-1", number }, done));
}
await sent((done) => client.groups.set("company", "acme", { employees: 80 }, done));
await sent((done) => client.alias("visitor-1", "user-1", done));
