"""Two versions of a project compared, without running either: do they draw the same random streams?

In the order of the flow:

- sides.py reads both versions: folders, files, or revisions through git.py.
- trees.py has the syntax trees of one version, and code.py terms for its code: pieces.py writes a definition down
  without its places and the names of its locals, reach.py follows all that it reaches. What names stand for is in
  bindings.py, for some statements, and names.py, across files. Which statements change what others define is in
  changes.py: statements.py, decorators.py and sketches.py say it of one statement, decorator, file; loading.py, which
  of them have run when a file is imported. reflection.py has what code says of itself. What is known of a file by its
  text alone is kept in kept.py. packages.py has the names of everybody.
- matching.py says which class of one version is which of the other, and which can differ at all. shared.py knows what
  both have alike, so that it need not be followed.
- beside.py follows both versions of a constructor in the interpreter, with what signatures.py says that both are given.
  Its values are terms.py and values.py; what torch draws is in draws.py, of which distribution in distributions.py, how
  much in shapes.py and amounts.py. It leaves a trace (trace.py) and an outline (outline.py), which says what a caller
  can see of the result.
- align.py lays both ledgers side by side, and says for each line whether it is the same and what it shifts; turns.py
  does so for loops, and conditions.py says whether some caller meets other conditions. steps.py says from where to
  where the streams are out of step.
- compare.py makes the answer of it for every class, and words.py, text.py and json.py say it.
"""
