"""configs/schema: the record's accepts what the program writes, and nothing that only looks like it; those of claims
and published results accept the files that the program reads."""

import copy
import json
import re

import jsonschema
import petaproof
from petaproof import case, fault, suite


def changed(record, path, value):
    """A copy with one value set, or taken away if `value` is ...; `path` as "rates.0.value"."""
    result = copy.deepcopy(record)
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    at = result
    for key in parents:
        at = at[key]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return result


# What must not pass for a record of a passed case.
NOT_A_PASS = {
    "another schema": ("schema", "petaproof-record/2"),
    "a type that is none": ("type", "middle"),
    "an unknown key": ("hello", 1),
    "an unknown key in a rate": ("rates.0.hello", 1),
    "an unknown column": ("per_rank.hello", [1]),
    "an unknown key in verification": ("verification.hello", 1),
    "an unknown key in the telemetry": ("telemetry.hello", 1),
    "a disposition that is none": ("disposition", "fine"),
    "a mode that is none": ("mode", "turbo"),
    "a fill that is none": ("fill", "ones"),
    "a backend that is none": ("backend", "rocm"),
    "a pass with a reason": ("reason", "because"),
    "a pass without verification": ("verification", None),
    "a pass that was not verified": ("verification.pass", False),
    "a pass with no element checked": ("verification.elements_checked", 0),
    "a pass with a rank that did not": ("per_rank.disposition.0", "skipped"),
    "a pass without rates": ("rates", []),
    "a pass without columns": ("per_rank", None),
    "a pass without times": ("seconds_per_launch", None),
    "a pass without work": ("work", []),
    "a pass without a digest": ("per_rank.digest.0", ""),
    "a pass with a rank without launches": ("per_rank.launches.0", 0),
    "no backend": ("backend", None),
    "a GPU that is shared perhaps": ("gpu_shared", None),
    "nothing on sharing": ("gpu_shared", ...),
    "a pass that was predicted not to be": ("predicted", "it cannot be"),
    "a failure without a reason": ("disposition", "fail_run"),
    "a rate of zero": ("rates.0.value", 0),
    "a negative rate": ("rates.0.value", -1.0),
    "an infinite rate": ("rates.0.value", float("inf")),
    "a rate in words": ("rates.0.value", "fast"),
    "a rate that is null": ("rates.0.value", None),
    "a rate without an interval": ("rates.0.lower", ...),
    "a rate in another unit": ("rates.0.unit", "GFLOP/s"),
    "a rate without its sum": ("rates.0.sum_over_devices", ...),
    "a collective's rate with a sum": ("rates.0.basis", "slowest rank of each sample"),
    "work that is negative": ("work.0.per_launch", -1),
    "a column that is no list": ("per_rank.rate", 1.0),
    "a column that is empty": ("per_rank.rank", []),
    "a column that is missing": ("per_rank.seconds_q1", ...),
    "a time that is negative": ("per_rank.seconds_mean.0", -1),
    "a time of zero": ("seconds_per_launch.mean", 0),
    "a quartile that is missing": ("seconds_per_launch.q3", ...),
    "a clock of zero": ("telemetry.clock_megahertz", 0),
    "no telemetry": ("telemetry", ...),
    "no launches per sample": ("launches_per_sample", ...),
    "local time": ("begin_utc", "2026-11-22T16:14:56.123+01:00"),
    "no end": ("end_utc", ...),
    "a case id that is none": ("case_id", "smoke"),
    "a checksum that is none": ("checksum", "0"),
    "a parameter that is a list": ("params.m", [1]),
    "a note that is a number": ("notes.threads", 1),
    "a seed of zero": ("seed", 0),
    "no budget": ("seconds", 0),
}


class Schema(petaproof.TestCase):
    def setUp(self):
        super().setUp()
        self.check = petaproof.validator()

    def test_a_pass_and_what_is_not_one(self):
        _, run = self.measure(suite(case()))
        begin, end = run.journal
        for line in begin, end:
            self.assertEqual([e.message for e in self.check.iter_errors(line)], [])
        self.assertTrue(self.check.is_valid(changed(end, "checksum", ...)), "embedded in another document")
        for what, (path, value) in NOT_A_PASS.items():
            with self.subTest(what):
                self.assertFalse(self.check.is_valid(changed(end, path, value)))

    def test_a_begin_and_what_is_not_one(self):
        _, run = self.measure(suite(case()))
        begin = run.journal[0]
        for what, (path, value) in {"a disposition": ("disposition", "pass"), "an end": ("type", "end"),
                                    "no sequence": ("sequence", ...), "a half": ("sequence", 0.5),
                                    "an end time": ("end_utc", begin["begin_utc"])}.items():
            with self.subTest(what):
                self.assertFalse(self.check.is_valid(changed(begin, path, value)))

    def test_failures(self):
        _, run = self.measure(suite(fault("wrong"), fault("wrong", after=2), fault("throw"), fault("refuse")),
                              code=1, module="module")
        self.assert_records_valid(run)
        wrong_at_once, wrong_later, thrown, refused = run.records
        mutations = {
            "wrong and a pass": (wrong_later, "disposition", "pass"),
            "wrong and verified": (wrong_later, "verification.pass", True),
            "wrong at once and verified": (wrong_at_once, "verification.pass", True),
            "wrong without a reason": (wrong_at_once, "reason", None),
            "thrown and a pass": (thrown, "disposition", "pass"),
            "thrown with an empty reason": (thrown, "reason", ""),
            "refused and a pass": (refused, "disposition", "pass"),
            "refused with a rate": (refused, "rates", wrong_later["rates"]),
            "thrown as predicted": (thrown, "predicted", "it throws"),
            "predicted without a reason": (refused, "predicted", ""),
            "predicted, and nothing said": (refused, "predicted", None),
            "predicted for the host": ({**refused, "predicted": "too small"}, "backend", "host"),
            "predicted for a GPU that nobody saw": ({**refused, "predicted": "too small"}, "per_rank", None),
        }
        self.assertTrue(self.check.is_valid(changed(refused, "predicted", "H100 has no fp4")))
        for what, (record, path, value) in mutations.items():
            with self.subTest(what):
                self.assertFalse(self.check.is_valid(changed(record, path, value)))


def without_comments(text):
    return re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', lambda match: match[1] or "", text, flags=re.DOTALL)


def config_files(folder):
    return {path.stem: json.loads(without_comments(path.read_text()))
            for path in sorted((petaproof.SOURCE / "configs" / folder).glob("*.json"))}


def schema_of(name):
    schema = json.loads((petaproof.SOURCE / f"configs/schema/{name}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


NOT_A_CLAIM = {
    "another schema": ("schema", "petaproof-claim/2"),
    "an unknown key": ("hello", 1),
    "no quote": ("quote", ...),
    "no source": ("source", ""),
    "a date in words": ("as_of", "last May"),
    "an unknown status": ("status", "soon"),
    "a value of zero": ("compute.value", 0),
    "a unit that is none": ("compute.unit", "petaflops"),
    "silence on the kind": ("compute.kind", ...),
    "operations that are no FLOP": ("compute.precision", "int8"),
    "a fraction of a GPU": ("gpus.count", 4000.5),
    "a rank without a metric": ("rank.by", ...),
    "nothing assumed": ("assume_gpus", []),
    "a figure not judged without a reason": ("not_judged", [{"figure": "240"}]),
}

NOT_PUBLISHED = {
    "another schema": ("schema", "petaproof-published/2"),
    "an unknown key": ("results.0.hello", 1),
    "no source": ("results.0.source", ...),
    "a number that is not as printed": ("results.0.printed", 163),
    "no GPUs": ("results.0.gpus", 0),
    "a status that is none": ("results.0.status", "heard"),
    "the rate of a node": ("results.0.per", "node"),
}


class ConfigFiles(petaproof.TestCase):
    def check(self, schema, files, sample, mutations):
        check = schema_of(schema)
        self.assertTrue(files)
        for name, document in files.items():
            with self.subTest(name):
                self.assertEqual([error.message for error in check.iter_errors(document)], [])
        for what, (path, value) in mutations.items():
            with self.subTest(what):
                self.assertFalse(check.is_valid(changed(files[sample], path, value)))

    def test_claims(self):
        self.check("claim", config_files("claims"), "nexus-hub-240pf", NOT_A_CLAIM)

    def test_published_results(self):
        self.check("published", config_files("published"), "hpl", NOT_PUBLISHED)


if __name__ == "__main__":
    petaproof.main()
