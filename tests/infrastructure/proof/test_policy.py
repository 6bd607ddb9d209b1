"""Policies of witnesses: groups and quorums as C2SP tlog-policy has them, and what is no policy."""

from __future__ import annotations

from hashlib import sha256
from itertools import combinations
from pathlib import Path

import pytest

from infrastructure.proof.note import COSIGNATURE, NoteSigner
from infrastructure.proof.policy import PolicyError, WitnessPolicy

NAMES = ("X1", "X2", "X3", "Y1", "Y2")


def key(name: str, algorithm: bytes = COSIGNATURE) -> str:
    return NoteSigner(f"{name}.example", sha256(name.encode()).digest(), algorithm).verifier.text


LOG = key("log", b"\x01")
WITNESSES = "".join(f"witness {name} {key(name)} https://{name}.example\n" for name in NAMES)
POLICY = f"""# who must have cosigned
log {LOG}
{WITNESSES}
group X 2 X1 X2 X3
group\tY any Y1   Y2
group both all X Y
quorum both
"""


def test_a_quorum_of_groups_is_met_by_enough_cosigners_of_each() -> None:
    policy = WitnessPolicy.parse(POLICY)
    assert policy.witnesses["X1"].url == "https://X1.example"
    for count in range(len(NAMES) + 1):
        for cosigners in combinations(NAMES, count):
            xs, ys = ([name for name in cosigners if name[0] == letter] for letter in "XY")
            assert policy.is_met(cosigners) == (len(xs) >= 2 and len(ys) >= 1)


def test_a_policy_without_witnesses_is_always_met() -> None:
    assert WitnessPolicy.parse("quorum none\n").is_met([])
    assert WitnessPolicy().is_met([])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no line `quorum`"),
        ("quorum X1\n", "no witness or group"),
        ("quorum none\nquorum none\n", "line 2: a second quorum"),
        (f"{WITNESSES}group none any X1\nquorum none\n", "a name already"),
        (f"{WITNESSES}group X1 any X1\nquorum none\n", "a name already"),
        (f"{WITNESSES}group X 4 X1 X2 X3\nquorum X\n", "1 to 3 of its members"),
        (f"{WITNESSES}group X 0 X1\nquorum X\n", "1 to 1 of its members"),
        (f"{WITNESSES}group A any X1\ngroup B any X1\nquorum B\n", "in a group already"),
        (f"{WITNESSES}group A any B\nquorum A\n", "no witness or group"),
        (f"witness A {key('a', b'%c' % 1)}\nquorum A\n", "another algorithm"),
        (f"witness A {key('a')}\nwitness B {key('a')}\nquorum A\n", "twice"),
        ("witness A nonsense\nquorum A\n", "line 1"),
        ("trust everybody\nquorum none\n", "not a line of a policy"),
    ],
)
def test_what_is_no_policy_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=reason):
        WitnessPolicy.parse(text)
    file = tmp_path / "policy"
    with pytest.raises(PolicyError, match="can't be read"):
        WitnessPolicy.of_file(file)
    file.write_text(text)
    with pytest.raises(PolicyError, match=str(file)):
        WitnessPolicy.of_file(file)
