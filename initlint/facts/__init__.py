"""What one file says, independent of all other files.

In the order of reading: records.py has the facts of a file, vocabulary.py the names by which code defines and reads
other than after a dot. extract.py makes the facts from one parse and the queries of python.scm, with scopes.py (what is
in what), imports.py, arguments.py, targets.py, receivers.py and spelled.py (how things are written, and which names
strings give), unreachable.py (code that never runs) and suppressions.py. worker.py does so for one file, gather.py for
all files, in several processes; cache.py keeps the facts, and lazy.py loads them on demand.
"""
