"""Visits the nodes of a document for many rules of validation at once.

graphql-core looks for the methods of each rule and kind of node again for each document, which is
half of the time of the validation of a document.
"""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import BREAK, SKIP, Node, TypeInfo, Visitor
from graphql.language.visitor import EnterLeaveVisitor

Method = Callable[..., Any]
Names = Sequence[tuple[int, str | None]]
"""The index of each rule that visits a kind of node, and the name of its method if it has one."""


class RuleMethods:
    """The names of the methods of some rules by the kind of node."""

    def __init__(self, rules: Sequence[type[Visitor]]) -> None:
        self.rules = rules
        self._names: dict[str, tuple[Names, Names]] = {}

    def of_kind(self, kind: str) -> tuple[Names, Names]:
        """Return which methods enter a node of this kind, and which ones leave it.

        A rule that enters nodes and does not leave them is among the second ones without a name.
        """
        found = self._names.get(kind)
        if found is None:
            pairs = [
                (index, _name(rule, "enter", kind), _name(rule, "leave", kind))
                for index, rule in enumerate(self.rules)
            ]
            entering = [(index, enter) for index, enter, _ in pairs if enter]
            leaving = [(index, leave) for index, enter, leave in pairs if enter or leave]
            found = self._names[kind] = (entering, leaving)
        return found


def _name(rule: type[Visitor], event: str, kind: str) -> str | None:
    own = f"{event}_{kind}"
    if hasattr(rule, own):
        return own
    return event if hasattr(rule, event) else None


class RulesVisitor(Visitor):
    """Does what a TypeInfoVisitor of a ParallelVisitor does, for rules that replace no node."""

    def __init__(self, types: TypeInfo, rules: Sequence[Visitor], methods: RuleMethods) -> None:
        super().__init__()
        self._types = types
        self._rules = rules
        self._methods = methods
        self._skipped: list[object] = [None] * len(rules)
        """By rule the node below which it visits none, or BREAK if it visits none at all."""

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        """Return what is called for each node of this kind."""
        found = self.enter_leave_map.get(kind)
        if found is None:
            entering, leaving = self._methods.of_kind(kind)
            enter = self._enter_function(getattr(self._types, f"enter_{kind}", None), entering)
            leave = self._leave_function(getattr(self._types, f"leave_{kind}", None), leaving)
            found = self.enter_leave_map[kind] = EnterLeaveVisitor(enter, leave)
        return found

    def _enter_function(self, enter_type: Method | None, names: Names) -> Method | None:
        skipped = self._skipped
        methods = [(index, getattr(self._rules[index], name)) for index, name in names if name]
        if not methods:
            return None if enter_type is None else lambda node, *_args: enter_type(node)

        def enter(node: Node, *args: Any) -> None:
            if enter_type is not None:
                enter_type(node)
            for index, method in methods:
                if skipped[index] is None:
                    result = method(node, *args)
                    if result is SKIP or result is False:
                        skipped[index] = node
                    elif result is BREAK or result is True:
                        skipped[index] = BREAK

        return enter

    def _leave_function(self, leave_type: Method | None, names: Names) -> Method | None:
        skipped = self._skipped
        methods = [
            (index, getattr(self._rules[index], name) if name else None) for index, name in names
        ]
        if not methods:
            return None if leave_type is None else lambda *_args: leave_type()

        def leave(node: Node, *args: Any) -> None:
            for index, method in methods:
                if skipped[index] is None:
                    result = None if method is None else method(node, *args)
                    if result is BREAK or result is True:
                        skipped[index] = BREAK
                elif skipped[index] is node:
                    skipped[index] = None
            if leave_type is not None:
                leave_type()

        return leave
