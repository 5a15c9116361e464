"""Whatever a home tells of a fall has words in every language."""

import re
from pathlib import Path

import pytest

import edge.fall
from cloud.words import LOCALES, catalogue
from contract.messages import Severity
from edge.fall.suspicion import FallKind
from edge.home_doubts import WORDS

SOURCES = [path.read_text(encoding="utf-8") for path in Path(edge.fall.__path__[0]).glob("*.py")]
TOLD = {found for text in SOURCES for found in re.findall(r'Evidence\(\s*"(\w+)", [^"]*"(\w+)"', text)}


def test_the_evidence_is_found_in_the_sources():
    assert ("drop_m", "m") in TOLD
    assert len(TOLD) >= 12


@pytest.mark.parametrize("locale", LOCALES)
def test_every_reason_kind_severity_and_fault_has_words(locale: str):
    words = catalogue(locale)
    wanted = {f"codes.evidence.{code}" for code, _ in TOLD} | {f"codes.unit.{unit}" for _, unit in TOLD}
    wanted |= {f"codes.fall_kind.{kind}" for kind in FallKind}
    wanted |= {f"codes.severity.{grave}" for grave in Severity}
    wanted |= {f"codes.fault.{code}" for code, _ in WORDS.values()}
    wanted |= {
        f"codes.fault.{code}"
        for code in ("mount_moved", "too_many_questions", "light_failed", "scorer_unusable")
    }
    assert wanted - words.keys() == set()
