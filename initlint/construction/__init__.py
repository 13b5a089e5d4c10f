"""The static ledger: what one constructor builds and draws, and what is known about torch.

In the order of reading:

- What torch draws: knowledge.py with the measured data (torch.json); torchcalls.py for one call of torch.
- Source: parsing.py, trees of texts; slices.py, pieces of files; syntax.py, what their nodes name and assign.
- State: values.py, the values of expressions, with groups.py for lists and dictionaries, compare.py for comparisons,
  ranks.py for numbers of dimensions and texts.py for strings; frames.py, a function while it is read; run.py, what was
  built so far and the log.
- Reading code: loops.py, expressions.py, statements.py and visitor.py are the layers of one interpreter.
- Calls: effects.py, methods.py (of values: here `add_module` defines), others.py (Python and other packages),
  building.py (classes), torchfunctions.py and calls.py are the layers of one object. hooks.py knows the methods that
  frameworks call, inert.py the code that need not be followed.
- Shared by all constructions: workshop.py, and templates.py for the results of functions.
- From the log to the ledger: holders.py, replacements.py and initialising.py answer for finish.py, which makes the
  records of ledger.py: the definitions, draws, discards and overwrites that the rules see.
"""
