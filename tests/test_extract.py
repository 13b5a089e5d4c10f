"""Facts of one file: what the fixtures cannot show."""

from __future__ import annotations

import gc

from initlint.facts.extract import extract
from initlint.facts.scopes import Scope

NESTED = b"""class Net(Base):
    def __init__(self, width):
        self.head = build(width)
        self.hook = lambda x: self.head(x)
"""


def test_nothing_of_a_file_outlives_its_facts() -> None:
    """Workers run without garbage collection, so a cycle would keep the tree of every file."""
    gc.collect()
    gc.disable()
    try:
        extract(NESTED)
        assert [kept for kept in gc.get_objects() if type(kept) is Scope] == []
    finally:
        gc.enable()


def test_names_are_read_whole_in_any_script() -> None:
    facts = extract("größe = breite\n\n\nclass Netz(Basis):\n    tiefe = größe\n".encode())
    assert [(variable.name, variable.value) for variable in facts.variables] == [("größe", "breite")]
    assert [store.attribute for store in facts.classes[0].attributes] == ["tiefe"]


def test_parameters_in_any_script_hide_the_instance() -> None:
    source = "class Net(Base):\n    def f(über):\n        return [lambda über: über.head, lambda x: über.tail]\n"
    methods = {method.start: method.instance for method in extract(source.encode()).classes[0].methods}
    assert list(methods.values()) == ["über", "", "über"]


def stores(assignments: str) -> set[str]:
    """The attributes that a method stores to by the name in a variable, which these statements give a value."""
    body = "".join(f"        {line}\n" for line in assignments.splitlines())
    source = f"class Net(Base):\n    def f(self, x):\n{body}        setattr(self, name, x)\n"
    return {store.attribute for store in extract(source.encode()).classes[0].methods[0].stores}


def test_a_name_that_is_given_often_hides_no_other() -> None:
    assert stores("name = 'head'\n" + "name = 'tail'\n" * 200) == {"head", "tail"}
    assert stores("".join(f"name = 'part{number}'\n" for number in range(70))) == {"*"}


def test_names_that_grow_out_of_each_other_come_to_an_end() -> None:
    assert stores("name = 'a'\n" + "name = name + name\n" * 40) == {"*"}


def test_links_of_a_long_chain_of_calls_are_not_told_apart() -> None:
    reads = extract(b"x = y" + b".f()" * 300 + b"\n").module_level.reads
    assert set(reads) == {"?", "y", *("y" + ".f()" * links for links in range(1, 100))}
