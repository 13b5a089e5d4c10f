"""The interpreter: a constructor or function, run with values that are terms over what its caller passes.

What runs is one `Run` (run.py): the state of a `Machine` with the ways in that call each other. All else are functions
over a run, file by file, each of which uses only what stands above it here:

- cells.py, machine.py: what changes in time; the events so far; choices, and both arms of a condition.
- loops.py: one turn for all turns of a loop; owners.py: who has the numbers of a draw in the end.
- described.py: values as terms and as outlines; drawing.py: draws, and calls that are not looked into.
- containers.py, iteration.py, operators.py, questions.py: lists and dictionaries, going through things, operators, and
  what is known of the classes of values. lookup.py: names; registries.py: tables that decorators fill at import.
- filling.py, torch_calls.py, views.py: torch's functions and classes, and all modules and parameters in one.
- reflection.py, attributes.py, records.py: what is behind a dot; computed.py, builtin_sequences.py, builtin_calls.py,
  outside.py, texts.py, methods.py, calls.py: calls by what is called.
- expressions.py, assignment.py, flow.py, branches.py, statements.py: the kinds of nodes.
- instances.py, functions.py: constructors and functions of the project.
"""
