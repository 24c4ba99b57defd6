"""A comparison as JUnit XML: a suite a candidate, a case a row; what CI systems show as tests."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from driftline.gating import NO_GO, UNDECIDED, GateAnswer
from driftline.reports.comparison import Judged, Row, name_of

# What XML 1.0 has no place for, not even as an escape.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(judged: Sequence[Judged], answers: Sequence[tuple[str, GateAnswer]] = ()) -> str:
    """A failure is a regression at fail level, or a rule that decides NO-GO; what is open or cannot be compared is
    skipped, with its reason. With a gate the rows only tell: the gate decides."""
    suites = ET.Element("testsuites", name="driftline compare")
    for subject, answer in answers:
        _add_gate(suites, subject, answer)
    for one in judged:
        failed = [not answers and one.fails(row) for row in one.shown]
        skipped = [not is_failed and _is_open(row) for row, is_failed in zip(one.shown, failed, strict=True)]
        suite = ET.SubElement(
            suites, "testsuite", name=_text(f"{one.candidate} against {one.comparand.baseline}"),
            tests=str(len(one.shown)), failures=str(sum(failed)), errors="0", skipped=str(sum(skipped)), time="0",
        )  # fmt: skip
        for row, is_failed, is_skipped in zip(one.shown, failed, skipped, strict=True):
            name = name_of(row) + (f" vs {row['reference']}" if row["reference"] else "")
            case = ET.SubElement(
                suite, "testcase", name=_text(name), classname=_text(f"{one.comparand.side}.{row['metric']}"), time="0"
            )
            said = _text(row["reason"])
            if is_failed:
                ET.SubElement(case, "failure", message=said, type=row["verdict"]).text = said
            elif is_skipped:
                ET.SubElement(case, "skipped", message=said)
            else:
                ET.SubElement(case, "system-out").text = said
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True)


def _add_gate(suites: ET.Element, subject: str, answer: GateAnswer) -> None:
    broken = [finding for finding in answer.findings if finding.decides == NO_GO]
    undecided = [finding for finding in answer.findings if finding.decides == UNDECIDED]
    suite = ET.SubElement(
        suites, "testsuite", name=_text(f"gate for {subject}: {answer.answer}"), tests=str(len(answer.findings)),
        failures=str(len(broken)), errors="0", skipped=str(len(undecided)), time="0",
    )  # fmt: skip
    for finding in answer.findings:
        name = f"{finding.rule.name} ({finding.rule.tier})"
        case = ET.SubElement(suite, "testcase", name=_text(name), classname="gate", time="0")
        said = _text(f"{finding.state}: {finding.why}")
        if finding in broken:
            ET.SubElement(case, "failure", message=said, type=finding.state).text = said
        elif finding in undecided:
            ET.SubElement(case, "skipped", message=said)
        else:
            ET.SubElement(case, "system-out").text = said


def _is_open(row: Row) -> bool:
    return row["verdict"] in ("not comparable", "inconclusive", "suspect")


def _text(value: str) -> str:
    return _FORBIDDEN.sub("\ufffd", value)
