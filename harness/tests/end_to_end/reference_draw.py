"""The draw redone by other means, as harness/sample/README.md says it.

Nothing here is the program's own code: list, hash, shares and Philox are written again, from the description alone.
"""

import hashlib
from fractions import Fraction


def philox(counter, key):
    """Philox4x32-10: four 32-bit words of counter, two of key."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & 0xFFFFFFFF, (p0 >> 32) ^ c3 ^ k1, p0 & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def list_hash(lines):
    """`lines`: "name", "name pod" or "name pod rack", normalised."""
    text = "".join(line + "\n" for line in ["petaproof-nodes/1", *sorted(lines, key=lambda line: line.split()[0])])
    return hashlib.sha256(text.encode()).hexdigest()


def shares(pods, size):
    """Nodes to draw of each pod; `pods`: how many each has, in byte order of their names."""
    twice = [min(2, nodes) for nodes in pods]
    floor = twice if size >= sum(twice) else [1] * len(pods) if size >= len(pods) else [0] * len(pods)
    result, open_pods, left = list(floor), list(range(len(pods))), size
    while True:
        all_nodes = sum(pods[i] for i in open_pods)
        quota = {i: Fraction(left * pods[i], all_nodes) for i in open_pods}
        below = [i for i in open_pods if quota[i] < floor[i]]
        if not below:
            break
        left -= sum(floor[i] for i in below)
        open_pods = [i for i in open_pods if i not in below]
        if not open_pods:
            return result
    for i in open_pods:
        result[i] = int(quota[i])
    rest = left - sum(result[i] for i in open_pods)
    for i in sorted(open_pods, key=lambda i: (-(quota[i] - int(quota[i])), i))[:rest]:
        result[i] += 1
    return result


def draw(lines, seed, size):
    """The names drawn, in order."""
    nodes = sorted((line.split() + [""])[:2] for line in lines)
    digest = hashlib.sha256((seed + list_hash(lines)).encode()).hexdigest()
    key, stream = int(digest[:16], 16), int(digest[16:32], 16)
    halves = lambda value: (value & 0xFFFFFFFF, value >> 32)
    pods = {}
    for index, (name, pod) in enumerate(nodes):
        ticket = philox(halves(index) + halves(stream), halves(key))
        pods.setdefault(pod, []).append((ticket, name))
    names = sorted(pods)
    drawn = []
    for pod, count in zip(names, shares([len(pods[pod]) for pod in names], size)):
        drawn += [name for _, name in sorted(pods[pod])[:count]]
    return sorted(drawn)
