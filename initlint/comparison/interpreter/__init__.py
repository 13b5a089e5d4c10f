"""The interpreter: runs a constructor or function with values that are terms over what its caller passes.

A `Run` (run.py) is the state of a `Machine` and the functions that call each other. All other modules are functions
over a run, and each uses only those listed before it:

- State: cells.py (what changes over time), machine.py (events, choices, both arms of a condition).
- loops.py: one turn for all turns of a loop. owners.py: what holds the numbers of a draw in the end.
- described.py: values as terms and as outlines. drawing.py: draws, and calls that are not followed.
- Values: containers.py, iteration.py, operators.py, questions.py (classes and attributes of values).
- Names: lookup.py; registries.py for tables that decorators fill at import.
- torch: filling.py, torch_calls.py, views.py (`modules()`, `parameters()` and the like).
- Attributes: reflection.py, attributes.py, records.py (dataclasses, named tuples, enumerations).
- Calls, by what is called: computed.py, builtin_sequences.py, builtin_calls.py, outside.py, texts.py, methods.py,
  calls.py.
- Syntax: expressions.py, assignment.py, flow.py, branches.py, statements.py.
- The project's own code: instances.py, functions.py.
"""
