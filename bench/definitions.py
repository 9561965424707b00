"""The definitions that are measured, once for all engines: as data, as Brix's YAML, and as each other engine's query.

A definition is a window in days and criteria (name, measure, at least), all of which must hold within the window after the
user's first event.
"""

import random

DAY = 86_400_000_000

ONE = {"id": "one", "window": 14, "criteria": [(0, "count", 3), (1, "count", 2), (2, "count", 2), (3, "days", 3)]}


def fifty():
    """Fifty definitions that differ in events, thresholds and windows, as those of a real workspace do."""
    draw = random.Random(50)
    made = []
    for number in range(50):
        names = draw.sample(range(40), draw.randint(2, 4))
        criteria = [
            (name, "days" if draw.random() < 0.3 else "count", draw.randint(1, 4) if name < 10 else draw.randint(1, 2))
            for name in names
        ]
        made.append({"id": f"fifty-{number:02}", "window": draw.choice([7, 14, 30]), "criteria": criteria})
    return made


def yaml(definition):
    lines = [
        f"id: {definition['id']}",
        f"name: Measured definition {definition['id']}",
        "subject: user",
        "population: everyone",
        f"window: {definition['window']}d",
        "when:",
        "  all:",
    ]
    for name, measure, least in definition["criteria"]:
        lines.append(f'    - {{ event: Event {name:02}, {measure}: ">= {least}" }}')
    return "\n".join(lines) + "\n"


def aggregates(definitions):
    """The different things that have to be counted: (name, measure, window)."""
    return sorted({(name, measure, d["window"]) for d in definitions for name, measure, _ in d["criteria"]})


def column(name, measure, window):
    return f"{measure}_{name}_{window}"


def holds(definition, conjunction=" and "):
    terms = [
        f"{column(name, measure, definition['window'])} >= {least}" for name, measure, least in definition["criteria"]
    ]
    return "(" + conjunction.join(terms) + ")"


def many(count, names=300):
    """So many definitions over so many event names, each of three criteria."""
    draw = random.Random(count)
    made = []
    for number in range(count):
        criteria = [
            (name, "days" if draw.random() < 0.3 else "count", draw.randint(2, 4)) for name in draw.sample(range(names), 3)
        ]
        made.append({"id": f"many-{number:04}", "window": draw.choice([7, 14, 30]), "criteria": criteria})
    return made


def touched(definitions, names):
    """How many criteria an event touches on average, all names being equally frequent."""
    return sum(len(definition["criteria"]) for definition in definitions) / names
