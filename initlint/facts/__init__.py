"""What one file says, independent of all other files.

In the order of reading: records.py has what is kept of a file, vocabulary.py the names by which code defines and
reads without a dot. extract.py takes the records from one parse and the queries of python.scm, with scopes.py (what
stands in what), imports.py, arguments.py, targets.py, receivers.py and spelled.py (how things are written, and which
names strings give), unreachable.py (what never runs) and suppressions.py. worker.py does so for one file, gather.py
for all of them, in several processes; cache.py keeps what they find, and lazy.py takes it out when somebody asks.
"""
