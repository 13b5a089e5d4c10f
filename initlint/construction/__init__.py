"""The static ledger: what one constructor builds and draws, and what is known of torch.

In the order of reading:

- What torch draws: knowledge.py with what was measured (torch.json); torchcalls.py, what one call of torch builds and
  draws.
- What is read: parsing.py, trees of texts; slices.py, pieces of files; syntax.py, what their nodes name and assign.
- What is known on the way: values.py, what an expression can be, with groups.py for lists and dictionaries, compare.py
  for comparisons, ranks.py for numbers of dimensions and texts.py for strings; frames.py, a function while it is read;
  run.py, what was built so far and the log.
- How code is read: loops.py, expressions.py, statements.py and visitor.py are one interpreter, each a layer of it.
- What calls do: effects.py, methods.py (of values: here `add_module` defines), others.py (of Python and other
  packages), building.py (classes), torchfunctions.py and calls.py are one object, each a layer of it. hooks.py knows
  the methods that frameworks call, inert.py the code that need not be followed.
- What constructions share: workshop.py, and templates.py for what functions return.
- From the log to the ledger: holders.py, replacements.py and initialising.py answer for finish.py, which makes what
  ledger.py keeps: the definitions, draws, discards and overwrites that the rules see.
"""
