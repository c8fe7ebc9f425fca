"""Reading Petaproof's run folders with the standard library alone."""

import json
from pathlib import Path


def records(folder):
    """The records of a run, the `end` lines of its journal; a last line that was cut off is no record."""
    found = []
    for line in (Path(folder) / "journal.jsonl").read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("type") == "end":
            found.append(entry)
    return found


def manifest(folder):
    return json.loads((Path(folder) / "manifest.json").read_text())


def title(record):
    """As the program's table has it."""
    words = [str(value) for value in record["params"].values() if isinstance(value, str)]
    words += [f"{name}={value}" for name, value in sorted(record["params"].items()) if not isinstance(value, str)]
    return " ".join([record["workload"], *words, record["mode"]])


def passed_rates(record):
    """Of a case that passed on GPUs of the ranks' own; else none."""
    return record["rates"] if record["disposition"] == "pass" and not record.get("gpu_shared") else []


def headline(record):
    """(value, unit) of the first rate of a case that passed, else None."""
    rates = passed_rates(record)
    return (rates[0]["value"], rates[0]["unit"]) if rates else None


def nearest_limit(record):
    """The rate that the program's table shows of a case that passed, else None: harness/publish/nearest_limit.hpp."""
    rates = passed_rates(record)
    if not rates:
        return None
    shares = [rate.get("share_of_peak") or 0 for rate in rates]
    return rates[shares.index(max(shares))] if shares[0] else rates[0]


def shown(value, unit):
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= factor:
            return f"{value / factor:.4g} {prefix}{unit}"
    return f"{value:.4g} {unit}"
