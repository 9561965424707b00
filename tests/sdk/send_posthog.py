import os
from posthog import Posthog

client = Posthog(os.environ["BRIX_KEY"], host=os.environ["BRIX_URL"])
client.set(distinct_id="user-1", properties={"plan": "trial"})
for number in (1, 2, 3):
    client.capture("Project Created", distinct_id="user-1", properties={"number": number}, groups={"company": "acme"})
client.group_identify("company", "acme", {"employees": 80})
client.alias("visitor-1", "user-1")
client.shutdown()
