"""Mistakes of the user's: exit code 3, one line that says what is wrong, and nothing measured or left behind."""

import json
import os

import petaproof
from petaproof import case, suite

GOOD = suite(case())


def with_param(**params):
    return suite(case(params={"m": 8, "n": 8, "k": 8, **params}))


def with_key(**keys):
    return suite(case(**keys))


# What a suite may be wrong in: (the suite, what the message must hold).
SUITES = {
    "empty file": ("", ["line 1", "column 1"]),
    "cut off": ('{"schema": "petaproof-suite/1",\n "name": ', ["line 2", "column"]),
    "a comma too many": ('{\n  "name": "x",,\n}', ["line 2", "column 15"]),
    "not an object": ("[]", ["$: an object is expected"]),
    "a key given twice": ('{"schema": "petaproof-suite/1", "name": "a", "name": "b", "cases": []}',
                          ['"name"', "twice"]),
    "a key with a line end": ({**GOOD, "two\nlines": 1}, ["unknown key", "two"]),
    "another schema": ({**GOOD, "schema": "petaproof-suite/2"}, ["$.schema", "petaproof-suite/1"]),
    "no schema": ({k: v for k, v in GOOD.items() if k != "schema"}, ["schema", "missing"]),
    "no name": ({k: v for k, v in GOOD.items() if k != "name"}, ["name", "missing"]),
    "no cases": ({k: v for k, v in GOOD.items() if k != "cases"}, ["cases", "missing"]),
    "empty cases": (suite(), ["$.cases", "nothing would be measured"]),
    "cases for others only": (suite(case(when={"backend": "cuda"})), ["$.cases", "for backend cuda", "nothing would"]),
    "cases that are one": ({**GOOD, "cases": case()}, ["$.cases", "list of objects"]),
    "unknown key": ({**GOOD, "case": []}, ['unknown key "case"', "allowed here"]),
    "unknown key in a case": (with_key(second=1), ["$.cases[0]", 'unknown key "second"', "seconds"]),
    "unknown key in defaults": ({**GOOD, "defaults": {"warmup": 1}}, ["$.defaults", 'unknown key "warmup"']),
    "unknown key in when": (with_key(when={"ranks": 2}), ["$.cases[0].when", 'unknown key "ranks"']),
    "unknown workload": (suite(case("gemm/cublas9", {})), ["$.cases[0].workload", "gemm/cublas9", "gemm/openblas"]),
    "unknown workload, not for here": (suite(case(), case("gemm/x", {}, when={"backend": "cuda"})),
                                       ["$.cases[1]", "gemm/x"]),
    "unknown parameter": (with_param(q=1), ["$.cases[0].params", '"q"', "precision"]),
    "unknown precision": (with_param(precision="fp63"), ["precision", "fp64", '"fp63"']),
    "unknown mode": (with_key(mode="turbo"), ["$.cases[0].mode", "burst, batched, sustained", "turbo"]),
    "unknown mode in a list": (with_key(mode=["burst", "turbo"]), ["$.cases[0].mode", "turbo"]),
    "unknown fill": (with_key(fill="ones"), ["$.cases[0].fill", "normal", "ones"]),
    "unknown unit": (suite(case("memory/stream", {"size": "64 KB/s"})), ["$.cases[0].params", "size", "KB/s"]),
    "a size without a number": (suite(case("memory/stream", {"size": "KiB"})), ["size", "KiB"]),
    "a size of 0": (suite(case("memory/stream", {"size": "0 KiB"})), ["size", "above 0"]),
    "a size below 0": (suite(case("memory/stream", {"size": "-1 KiB"})), ["size", "above 0"]),
    "a size beyond all": (suite(case("memory/stream", {"size": "9999999999 GiB"})), ["size", "too large"]),
    "a number as text": (with_param(m="8"), ["m: a whole number from 1", '"8"']),
    "a half": (with_param(m=8.5), ["$.cases[0].params.m", "8.5"]),
    "null": (with_param(m=None), ["$.cases[0].params.m", "null"]),
    "a count of 0": (with_param(m=0), ["m: a whole number from 1", "found 0"]),
    "a negative count": (with_param(m=-8), ["m: a whole number from 1", "found -8"]),
    "a count too large": (with_param(m=10**12), ["m: a whole number from 1", "1000000000000"]),
    "a count beyond 64 bits": (with_param(m=2**63), ["$.cases[0].params.m", "9223372036854775808"]),
    "heads that do not divide": (suite(case("attention/reference", {"heads": 64, "kv_heads": 7})),
                                 ["$.cases[0].params", "kv_heads: 7 does not divide heads, which is 64"]),
    "a mask that is none": (suite(case("attention/reference", {"mask": "sliding"})),
                            ["$.cases[0].params", "mask: one of causal, full", '"sliding"']),
    "an empty list": (with_param(m=[]), ["$.cases[0].params.m", "empty list"]),
    "an empty list of modes": (with_key(mode=[]), ["$.cases[0].mode", "empty list"]),
    "params that are a number": (suite(case(params=1)), ["$.cases[0].params"]),
    "0 seconds": (with_key(seconds=0), ["$.cases[0].seconds", "above 0"]),
    "negative seconds": (with_key(seconds=-1), ["$.cases[0].seconds", "above 0"]),
    "seconds for ever": (with_key(seconds=1e9), ["$.cases[0].seconds", "at most"]),
    "seconds beyond numbers": ('{"schema": "petaproof-suite/1", "name": "x", "cases": [{"workload": "gemm/openblas", '
                               '"seconds": 1e999}]}', ["1e999"]),
    "seconds in words": (with_key(seconds="1"), ["$.cases[0].seconds", '"1"']),
    "a seed of 0": (with_key(seed=0), ["$.cases[0].seed"]),
    "0 ranks": (with_key(when={"min_ranks": 0}), ["$.cases[0].when.min_ranks"]),
    "a backend that is none": (with_key(when={"backend": "rocm"}), ["$.cases[0].when.backend", "rocm"]),
    "the same case twice": (suite(case(), case()), ["$.cases[1]", "twice", "$.cases[0]"]),
    "the same mode twice": (with_key(mode=["burst", "burst"]), ["twice"]),
    "too many cases": (with_param(m=list(range(1, 500)), n=list(range(1, 500))), ["more than 100000 cases"]),
    "far too many cases": (suite(case(params=[{"m": list(range(1, 301)), "n": list(range(1, 301)), "k": k}
                                              for k in range(1, 200)])), ["more than 100000 cases"]),
    "a claim that is not there": (suite(case(), claim="no-such-claim"), ["no-such-claim", "nexus-hub-240pf"]),
    "a claim that is a folder": (suite(case(), claim="/tmp"), ["/tmp"]),
    "nested beyond reason": ('{"schema": ' + "[" * 200_000 + "]" * 200_000 + "}", ["nested"]),
}


class OneRank(petaproof.TestCase):
    def refused(self, content, *args, **more):
        out = self.new_path()
        path = self.write(f"{out.name}.json", content)
        result = self.petaproof("run", path, "--out", out, *args, timeout=20, **more)
        self.assertFalse(out.exists(), "a run folder was left behind")
        return path, result

    def test_suites(self):
        for what, (content, parts) in SUITES.items():
            with self.subTest(what):
                path, result = self.refused(content)
                about_claim = isinstance(content, dict) and "claim" in content
                self.assert_one_line(result, 3, *([] if about_claim else [path]), *parts)

    def test_suites_that_are_no_files(self):
        for what in self.folder, self.folder / "absent.json", "absent", "", "/dev/null", "/proc/self/mem":
            with self.subTest(what):
                self.assert_one_line(self.petaproof("run", what, "--out", self.new_path()), 3, what)

    def test_a_suite_that_may_not_be_read(self):
        path = self.write("secret.json", GOOD)
        path.chmod(0)
        self.assert_one_line(self.as_nobody("run", path, "--out", self.folder / "x"), 3, path, "cannot be read")

    def test_claims(self):
        text = (petaproof.SOURCE / "configs/claims/nexus-hub-240pf.json").read_text()
        good = json.loads("\n".join(line.split("//")[0] for line in text.splitlines()))
        compute, gpus = good["compute"], good["gpus"]
        claims = {
            "malformed": ("{", ["line 1"]),
            "an unknown key": ({**good, "hello": 1}, ['unknown key "hello"']),
            "an unknown unit": ({**good, "compute": {**compute, "unit": "PFLOPS/h"}}, ["$.compute.unit", "PFLOP/s"]),
            "an unknown precision": ({**good, "compute": {**compute, "precision": "fp63"}}, ["$.compute.precision"]),
            "a value of 0": ({**good, "compute": {**compute, "value": 0}}, ["$.compute.value", "above 0"]),
            "a negative value": ({**good, "compute": {**compute, "value": -240}}, ["$.compute.value", "above 0"]),
            "0 GPUs": ({**good, "gpus": {**gpus, "count": 0}}, ["$.gpus.count"]),
            "half a GPU": ({**good, "gpus": {**gpus, "count": 0.5}}, ["$.gpus.count"]),
            "an unknown GPU": ({**good, "assume_gpus": ["h999"]}, ["$.assume_gpus[0]", "h999"]),
        }
        for what, (content, parts) in claims.items():
            with self.subTest(what):
                claim = self.write("claim.json", content)
                self.assert_one_line(self.petaproof("claim", claim), 3, claim, *parts)
                # before anything is measured, not after
                self.assert_one_line(self.refused(GOOD, "--claim", claim)[1], 3, claim, *parts)
                self.assert_one_line(self.refused({**GOOD, "claim": str(claim)})[1], 3, claim, *parts)
        for claim in "absent", self.folder / "absent.json", self.folder:
            with self.subTest(claim):
                self.assert_one_line(self.petaproof("claim", claim), 3, claim)
                self.assert_one_line(self.refused(GOOD, "--claim", claim)[1], 3, claim)

    def test_command_lines(self):
        path = self.write("good.json", GOOD)
        for args, part in [((), "subcommand"), (("measure",), "measure"), (("run",), "SUITE"),
                           (("run", path, "--fast"), "--fast"), (("run", path, path), "good.json"),
                           (("run", path, "--backend", "rocm"), "rocm"), (("run", path, "--expect-ranks", "0"), "0"),
                           (("run", path, "--expect-ranks", "many"), "many"),
                           (("run", path, "--case-timeout", "0"), "0"), (("run", path, "--case-timeout", "-1"), "-1"),
                           (("run", path, "--case-timeout", "nan"), "nan"), (("claim",), "FILE"),
                           (("judge",), "RUN"), (("merge",), "RUN"), (("list", "--loud"), "--loud")]:
            with self.subTest(args):
                self.assert_one_line(self.petaproof(*args, cwd=self.folder), 3, part)
                self.assertEqual(list(self.folder.glob("petaproof-results")), [])

    def test_help(self):
        for args in ("--help",), *((name, "--help") for name in ("run", "claim", "judge", "list", "merge", "version")):
            with self.subTest(args):
                result = self.petaproof(*args)
                self.assertEqual((result.code, result.err), (0, ""))
                self.assertIn("Exit code", result.out)

    def test_folders_that_cannot_be(self):
        file = self.write("file", "")
        for out in file, file / "below", "/proc/petaproof-test", "/dev/null":
            with self.subTest(out):
                result = self.petaproof("run", self.write("good.json", GOOD), "--out", out)
                self.assert_one_line(result, 3, out)

    def test_a_folder_that_holds_a_run(self):
        _, run = self.measure(GOOD)
        before = {file: file.read_bytes() for file in run.path.rglob("*") if file.is_file()}
        result = self.petaproof("run", self.write("good.json", GOOD), "--out", run.path)
        self.assert_one_line(result, 3, run.path, "holds a run already")
        self.assertEqual(before, {file: file.read_bytes() for file in run.path.rglob("*") if file.is_file()})

    def test_a_folder_that_may_not_be_written(self):
        path = self.write("good.json", GOOD)
        closed = self.folder / "closed"
        closed.mkdir(mode=0o555)
        self.assert_one_line(self.as_nobody("run", path, "--out", closed), 3, closed)
        self.assert_one_line(self.as_nobody("run", path, "--out", closed / "new"), 3, closed)
        self.assertEqual(list(closed.iterdir()), [])

    def as_nobody(self, *args):
        """Root may write anywhere: the program runs as a user who may not."""
        self.folder.chmod(0o755)
        if os.geteuid() != 0:
            return self.petaproof(*args)
        probe = self.petaproof_as_nobody("version")
        if probe.code != 0:
            self.skipTest(f"another user cannot start the program: {probe}")
        return self.petaproof_as_nobody(*args)

    def petaproof_as_nobody(self, *args):
        def drop_rights():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        try:
            return self.petaproof(*args, preexec_fn=drop_rights)
        except PermissionError as error:
            return petaproof.Result(126, "", str(error), 0)

    def test_configs_that_are_not_there(self):
        result = self.petaproof("claim", "nexus-hub-240pf", env={"PETAPROOF_CONFIGS": str(self.folder)})
        self.assert_one_line(result, 3, "PETAPROOF_CONFIGS", self.folder)


class SeveralRanks(petaproof.TestCase):
    """One rank speaks, and every rank ends: two processes must not print two lines, nor wait for each other."""

    def refused(self, *args, **more):
        result = self.petaproof("run", *args, ranks=2, timeout=30, **more)
        self.assert_nothing_left()
        return result

    def test_suites(self):
        for what in "cut off", "unknown workload", "a count of 0", "empty cases":
            with self.subTest(what):
                content, parts = SUITES[what]
                out = self.new_path()
                path = self.write("suite.json", content)
                self.assert_one_line(self.refused(path, "--out", out), 3, path, *parts)
                self.assertFalse(out.exists())

    def test_all_else(self):
        path = self.write("good.json", GOOD)
        for args, part in [((self.folder / "absent",), "absent"), ((path, "--claim", "absent"), "absent"),
                           ((path, "--out", path / "below"), "below"), ((path, "--fast"), "--fast")]:
            with self.subTest(args):
                self.assert_one_line(self.refused(*args, cwd=self.folder), 3, part)


if __name__ == "__main__":
    petaproof.main()
