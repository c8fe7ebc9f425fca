"""A draw as an auditor makes it, who has the hash of the list before the seed is known."""

import petaproof
from petaproof import parse
from reference_draw import list_hash

SEED = "4419-dice-20261123"


class CommittedDraw(petaproof.TestCase):
    def sample(self, *args, code=0):
        result = self.petaproof("sample", *args, "--json")
        self.assertEqual(result.code, code, str(result))
        return parse(result.out)

    def draw_file(self, lines, *args):
        """A committed draw; its path and what it holds."""
        nodes = self.write(f"{self.new_path('nodes').name}.txt", "\n".join(lines) + "\n")
        out = self.new_path("sample")
        committed = "--seed", SEED, "--expect-hash", list_hash(lines)
        document = self.sample("--nodes", nodes, *committed, "--out", out, *args)
        self.assertEqual(document, parse(out.read_text()))
        return out, document
