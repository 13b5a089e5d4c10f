"""A JUnit report: a suite for each file with findings, a failed test for each finding."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from initlint.model import Finding
from initlint.report import concise
from initlint.report.record import Report

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    count = len(report.findings)
    suites = Element("testsuites", name="initlint", tests=str(count or 1), failures=str(count), errors="0")
    for path, findings in groupby(report.findings, key=lambda finding: finding.path):
        _suite(suites, report, report.located(path), list(findings))
    if not count:  # without a test some services take the report for broken
        suite = SubElement(suites, "testsuite", name="initlint", tests="1", failures="0", errors="0")
        SubElement(suite, "testcase", name="nothing found", classname="initlint")
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def _suite(suites: Element, report: Report, path: str, findings: list[Finding]) -> None:
    count = str(len(findings))
    suite = SubElement(suites, "testsuite", name=_clean(path), tests=count, failures=count, errors="0")
    for finding in findings:
        name = f"{finding.code} {finding.cls}.{finding.attribute}".rstrip(". ")
        case = SubElement(suite, "testcase", name=_clean(name), classname=_clean(path))
        failure = SubElement(case, "failure", type=finding.code, message=_clean(finding.message))
        failure.text = _clean(concise.advised(finding, report))


def _clean(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
