"""Formats for other programs: complete texts, and what the schemas and readers of these formats say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from checking import check_sources
from jsonschema import Draft202012Validator
from test_report import BROKEN, GAMMA, PROJ, REPORT, SOURCE
from xmlschema import XMLSchema

from initlint import __version__, cli, rules
from initlint.config import FORMATS
from initlint.construction.parsing import parse
from initlint.findings import split_lines
from initlint.model import Answer, Edit, Fix, InCell, RuleText, Span, Strategy
from initlint.report import concise, full, github, gitlab, jsonl, junit, rdjson, sarif
from initlint.report import json as json_format
from initlint.report.record import Report
from initlint.rewrite import rewrite, suggest
from initlint.rewrite.suggest import between, suggestions

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
RENDER = {
    "full": full.render,
    "concise": concise.render,
    "json": json_format.render,
    "jsonl": jsonl.render,
    "sarif": sarif.render,
    "github": github.render,
    "gitlab": gitlab.render,
    "rdjson": rdjson.render,
    "junit": junit.render,
}

ODD = "mödels/50% of, it: <&>/a b.py"
"""A path with all that has to be escaped somewhere."""

WIDE = "        é日 = 1; self.gamma = Parameter(torch.randn(dim))\n"
FIX = Fix("Remove `gamma`.", (Edit(Span(1, 17, 1, 57), ""), Edit(Span(1, 9, 1, 9), "# é\n")))

RULES = (("SOH101", "dead-submodule"), ("SOH102", "dead-parameter"))

FULL_REPORT = replace(
    REPORT,
    findings=(
        *REPORT.findings,
        replace(
            GAMMA, path=ODD, span=Span(1, 17, 1, 57), fingerprint="1111111111111111", message="100% `dead`,\x1b\nreally"
        ),
        replace(GAMMA, path=ODD, span=Span(1, 9, 1, 15), draws=Answer.NO, fingerprint="2222222222222222"),
    ),
    lines={"models/attention.py": split_lines(SOURCE), ODD: split_lines(WIDE)},
    fixes={"1111111111111111": FIX},
    rules=tuple(RuleText(code, name, f"What {code} finds.", f"# {code} {name}\n\nWhy.\n") for code, name in RULES),
)
EMPTY = replace(REPORT, findings=(), problems=(), lines={})


def test_every_format_is_here() -> None:
    assert tuple(RENDER) == FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_whole_text(name: str) -> None:
    """To accept an intended change, write the new text into the file and review the difference."""
    text = RENDER[name](FULL_REPORT).replace(f'"version": "{__version__}"', '"version": "0.0.0"')
    assert text == (FOLDER / "snapshots" / f"report.{name}").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found(name: str) -> None:
    text = RENDER[name](EMPTY)
    if name in ("full", "concise", "jsonl", "github"):
        assert text == ""
    elif name == "gitlab":
        assert json.loads(text) == []
    else:
        assert text.endswith("\n")


@cache
def schema(name: str) -> Draft202012Validator:
    text = (FOLDER / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text), format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("report", [FULL_REPORT, EMPTY], ids=["full", "empty"])
def test_sarif_is_valid(report: Report) -> None:
    document = json.loads(sarif.render(report))
    assert [error.message for error in schema("sarif-2.1.0").iter_errors(document)] == []
    broken = json.loads(sarif.render(FULL_REPORT))
    broken["runs"][0]["results"][0]["level"] = "bad"
    assert not schema("sarif-2.1.0").is_valid(broken)


@pytest.mark.parametrize("report", [FULL_REPORT, EMPTY], ids=["full", "empty"])
def test_rdjson_is_valid(report: Report) -> None:
    document = json.loads(rdjson.render(report))
    assert [error.message for error in schema("rdjson").iter_errors(document)] == []
    broken = json.loads(rdjson.render(FULL_REPORT))
    broken["diagnostics"][0]["location"]["range"]["start"]["row"] = 1
    assert not schema("rdjson").is_valid(broken)


def test_sarif_has_what_code_scanning_asks_for() -> None:
    """GitHub wants more than the schema: non-empty texts, relative paths, one line per finding."""
    (run,) = json.loads(sarif.render(FULL_REPORT))["runs"]
    for rule in run["tool"]["driver"]["rules"]:
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
        assert rule["help"]["markdown"].startswith(f"# {rule['id']} {rule['name']}\n")
    for result, finding in zip(run["results"], FULL_REPORT.findings, strict=True):
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert unquote(place["artifactLocation"]["uri"]) == finding.path
        assert re.fullmatch(r"[\w./%~-]+", place["artifactLocation"]["uri"], re.ASCII)
        assert place["region"]["startLine"] == place["region"]["endLine"] == finding.span.line
        assert result["partialFingerprints"] == {"primaryLocationLineHash": finding.fingerprint}
        assert result["message"]["text"].startswith(finding.message)
    assert [result.get("ruleIndex") for result in run["results"]] == [1, 0, None, 1, 1]
    assert [len(result.get("fixes", ())) for result in run["results"]] == [0, 0, 0, 1, 0]


def test_a_path_outside_of_the_folder_is_a_whole_uri() -> None:
    report = replace(FULL_REPORT, folder="/project/docs")
    (run,) = json.loads(sarif.render(report))["runs"]
    uri = run["results"][3]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.startswith("file:///")
    assert unquote(uri).endswith(f"/project/{ODD}")


@pytest.mark.parametrize("report", [FULL_REPORT, EMPTY], ids=["full", "empty"])
def test_junit_is_valid(report: Report) -> None:
    schema = XMLSchema(str(FOLDER / "schemas" / "junit-10.xsd"))
    schema.validate(junit.render(report))
    assert not schema.is_valid(junit.render(report).replace(' errors="0"', ""))


def ruff(folder: Path, output_format: str) -> str:
    """What ruff writes about a file in a format that it shares with initlint."""
    (folder / "a.py").write_text("import os\n")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--output-format", output_format, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60).stdout


def shape(value: Any) -> Any:
    """The keys and types of a document; of a list, those of all its items together."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [shape(item) for item in value]
        return [{key: part for item in items for key, part in item.items()}] if items else []
    return type(value)


def within(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and all(key in theirs and within(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return isinstance(theirs, list) and all(within(item, theirs[0]) for item in ours)
    return bool(ours == theirs)


def test_gitlab_reads_what_ruff_writes(tmp_path: Path) -> None:
    document = json.loads(gitlab.render(FULL_REPORT))
    assert shape(document) == shape(json.loads(ruff(tmp_path, "gitlab")))
    assert {issue["severity"] for issue in document} <= {"info", "minor", "major", "critical", "blocker"}
    assert len({issue["fingerprint"] for issue in document}) == len(document)


def test_reviewdog_reads_what_ruff_writes(tmp_path: Path) -> None:
    theirs = shape(json.loads(ruff(tmp_path, "rdjson")))
    theirs["diagnostics"][0]["severity"] = theirs["severity"]
    document = json.loads(rdjson.render(FULL_REPORT))
    assert within(shape(document), theirs)
    assert {each["severity"] for each in document["diagnostics"]} == {"ERROR", "WARNING", "INFO"}


def test_reviewdog_counts_bytes() -> None:
    found = json.loads(rdjson.render(FULL_REPORT))["diagnostics"][3]
    line = WIDE.encode()
    start, end = (found["location"]["range"][side]["column"] - 1 for side in ("start", "end"))
    assert line[start:end] == b"self.gamma = Parameter(torch.randn(dim))"
    assert found["suggestions"][1] == {
        "range": {"start": {"line": 1, "column": 9}, "end": {"line": 1, "column": 9}},
        "text": "# é\n",
    }


COMMAND = re.compile(r"::(?:error|warning|notice) ((?:\w+=[^,:]*)(?:,\w+=[^,:]*)*)::(.*)\n")


def test_github_reads_what_ruff_writes(tmp_path: Path) -> None:
    theirs = COMMAND.fullmatch(ruff(tmp_path, "github"))
    assert theirs is not None
    known = {part.partition("=")[0] for part in theirs[1].split(",")}
    lines = github.render(FULL_REPORT).splitlines(keepends=True)
    assert len(lines) == len(FULL_REPORT.findings)
    for line, finding in zip(lines, FULL_REPORT.findings, strict=True):
        ours = COMMAND.fullmatch(line)
        assert ours is not None
        properties = dict(part.split("=", 1) for part in ours[1].split(","))
        assert unquote(properties["file"]) == finding.path
        one_line = finding.span.line == finding.span.end_line
        assert set(properties) == (known if one_line else known - {"col", "endColumn"})
        assert finding.message in unquote(ours[2])


def test_jsonl_is_the_json_report_line_by_line() -> None:
    document = json.loads(json_format.render(FULL_REPORT))
    assert [json.loads(line) for line in jsonl.render(FULL_REPORT).splitlines()] == document["findings"]


@pytest.fixture
def initlint(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command on the story: status, output, errors."""
    monkeypatch.chdir(ROOT)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.run(["--no-cache", "fixtures/story/project2", *arguments])
        return (status, *capfd.readouterr())

    return run


def test_the_command_line_writes_each(initlint: Callable[..., tuple[int, str, str]]) -> None:
    """A real run: the paths are those of this folder, as a service that runs here knows them."""
    path = "fixtures/story/project2/models/attention.py"
    for name in FORMATS:
        status, output, _ = initlint("--output-format", name)
        assert status == 1
        assert ("models/attention.py" if name in ("json", "jsonl") else path) in output
    document = json.loads(initlint("--output-format", "sarif")[1])
    assert schema("sarif-2.1.0").is_valid(document)
    driver = document["runs"][0]["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == list(rules.CODES)


def test_statistics_in_each_format_that_has_a_place(initlint: Callable[..., tuple[int, str, str]]) -> None:
    row = {"code": "SOH102", "name": "dead-parameter", "count": 1}
    expected = dict.fromkeys(("full", "concise"), "1  SOH102  dead-parameter\n")
    expected |= {"json": json.dumps([row], indent=2) + "\n", "jsonl": json.dumps(row) + "\n"}
    for name in FORMATS:
        status, output, errors = initlint("--statistics", "--output-format", name)
        assert (status, output) == ((1, expected[name]) if name in expected else (2, ""))
        said = f"initlint: error: `--statistics` cannot be written as {name}, only as full, concise, json or jsonl\n"
        assert name in expected or errors == said


def test_the_worst_is_said_loudest() -> None:
    words = [issue["severity"] for issue in json.loads(gitlab.render(FULL_REPORT))]
    assert words == ["major", "minor", "critical", "major", "minor"]
    assert (GAMMA.code, PROJ.code, BROKEN.code) == ("SOH102", "SOH101", "SOH901")


def test_a_finding_in_a_notebook_stands_on_a_line_of_the_file() -> None:
    inside = replace(GAMMA, path="a.ipynb", cell=InCell(2, 57))
    report = replace(REPORT, findings=(inside,), lines={inside.place: split_lines(SOURCE)})
    (issue,) = json.loads(gitlab.render(report))
    assert issue["location"] == {
        "path": "a.ipynb",
        "positions": {"begin": {"line": 57, "column": 1}, "end": {"line": 57, "column": 1}},
    }
    assert "file=a.ipynb,line=57,endLine=57,col=1,endColumn=1::a.ipynb:cell 2:3:9: SOH102 " in github.render(report)
    (run,) = json.loads(sarif.render(report))["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 57
    assert json.loads(rdjson.render(report))["diagnostics"][0]["location"]["range"]["start"]["line"] == 57
    assert ">a.ipynb:cell 2:3:9: SOH102 " in junit.render(report)


def applied(text: str, edits: tuple[Edit, ...]) -> str:
    lines = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]
    for edit in reversed(edits):
        start, end = (
            lines[line - 1] + column - 1
            for line, column in ((edit.span.line, edit.span.column), (edit.span.end_line, edit.span.end_column))
        )
        text = text[:start] + edit.text + text[end:]
    return text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\nc\n", "a\nc\n"),
        ("a\r\nb\r\nc", "a\r\nb"),
        ("a\nb", "a\n"),
        ("a\nb\nc\nd\ne\n", "x\na\nc\ny\ne\n"),
        ("a", ""),
        ("", "a\n"),
        ("same\n", "same\n"),
    ],
)
def test_edits_turn_one_text_into_the_other(before: str, after: str) -> None:
    assert applied(before, tuple(between(before, after))) == after


MANY = "from torch import nn\n" + "".join(
    f"""

# the net of {number}
class Net{number}(nn.Module):
    def __init__(self):
        super().__init__()
        self.old = nn.Linear(1, {number})
        for k in range({number}):
            self.add_module(f"unused{{k}}", nn.Linear(1, 1))
        self.last = nn.Linear(1, 1)
"""
    for number in range(1, 9)
)


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("break_", ["\n", "\r\n"])
def test_a_suggestion_is_what_is_written_for_a_finding_alone(end: str, break_: str) -> None:
    source = (MANY.rstrip() + end).replace("\n", break_)
    found = check_sources({"a.py": source})
    fixes = suggestions(source.encode(), found)
    assert len(fixes) == len(found) == 24
    for finding in found:
        alone = rewrite(source.encode(), [finding], Strategy.REMOVE)
        assert applied(source, fixes[finding.fingerprint].edits) == alone.source.decode()


def test_for_a_suggestion_its_own_class_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = check_sources({"a.py": MANY})
    read: list[int] = []
    monkeypatch.setattr(suggest, "parse", lambda text: read.append(len(text)) or parse(text))
    suggestions(MANY.encode(), found)
    assert len(read) == len(found)
    assert max(read) < len(MANY) / 4


def test_real_fixes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """What SARIF and rdjson offer is what `--fix remove` would write."""
    source = "\ufeff" + (ROOT / "fixtures" / "story" / "project2" / "models" / "attention.py").read_text()
    source = source.replace("self.gamma", "é = 1; self.gamma")
    (tmp_path / "pyproject.toml").write_text("")
    path = tmp_path / "attention.py"
    path.write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def output(*arguments: str) -> str:
        cli.run(["--no-cache", "--select", "SOH102", *arguments])
        return capfd.readouterr().out

    document = json.loads(output("--output-format", "sarif"))
    assert schema("sarif-2.1.0").is_valid(document)
    ((fix,),) = (result["fixes"] for result in document["runs"][0]["results"])
    assert fix["description"]["text"] == "Remove `gamma`; what is drawn after it gets other numbers"
    replacements = fix["artifactChanges"][0]["replacements"]
    sarif_edits = tuple(
        Edit(
            Span(*(each["deletedRegion"][key] for key in ("startLine", "startColumn", "endLine", "endColumn"))),
            each.get("insertedContent", {"text": ""})["text"],
        )
        for each in replacements
    )
    (found,) = json.loads(output("--output-format", "rdjson"))["diagnostics"]
    assert [each["text"] for each in found["suggestions"]] == [edit.text for edit in sarif_edits]
    output("--fix", "remove")
    mended = path.read_text(encoding="utf-8")
    assert "self.gamma" not in mended
    assert applied(source.removeprefix("\ufeff"), sarif_edits) == mended.removeprefix("\ufeff")
