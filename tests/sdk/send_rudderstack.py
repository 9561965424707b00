import os
import rudderstack.analytics as client

client.write_key, client.dataPlaneUrl = os.environ["BRIX_KEY"], os.environ["BRIX_URL"]
client.identify("user-1", {"plan": "trial"})
for number in (1, 2, 3):
    client.track("user-1", "Project Created", {"number": number})
client.group("user-1", "acme", {"employees": 80})
client.page("user-1", None, "Pricing")
client.screen("user-1", None, "Home")
client.alias("visitor-1", "user-1")
client.shutdown()
