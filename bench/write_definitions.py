"""Writes the measured definitions as Brix's files: FOLDER/one/*.yaml and FOLDER/fifty/*.yaml."""

import pathlib
import sys

from definitions import ONE, fifty, yaml

folder = pathlib.Path(sys.argv[1])
for kind, definitions in {"one": [ONE], "fifty": fifty()}.items():
    (folder / kind).mkdir(parents=True, exist_ok=True)
    for definition in definitions:
        (folder / kind / f"{definition['id']}.yaml").write_text(yaml(definition))
