"""Notebooks are read as sources, cell by cell; what only IPython understands does no harm."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli import CLEAN, MODEL, environment, initlint_

from initlint.errors import Unreadable
from initlint.notebooks import cells, python, source, with_source

CLASS = MODEL.partition("\n\n\n")[2]


def notebook(*texts: str | tuple[str, str], **more: Any) -> dict[str, Any]:
    """A notebook of code cells, and of others given as (type, text), as Jupyter writes it."""
    given = [("code", text) if isinstance(text, str) else text for text in texts]
    return {
        "cells": [
            {
                "cell_type": kind,
                "id": f"cell-{number}",
                "metadata": {},
                **({"execution_count": None, "outputs": []} if kind == "code" else {}),
                "source": text.splitlines(keepends=True),
            }
            for number, (kind, text) in enumerate(given)
        ],
        "metadata": {"kernelspec": {"name": "python3", "language": "python"}, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
        **more,
    }


def written(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def save(path: Path, *texts: str | tuple[str, str], **more: Any) -> Path:
    path.write_bytes(written(notebook(*texts, **more)))
    return path


Found = tuple[str, int | None, int, int, str, str]


def findings(folder: Path, *arguments: str) -> list[Found]:
    document = json.loads(initlint_(folder, *arguments, "--output-format", "json").stdout)
    names = ("path", "cell", "line", "column", "code", "attribute")
    return [tuple(finding[name] for name in names) for finding in document["findings"]]  # type: ignore[misc]


INTRODUCTION = ("markdown", "# Title\n\nText with `code`")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    save(tmp_path / "net.ipynb", INTRODUCTION, "import torch.nn as nn\n", "%matplotlib inline\n\n" + CLASS, "Net()(1)")
    return tmp_path


FOUND: list[Found] = [("net.ipynb", 3, 7, 9, "SOH101", "spare")]


def test_a_finding_names_its_cell(project: Path) -> None:
    assert findings(project) == findings(project, "net.ipynb") == FOUND
    shown = initlint_(project, "--output-format", "concise").stdout
    assert shown.startswith("net.ipynb:cell 3:7:9: SOH101 submodule `spare` of `Net` is never used")


def test_the_cell_is_shown_as_it_stands(project: Path) -> None:
    save(project / "net.ipynb", "import torch.nn as nn", CLASS.replace("self.spare", "!ls\n        self.spare", 1))
    shown = initlint_(project).stdout.splitlines()
    assert shown[0].startswith("net.ipynb:cell 2:6:9: SOH101")
    assert shown[1:6] == [
        "    |",
        "  5 |         !ls",
        "> 6 |         self.spare = nn.Linear(1, 1)",
        "    |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "  7 |",
    ]


def test_cells_see_each_other_and_other_files(project: Path) -> None:
    save(project / "net.ipynb", "import torch.nn as nn", CLASS, "net = Net()", "%time net.spare(1)")
    assert findings(project) == []
    save(project / "net.ipynb", "from model import Net\nNet().spare(1)")
    (project / "model.py").write_text(MODEL)
    assert findings(project) == findings(project, "model.py") == []
    (project / "net.ipynb").unlink()
    assert findings(project) == [("model.py", None, 8, 9, "SOH101", "spare")]


def test_a_comment_suppresses_in_a_cell(project: Path) -> None:
    line = "self.spare = nn.Linear(1, 1)"
    save(project / "net.ipynb", "import torch.nn as nn", CLASS.replace(line, f"{line}  # initlint: ignore[SOH101] old"))
    assert findings(project) == []


def test_a_buffer_can_be_a_notebook(project: Path) -> None:
    buffer = written(notebook("import torch.nn as nn", CLASS))
    run = subprocess.run(
        [sys.executable, "-m", "initlint", "-", "--stdin-filename", "new.ipynb", "--output-format", "concise"],
        cwd=project,
        env=environment(),
        input=buffer,
        capture_output=True,
        timeout=60,
    )
    assert run.stdout.startswith(b"new.ipynb:cell 2:5:9: SOH101 ")


def test_outputs_do_not_matter_to_the_cache(project: Path) -> None:
    first = findings(project)
    document = json.loads((project / "net.ipynb").read_text())
    document["cells"][0]["source"] = ["# Another title\n", "\n", "and more"]
    document["cells"][3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x" * 5_000_000]}]
    (project / "net.ipynb").write_bytes(written(document))
    assert findings(project) == first == FOUND


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 1, "the notebook is not valid JSON: Input data was truncated"),
        ('{"cells": [\n {]}', 2, "the notebook is not valid JSON: JSON is malformed: object keys must be strings"),
        ("[]", 1, "the file is not a notebook of format 4: expected `object`, got `array`"),
        ('{"worksheets": []}', 1, "the file is not a notebook of format 4: object missing required field `cells`"),
        (
            '{"cells": [{"cell_type": "code", "source": 5}]}',
            1,
            "the file is not a notebook of format 4: expected `str | array`, got `int`",
        ),
    ],
)
def test_what_is_no_notebook_is_said(project: Path, text: str, line: int, sentence: str) -> None:
    (project / "net.ipynb").write_text(text)
    with pytest.raises(Unreadable) as caught:
        source(text.encode())
    assert (caught.value.line, caught.value.reason) == (line, sentence)
    assert findings(project) == [("net.ipynb", None, line, 1, "SOH901", "")]
    assert sentence in initlint_(project).stdout


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"language": "R"}},
        {"language_info": {"name": "julia"}, "kernelspec": {"language": "python"}},
    ],
)
def test_other_languages_are_passed_over(project: Path, metadata: dict[str, Any]) -> None:
    save(project / "net.ipynb", "import torch.nn as nn", CLASS, "this is <- not python", metadata=metadata)
    assert findings(project) == []


@pytest.mark.parametrize("metadata", [{}, {"kernelspec": None}, {"kernelspec": {}, "language_info": 5}])
def test_without_a_word_on_the_language_it_is_python(project: Path, metadata: dict[str, Any]) -> None:
    save(project / "net.ipynb", "import torch.nn as nn", CLASS, metadata=metadata)
    assert findings(project) == [("net.ipynb", 2, 5, 9, "SOH101", "spare")]


def test_a_cell_in_another_language(project: Path) -> None:
    document = notebook("import torch.nn as nn", "SELECT * FROM", CLASS)
    document["cells"][1]["metadata"] = {"vscode": {"languageId": "sql"}}
    (project / "net.ipynb").write_bytes(written(document))
    assert findings(project) == [("net.ipynb", 3, 5, 9, "SOH101", "spare")]


def test_a_broken_cell_is_named_and_costs_no_other(project: Path) -> None:
    save(project / "net.ipynb", "import torch.nn as nn", "def broken(:\n    pass", CLASS)
    assert findings(project) == [("net.ipynb", 2, 1, 1, "SOH901", ""), ("net.ipynb", 3, 5, 9, "SOH101", "spare")]


def test_every_line_of_a_cell_has_a_line_in_the_file() -> None:
    document = notebook("a = 1\nb = 2\n", INTRODUCTION, "c = 3", "", "d = 4", "d = 4")
    data = written(document)
    lines = data.decode().splitlines()
    shown = {
        line: lines[cell.file_line(number) - 1].strip().strip('",').removesuffix("\\n")
        for cell in cells(data)
        for number, line in enumerate(cell.text.split("\n"), 1)
        if line
    }
    assert shown == {line: line for line in ("a = 1", "b = 2", "c = 3", "d = 4")}
    first, second = (cell.file_line(1) for cell in cells(data)[-2:])
    assert first < second
    assert [cell.file_line(1) for cell in cells(json.dumps(document).encode())] == [1, 1, 1, 1, 1]


def test_a_source_may_be_one_string_with_any_line_ends() -> None:
    document = notebook("")
    document["cells"][0]["source"] = "a = 1\r\nb = 'é'\rc = 3"
    assert source(b"\xef\xbb\xbf" + written(document)).decode() == "a = 1\nb = 'é'\nc = 3\n"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%matplotlib inline\nx = 1", "pass;       inline\nx = 1"),
        ("%pip install -q --upgrade torch>=2\n", "pass;                     torch>=2\n"),
        ("!pip install torch \\\n  numpy\nx", "pass\n\nx"),
        ("files = !ls *.pt", "files = None"),
        ("r = %timeit -o model(x)", "r =            model(x)"),
        ("%timeit -n 3 model.head(x)", "pass;        model.head(x)"),
        ("%time y = model(x)", "pass; y = model(x)"),
        ("if colab:\n    !nvidia-smi\n", "if colab:\n    pass\n"),
        ("model?\n?model\nmodel.head??", "pass\npass\npass"),
        ('s = """\n%not\n!magic\n"""\n%cd ..', 's = """\n%not\n!magic\n"""\npass'),
        ("y = (a\n  % b)\nz = a \\\n  % b", "y = (a\n  % b)\nz = a \\\n  % b"),
        ("s = 'it''s # %'\nt = '''\n!x'''\n", "s = 'it''s # %'\nt = '''\n!x'''\n"),
        ("# why?\nx = a != b", "# why?\nx = a != b"),
        ("%%time\ny = model(x)\n%time z\n", "pass\ny = model(x)\npass; z\n"),
        ("\n%%bash -x\nls -l foo\n", "\npass;  -x\n\n"),
        ("%%writefile x.py\nclass A:\n    pass", "pass;       x.py\nclass A:\n    pass"),
        ("%%html\n<b>x</b>", "pass\n"),
        ("await f()\n", "await f()\n"),
    ],
)
def test_what_is_no_python_makes_room(cell: str, expected: str) -> None:
    assert python(cell) == expected
    assert expected.count("\n") == cell.count("\n")


@pytest.mark.parametrize("indent", [1, 4, None])
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("as_list", [False, True])
def test_a_fix_writes_only_the_cell_that_changes(project: Path, indent: int, ascii_only: bool, as_list: bool) -> None:
    cell = "%load_ext autoreload\n# größer\n\n" + CLASS + "\n!ls\n"
    before = notebook(INTRODUCTION, "import torch.nn as nn\n%pip list", cell, "%time Net()(1)")
    after = notebook(
        INTRODUCTION,
        "import torch.nn as nn\n%pip list",
        cell.replace("        self.spare = nn.Linear(1, 1)\n", ""),
        "%time Net()(1)",
    )
    for document in (before, after):
        document["cells"][3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["é"]}]
        for each in document["cells"]:
            each["source"] = each["source"] if as_list else "".join(each["source"])
    text, expected = (json.dumps(document, indent=indent, ensure_ascii=ascii_only) for document in (before, after))
    (project / "net.ipynb").write_text(text, encoding="utf-8", newline="")
    run = initlint_(project, "--fix", "remove")
    assert (run.returncode, (project / "net.ipynb").read_text(encoding="utf-8")) == (0, expected)


def test_a_fix_that_cannot_be_made_names_the_cell(project: Path) -> None:
    save(project / "net.ipynb", "import torch.nn as nn", CLASS, "def broken(:")
    before = (project / "net.ipynb").read_bytes()
    run = initlint_(project, "--fix", "remove")
    assert "net.ipynb:cell 2:5:9: SOH101 `spare` is left as it is: the file cannot be parsed" in run.stderr
    assert (project / "net.ipynb").read_bytes() == before


@pytest.mark.parametrize("ascii_only", [False, True])
def test_ignores_are_written_into_the_cells(project: Path, ascii_only: bool) -> None:
    """A comment goes to the end of the statement in its cell; everything else keeps its bytes."""
    spare = "        self.spare = nn.Linear(1, 1)"
    wide = "        self.spare = nn.Sequential(\n            nn.Linear(1, 1),\n        )"
    other = CLASS.replace("Net", "Other").replace(spare, wide)
    texts = ["%matplotlib inline\nfrom torch import nn", ("markdown", "# é"), "# é\n" + CLASS, "# é\n" + other]

    def saved(*texts: Any) -> bytes:
        return (json.dumps(notebook(*texts), indent=1, ensure_ascii=ascii_only) + "\n").encode()

    path = project / "explore.ipynb"
    path.write_bytes(saved(*texts))
    run = initlint_(project, "--add-ignores", "--reason", "später")
    assert (run.returncode, run.stderr.splitlines()[0]) == (0, "initlint: explore.ipynb: 2 lines written")
    comment = "  # initlint: ignore[SOH101] später"
    first, second = (text.replace(old, old + comment) for text, old in ((texts[2], spare), (texts[3], wide)))
    assert path.read_bytes() == saved(*texts[:2], first, second)


@pytest.mark.parametrize("option", [("--fix", "remove"), ("--add-ignores",)])
@pytest.mark.parametrize("indent", [1, None])
def test_cells_and_outputs_that_say_the_same_are_told_apart(
    project: Path, option: tuple[str, ...], indent: int | None
) -> None:
    spare = "        self.spare = nn.Linear(1, 1)\n"
    line = "" if option[0] == "--fix" else spare.replace("\n", "  # initlint: ignore[SOH101]\n")
    cell = "import torch.nn as nn\n\n" + CLASS

    def saved(text: str) -> str:
        document = notebook(cell, cell)
        for each in document["cells"]:
            each["source"], each["outputs"] = text, [{"output_type": "stream", "name": "stdout", "text": cell}]
        return json.dumps(document, indent=indent)

    (project / "net.ipynb").write_text(saved(cell), newline="")
    run = initlint_(project, *option)
    assert (run.returncode, (project / "net.ipynb").read_text()) == (0, saved(cell.replace(spare, line)))


def test_the_diff_of_a_notebook(project: Path) -> None:
    run = initlint_(project, "--diff")
    changed = [line for line in run.stdout.splitlines() if line[:1] in "+-"]
    assert changed == ["--- net.ipynb", "+++ net.ipynb", '-    "        self.spare = nn.Linear(1, 1)\\n",']


def test_a_change_over_several_cells_is_refused() -> None:
    data = written(notebook("a = 1", "b = 2", "c = 3"))
    assert with_source(data, b"a = 1\nb = 2\nc = 3\n") == data
    assert with_source(data, b"x = (\n1)\nc = 3\n") is None
    assert with_source(data, b"a = 1\nc = 3\n") is None


PIECES = (
    "%",
    "%%",
    "!",
    "?",
    " ",
    "\n",
    "\\\n",
    "(",
    ")",
    "'",
    '"',
    "'" * 3,
    "#",
    "=",
    "x",
    "y = ",
    "é",
    "\f",
    "\u2028",
)


@settings(deadline=None, database=None)
@given(st.lists(st.lists(st.sampled_from(PIECES)).map("".join), max_size=3))
def test_every_line_keeps_its_place_whatever_a_cell_holds(texts: list[str]) -> None:
    data = written(notebook(*texts))
    whole = source(data)
    assert [python(text).count("\n") for text in texts] == [text.count("\n") for text in texts]
    assert [python(text) for text in texts if not set(text) & set("%!?")] == [
        text for text in texts if not set(text) & set("%!?")
    ]
    assert whole.count(b"\n") == sum(text.count("\n") + 1 for text in texts)
    assert with_source(data, whole) == data


def test_checkpoints_are_left_out(project: Path) -> None:
    (project / ".ipynb_checkpoints").mkdir()
    save(project / ".ipynb_checkpoints" / "net-checkpoint.ipynb", "import torch.nn as nn", CLASS)
    assert findings(project) == FOUND


def test_a_used_layer_is_no_finding(project: Path) -> None:
    save(project / "net.ipynb", "import torch.nn as nn", CLEAN.partition("\n\n\n")[2])
    assert initlint_(project).returncode == 0
