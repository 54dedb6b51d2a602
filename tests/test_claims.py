"""A claim prints its sentence, raises when it is false, and is refused if it could never fail."""

import json

import numpy as np
import pytest

from course_utils.claims import ClaimFailed, claim


def test_a_true_claim_prints_the_sentence_and_no_number(capsys):
    claim("water is wet", np.bool_(True), measured=0.123456)
    assert capsys.readouterr().out == "Claim holds: water is wet\n"


def test_a_false_claim_raises_with_the_number(capsys):
    with pytest.raises(ClaimFailed, match=r"water is dry.*0\.25"):
        claim("water is dry", 1 > 2, measured=0.25)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", True), "needs a sentence"),
        ((True, "water is wet"), "needs a sentence"),
        (("water is wet", "yes"), "True or False"),
        (("water is wet", np.array([True])), "True or False"),
        (("water is wet", 3), "True or False"),
        (("water is wet", True, float("nan")), "not finite"),
    ],
)
def test_a_claim_that_cannot_fail_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        claim(*arguments)


def test_the_log_keeps_the_numbers_and_can_keep_going(tmp_path, monkeypatch, capsys):
    log = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COURSE_CLAIMS_LOG", str(log))
    monkeypatch.setenv("COURSE_CLAIMS_KEEP_GOING", "1")
    claim("one", True, measured=np.float32(0.5))
    claim("two", False)
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert records == [
        {"sentence": "one", "holds": True, "measured": 0.5},
        {"sentence": "two", "holds": False, "measured": None},
    ]
    assert "CLAIM FAILS: two" in capsys.readouterr().out
