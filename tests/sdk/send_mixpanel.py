import os
from mixpanel import Consumer, Mixpanel

url = os.environ["BRIX_URL"]
consumer = Consumer(events_url=url + "/track", people_url=url + "/engage", groups_url=url + "/groups")
client = Mixpanel(os.environ["BRIX_KEY"], consumer)
client.people_set("user-1", {"plan": "trial"})
for number in (1, 2, 3):
    client.track("user-1", "Project Created", {"number": number})
client.group_set("company", "acme", {"employees": 80})
