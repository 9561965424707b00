import os
from amplitude import Amplitude, BaseEvent, EventOptions, Identify

client = Amplitude(os.environ["BRIX_KEY"])
client.configuration.server_url = os.environ["BRIX_URL"] + "/2/httpapi"
user = EventOptions(user_id="user-1")
client.identify(Identify().set("plan", "trial"), user)
for number in (1, 2, 3):
    client.track(BaseEvent("Project Created", user_id="user-1", event_properties={"number": number}))
client.set_group("company", "acme", user)
client.group_identify("company", "acme", Identify().set("employees", 80), user)
client.flush()
client.shutdown()
