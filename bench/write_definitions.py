"""Writes the measured definitions as Brix's files: FOLDER/KIND/*.yaml for each kind."""

import pathlib
import sys

from definitions import ONE, fifty, many, yaml

# Whoever does this is a lead at once: for the time from a request to a webhook.
HOT = "id: hot\nname: Became hot\nsubject: user\npopulation: everyone\nwhen: { event: Became Hot }\n"

folder = pathlib.Path(sys.argv[1])
kinds = {"one": [ONE], "fifty": fifty(), "ten-of-300": many(10), "thousand-of-300": many(1000)}
for kind, definitions in kinds.items():
    (folder / kind).mkdir(parents=True, exist_ok=True)
    for definition in definitions:
        (folder / kind / f"{definition['id']}.yaml").write_text(yaml(definition))
(folder / "hot").mkdir(parents=True, exist_ok=True)
for definition in fifty():
    (folder / "hot" / f"{definition['id']}.yaml").write_text(yaml(definition))
(folder / "hot" / "hot.yaml").write_text(HOT)
