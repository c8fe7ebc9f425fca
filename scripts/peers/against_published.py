#!/usr/bin/env python3
"""A run beside the newest published one of the same GPU, case by case.

    against_published.py RUN_FOLDER RESULTS_FOLDER

A published run is any run folder below RESULTS_FOLDER but those in RESULTS_FOLDER/local. A case is the same if its
case_id is, on as many ranks; of its rates the one is compared that the program's table shows. Informs, does not judge:
exit code 0 whatever the ratios are; 1 if RUN_FOLDER is no run.
"""

import sys
from pathlib import Path

from runs import manifest, nearest_limit, passed_rates, records, shown, title


def published(results):
    """What stands in the runs below `results`, the newest first; what cannot be read is named and left out. Runs under
    a memory checker tell no rate."""
    found = []
    for path in sorted(results.rglob("manifest.json")):
        if (results / "local") in path.parents or path.parent.name == "sanitizer":
            continue
        try:
            facts, entries = manifest(path.parent), records(path.parent)
            found.append((facts["begin_utc"], facts["root_device"]["name"], facts["world"]["ranks"], path.parent,
                          entries))
        except (ValueError, KeyError, TypeError, OSError) as error:
            print(f"left out: {path}: {error!r}")
    return sorted(found, key=lambda run: run[0], reverse=True)


def main():
    run, results = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        facts, mine = manifest(run), records(run)
        ranks = facts["world"]["ranks"]
    except (OSError, ValueError, KeyError) as error:
        print(f"{run} is no run that could be read: {error!r}")
        sys.exit(1)
    if not facts["root_device"]:
        print("no published run is comparable: this one had no device")
        return
    device, earlier = facts["root_device"]["name"], {}
    for begin, name, count, folder, entries in published(results):
        if name == device and count == ranks:
            for record in entries:
                for rate in passed_rates(record):
                    earlier.setdefault((record["case_id"], rate["quantity"]), (rate["value"], begin, folder))
    if not earlier:
        print(f"no published run of {device} on {ranks} {'rank' if ranks == 1 else 'ranks'} yet")
        return
    for record in mine:
        rate = nearest_limit(record)
        if rate is None:
            print(f"{title(record):<50} {record['disposition']}, not compared")
            continue
        value, unit = rate["value"], rate["unit"]
        if (record["case_id"], rate["quantity"]) not in earlier:
            print(f"{title(record):<50} {shown(value, unit)}, never published")
        else:
            before, begin, folder = earlier[record["case_id"], rate["quantity"]]
            print(f"{title(record):<50} {shown(value, unit)}, {value / before:.3f} x the {shown(before, unit)} of "
                  f"{begin} ({folder.name})")


if __name__ == "__main__":
    main()
