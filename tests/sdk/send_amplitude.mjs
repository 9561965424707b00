import { Identify, flush, groupIdentify, identify, init, setGroup, track } from "@amplitude/analytics-node";

const { BRIX_URL: url, BRIX_KEY: key } = process.env;
const user = { user_id: "user-1" };
await init(key, { serverUrl: `${url}/2/httpapi`, logLevel: 0 }).promise;
identify(new Identify().set("plan", "trial"), user);
for (const number of [1, 2, 3]) {
  track("Project Created", { number }, user);
}
setGroup("company", "acme", user);
groupIdentify("company", "acme", new Identify().set("employees", 80), user);
await flush().promise;
