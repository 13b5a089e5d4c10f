"""Two versions of a project compared, without running either: do they draw the same random streams?

In the order of the flow:

- Both versions: sides.py reads folders, files, or revisions through git.py.
- Code as terms that can be compared: trees.py has the syntax trees, pieces.py writes a definition without places and
  names of locals, reach.py follows everything that it reaches, and code.py puts this together for one version.
- What names stand for: bindings.py after some statements, names.py across files, packages.py in other packages.
- What changes the definitions of others: changes.py, with statements.py, decorators.py and sketches.py for a single
  statement, decorator and file; loading.py: which of them have run when a file is imported. reflection.py: what code
  says about itself. kept.py caches what depends on the text of a file alone.
- Which classes to follow: matching.py finds the pairs of classes and which of them can differ at all, shared.py what
  both versions share, which need not be followed.
- Following a pair: beside.py runs both versions of a constructor in the interpreter, with the arguments of
  signatures.py. terms.py and values.py are the values; draws.py, distributions.py, shapes.py and amounts.py know what
  torch draws, from which distribution and how much. The result is a trace (trace.py) and an outline (outline.py) of
  what a caller can see.
- Comparing two ledgers: align.py puts them side by side and says of each line whether it is the same and what it
  shifts; turns.py does so for loops, conditions.py finds out whether some caller meets other conditions, and shifts.py
  where the streams are out of step.
- The answer: compare.py for every class; words.py, text.py and json.py put it into words.
"""
