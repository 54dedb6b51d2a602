"""A claim shows its sentence, number and bound, and raises when it is false."""

import json
import math
import sys
import types

import numpy as np
import pytest

from course_utils import claims
from course_utils.claims import ClaimFailed, check, claim, describe, rich


@pytest.fixture
def evidence(tmp_path, monkeypatch):
    """An empty folder of evidence, read anew."""
    monkeypatch.setattr(claims, "EVIDENCE_DIR", tmp_path)
    claims._stored.cache_clear()
    yield tmp_path
    claims._stored.cache_clear()


def test_what_is_printed_of_a_claim_is_its_sentence_and_no_number(capsys):
    claim("water is wet", np.float32(0.123456), above=0.1)
    check("ice is cold", True)
    assert capsys.readouterr().out == "Claim holds: water is wet\nChecked: ice is cold\n"


@pytest.mark.parametrize(
    "bound",
    [
        {"above": 0.25},
        {"above": 0.3},
        {"below": 0.25},
        {"below": 0.2},
        {"within": (0.3, 0.4)},
        {"within": (0.1, 0.2)},
    ],
)
@pytest.mark.parametrize("function", [claim, check])
def test_a_false_claim_raises_with_its_number_and_bound(function, bound, capsys):
    with pytest.raises(ClaimFailed, match=r"water is dry \(measured 0\.25, must be"):
        function("water is dry", 0.25, **bound)
    assert capsys.readouterr().out == ""


def test_the_ends_of_an_interval_belong_to_it():
    claim("inside", 0.25, within=(0.25, 0.3))
    claim("inside", 0.3, within=(0.25, 0.3))


def test_of_the_seeds_of_an_experiment_all_must_hold():
    claim("all are positive", np.array([1.0, 2.0]), above=0)
    words = r"measured 0\.5, must be above 0, two seeds -1 to 2"
    with pytest.raises(ClaimFailed, match=words):
        claim("all are positive", [2.0, -1.0], above=0)


def test_a_false_check_raises():
    with pytest.raises(ClaimFailed, match="ice is hot"):
        check("ice is hot", np.bool_(False))


@pytest.mark.parametrize(
    ("arguments", "bounds", "words"),
    [
        (("", 1.0), {"above": 0}, "needs a sentence"),
        ((1.0, "water is wet"), {"above": 0}, "needs a sentence"),
        (("water is wet", 1.0), {}, "exactly one"),
        (("water is wet", 1.0), {"above": 0, "below": 2}, "exactly one"),
        (("water is wet", 1.0), {"within": (2, 1)}, "no number is between"),
        (("water is wet", 1.0), {"above": math.nan}, "no number is between"),
        (("water is wet", True), {"above": 0}, "truth value"),
        (("water is wet", math.nan), {"above": 0}, "not finite"),
        (("water is wet", math.inf), {"above": 0}, "not finite"),
        (("water is wet", [1.0, math.nan]), {"above": 0}, "not finite"),
        (("water is wet", []), {"above": 0}, "got no number"),
        (("water is wet", 1.0), {"above": 0, "loose": " "}, "why the bound is loose"),
    ],
)
def test_a_claim_that_cannot_fail_is_refused(arguments, bounds, words):
    with pytest.raises(ValueError, match=words):
        claim(*arguments, **bounds)


def test_a_truth_value_with_a_bound_is_refused():
    with pytest.raises(ValueError, match="needs no bound"):
        check("water is wet", True, above=0)


def test_the_log_keeps_the_numbers_and_can_keep_going(tmp_path, monkeypatch, capsys):
    log = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COURSE_CLAIMS_LOG", str(log))
    monkeypatch.setenv("COURSE_CLAIMS_KEEP_GOING", "1")
    claim("one", np.float32(0.5), within=(0, 1))
    claim("two", 2, below=1)
    check("three", True)
    claims.spread("four", np.array([1, 2.5]))
    assert [json.loads(line) for line in log.read_text().splitlines()] == [
        {
            "kind": "claim",
            "sentence": "one",
            "measured": 0.5,
            "above": 0,
            "below": 1,
            "holds": True,
        },
        {"kind": "claim", "sentence": "two", "measured": 2, "below": 1, "holds": False},
        {"kind": "check", "sentence": "three", "holds": True},
        {"kind": "spread", "name": "four", "value": [1.0, 2.5]},
    ]
    assert "CLAIM FAILS: two" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("record", "seeds", "text"),
    [
        (
            {"measured": 0.6134, "below": 0.67},
            [0.58, 0.64, 0.6, 0.61, 0.62],
            "measured 0.613, must be below 0.67, five seeds 0.58 to 0.64",
        ),
        ({"measured": 2.0, "above": 1.5}, [], "measured 2, must be above 1.5"),
        ({"measured": 2.0, "above": 1, "below": 3}, [], "measured 2, must be within 1 and 3"),
        (
            {"measured": 1.0, "above": 0.999, "below": 1.001},
            [],
            "measured 1, must be within 0.999 and 1.001",
        ),
        (
            {"measured": 1.0, "above": 1 - 1e-9, "below": 1 + 1e-9},
            [],
            "measured 1, must be within 1e-09 of 1",
        ),
        (
            {"measured": 254.412, "below": 256},
            [254.1, 254.8],
            "measured 254.41, must be below 256, two seeds 254.1 to 254.8",
        ),
        ({"measured": 7e-14, "below": 1e-10}, [], "measured 7e-14, must be below 1e-10"),
        ({"measured": 2.0, "above": 1.5}, [1.75], "measured 2, must be above 1.5"),
        ({"measured": -3.0, "above": -4}, [-3.0] * 12, None),
        ({}, [], ""),
    ],
)
def test_the_numbers_are_said_in_words(record, seeds, text):
    said = describe(record, seeds)
    assert said == text if text is not None else said.endswith("12 seeds -3 to -3")


def test_the_rich_form_has_the_spread_of_an_experiment(evidence):
    record = {"kind": "claim", "sentence": "a", "measured": 2.0, "seeds": [1.5, 2.5], "above": 1}
    said = rich({**record, "holds": True})
    assert "(measured 2, must be above 1, two seeds 1.5 to 2.5)" in said


def test_the_rich_form_has_the_stored_spread(evidence):
    entry = {"sentence": "a < b", "full": [0.5, 0.75], "sample": [9.0]}
    (evidence / "chapter.json").write_text(json.dumps({"claims": [entry]}))
    record = {"kind": "claim", "sentence": "a < b", "measured": 0.6, "below": 0.8, "holds": True}
    html = rich(record)
    assert "✓" in html and "a &lt; b" in html
    assert "measured 0.6, must be below 0.8, two seeds 0.5 to 0.75" in html
    assert "seeds" not in rich({**record, "kind": "check"})
    assert "✗" in rich({**record, "holds": False})


def test_a_kernel_gets_both_forms(evidence, monkeypatch):
    shown = []
    fake = types.SimpleNamespace(get_ipython=lambda: object())
    display = types.SimpleNamespace(display=lambda *a, **k: shown.append((a, k)))
    monkeypatch.setitem(sys.modules, "IPython", fake)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    claim("water is wet", 0.5, above=0.4)
    ((data,), options) = shown[0]
    assert data["text/plain"] == "Claim holds: water is wet"
    assert "measured 0.5" in data["text/html"]
    assert options["raw"] and options["metadata"]["claim"]["measured"] == 0.5


def test_spread_is_the_range_of_this_run_and_the_stored_seeds(evidence):
    entries = [
        {"name": "numbers", "full": [1.0, 4.0]},
        {"name": "curve", "full": [[1.0, 5.0], [2.0, 3.0]]},
    ]
    (evidence / "chapter.json").write_text(json.dumps({"spreads": entries}))
    assert claims.spread("numbers", 2.0) == (1.0, 4.0)
    assert claims.spread("numbers", 5) == (1.0, 5.0)
    low, high = claims.spread("curve", [0.0, 4.0])
    assert (low.tolist(), high.tolist()) == ([0.0, 3.0], [2.0, 5.0])
    low, high = claims.spread("curve", [1.0, 2.0, 3.0])  # another shape: another size of data
    assert (low.tolist(), high.tolist()) == ([1.0, 2.0, 3.0],) * 2
    assert claims.spread("unknown", 3.0) == (3.0, 3.0)


def test_a_spread_without_name_or_with_nan_is_refused():
    with pytest.raises(ValueError, match="needs the name"):
        claims.spread("", 1.0)
    with pytest.raises(ValueError, match="not all finite"):
        claims.spread("numbers", [1.0, math.nan])


def test_an_experiment_is_read_seed_by_seed(evidence):
    (evidence / "experiments").mkdir()
    seeds = {str(k): {"error": k} for k in (10, 0, 2)}
    (evidence / "experiments" / "budgets.json").write_text(json.dumps({"seeds": seeds}))
    assert [result["error"] for result in claims.experiment("budgets")] == [0, 2, 10]
    with pytest.raises(FileNotFoundError, match="make evidence"):
        claims.experiment("another")


def test_the_log_keeps_the_number_and_the_bounds_of_a_check(tmp_path, monkeypatch):
    log = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COURSE_CLAIMS_LOG", str(log))
    check("small", 0.25, below=0.5)
    check("between", np.float32(0.75), within=(0.5, 1))
    check("large", 3, above=2)
    assert [json.loads(line) for line in log.read_text().splitlines()] == [
        {"kind": "check", "sentence": "small", "measured": 0.25, "below": 0.5, "holds": True},
        {
            "kind": "check",
            "sentence": "between",
            "measured": 0.75,
            "above": 0.5,
            "below": 1,
            "holds": True,
        },
        {"kind": "check", "sentence": "large", "measured": 3, "above": 2, "holds": True},
    ]
    monkeypatch.setenv("COURSE_CLAIMS_KEEP_GOING", "0")
    with pytest.raises(ClaimFailed):
        check("small", 0.75, below=0.5)
    assert json.loads(log.read_text().splitlines()[-1])["holds"] is False


def test_stored_seeds_are_those_of_the_full_set_over_all_chapters(evidence):
    for name, values in (("one", [1.0, 2.0]), ("two", [3.0])):
        content = {
            "claims": [{"sentence": name, "full": values, "sample": [9.0]}],
            "spreads": [{"name": f"spread {name}", "full": [7.0]}],
        }
        (evidence / f"{name}.json").write_text(json.dumps(content))
    assert claims.stored_seeds() == {"one": (1.0, 2.0), "two": (3.0,)}
