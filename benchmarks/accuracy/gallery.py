"""Write docs/gallery.md: findings in released libraries that were read by hand, with the lines they are about.

    python benchmarks/accuracy/gallery.py LIBRARIES > docs/gallery.md

LIBRARIES is a folder that holds a release of each library, put there by `pip install --target LIBRARIES/NAME NAME`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHOSEN = {
    "transformers": (
        "XcodecModel.fc1",
        "VitsModel.posterior_encoder",
        "XPathEmbeddings.xpath_unitseq2_embeddings",
        "TvpVisualInputEmbedding.position_embeddings",
        "VisualBertForRegionToPhraseAlignment.cls",
        "LukeEmbeddings.position_embeddings",
    ),
    "diffusers": ("AceStepTimbreEncoder.special_token",),
    "espnet": ("NaiveRNN.decoder",),
    "flair": ("SequenceTagger.lstm_init_h",),
    "monai": ("PointMappingSAM.class_embeddings",),
    "pytorch_forecasting": ("TIDE.outLinear",),
    "speechbrain": ("RoPEMHA.qk_proj_weight",),
    "super_gradients": ("Decoder.inconv",),
    "torch_geometric": ("Polynormer.lin_in",),
}

VERDICTS = Path(__file__).with_name("verdicts.jsonl")
NAMED = 6
"""Shifted definitions that are named."""

HEAD = """# Gallery

Findings in released libraries, each confirmed by reading the code: no line of the library reads the definition. All
verdicts, each with a reason, are in `benchmarks/accuracy/verdicts.jsonl`. Such a definition does no harm to those who
only load weights. In a training from a seed, it changes the numbers of everything that it shifts.
"""


def main(libraries: Path) -> Iterator[str]:
    verdicts = [json.loads(line) for line in VERDICTS.read_text(encoding="utf-8").splitlines()]
    yield HEAD
    for library, names in CHOSEN.items():
        found = findings(libraries / library)
        for name in names:
            cls, _, attribute = name.partition(".")
            of_that = [row for row in verdicts if (row["class"], row["attribute"]) == (cls, attribute)]
            row = next(row for row in of_that if row["library"] == library and "modular_" not in row["file"])
            same = [f for f in found if (f["path"], f["attribute"]) == (row["file"], attribute)]
            if not same:
                raise SystemExit(f"{row['file']}: {name} is not found any more")
            yield entry(row, same[0], libraries / library)


def findings(library: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "initlint", "--isolated", "--output-format", "json", str(library)]
    run = subprocess.run(command, capture_output=True, check=False)
    found: list[dict[str, Any]] = json.loads(run.stdout)["findings"]
    return found


def entry(row: dict[str, str], finding: dict[str, Any], library: Path) -> str:
    text = (library / finding["path"]).read_text(encoding="utf-8")
    lines = text.splitlines()[finding["line"] - 1 : finding["end_line"]]
    indent = len(lines[0]) - len(lines[0].lstrip())
    code = "\n".join(line[indent:] for line in lines)
    return f"""
## {row["library"]} {row["version"]}: `{finding["class"]}.{finding["attribute"]}`

`{finding["path"]}`, line {finding["line"]}, {finding["code"]}

```python
{code}
```

- dead: {row["reason"]}
- shifts: {shifts(finding)}
"""


def shifts(finding: dict[str, Any]) -> str:
    names = [f"`{name}`" for name in finding["shifts"]]
    rest = f"{len(names) - NAMED} more of the class" if len(names) > NAMED else ""
    return ", ".join(filter(None, [*names[:NAMED], rest])) + (" and " if names else "") + "everything built afterwards"


if __name__ == "__main__":
    sys.stdout.write("".join(main(Path(sys.argv[1]))))
