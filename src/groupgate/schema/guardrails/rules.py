"""The rules of validation: one in limited time, two more than specified, and how they visit nodes.

graphql-core compares all fields with the same response name in pairs. Here, a check in linear time
accepts a document in which they all have the same name, arguments and type. Other documents are
left to graphql-core, with a limit on the comparisons.

graphql-core also looks for the methods of each rule and kind of node again for each document, which
is half of the time of the validation of a document. Here, their names are found once.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from graphql import (
    BREAK,
    SKIP,
    ASTValidationRule,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    TypeInfo,
    ValidationContext,
    Visitor,
    get_named_type,
    specified_rules,
)
from graphql.language.visitor import EnterLeaveVisitor
from graphql.validation.validate import ValidationAbortedError

from groupgate.schema.guardrails.limits import DocumentLimits, limit_exceeded

MAX_SELECTIONS: Final = 2_000
"""Selections that the linear check looks at, in fragments again for each place of a spread."""

_INTROSPECTION: Final = frozenset({"__schema", "__type", "_service"})

Selections: TypeAlias = tuple[GraphQLNamedType | None, SelectionSetNode]
"""A selection set and the type that it is on."""
Field: TypeAlias = tuple[GraphQLNamedType | None, FieldNode]
"""A field and the type that it is on."""

Method = Callable[..., Any]
Names = Sequence[tuple[int, str | None]]
"""The index of each rule that visits a kind of node, and the name of its method if it has one."""


def limited_rules(limits: DocumentLimits) -> Sequence[type[ASTValidationRule]]:
    """Return the specified rules, with limits on the one that compares fields."""
    limited = overlapping_fields_rule(limits)
    return [
        limited if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
    ]


def overlapping_fields_rule(
    limits: DocumentLimits,
) -> type[OverlappingFieldsCanBeMergedRule]:
    """Return the rule with `limits.comparisons` applied."""

    class LimitedRule(OverlappingFieldsCanBeMergedRule):
        """Overlapping fields can be merged, and comparing them takes a limited number of steps."""

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = limits.comparisons
            self._are_equal = EqualFieldsCheck(context).are_equal()

        def enter_selection_set(self, *args: Any) -> None:
            """Compare the fields; report an error if the steps are used up."""
            if self._are_equal:
                return
            try:
                super().enter_selection_set(*args)
            except ValidationAbortedError:
                # Validation is also aborted when there are too many errors.
                if self.rule_context.remaining_complexity_budget < 0:
                    self.report_error(_too_many_comparisons(limits.comparisons))
                raise

    return LimitedRule


def _too_many_comparisons(allowed: int) -> GraphQLError:
    return limit_exceeded(
        "comparisons",
        allowed + 1,
        allowed,
        "The document selects the same fields too many times in one place; select each field once.",
    )


class EqualFieldsCheck:
    """Checks if all fields with the same response name have the same name, arguments and type.

    Such fields can be merged, whatever types they are on. Arguments are compared as text.
    """

    def __init__(self, context: ValidationContext) -> None:
        self._context = context
        self._left = MAX_SELECTIONS
        self._spread: set[str] = set()

    def are_equal(self) -> bool:
        """Return False if some fields are not equal, or the document is too large to find out."""
        schema = self._context.schema
        for node in self._context.document.definitions:
            if isinstance(node, OperationDefinitionNode):
                root = schema.get_root_type(node.operation)
                if not self._are_equal_in((root, node.selection_set)):
                    return False
        for node in self._context.document.definitions:
            if isinstance(node, FragmentDefinitionNode) and node.name.value not in self._spread:
                type_ = schema.get_type(node.type_condition.name.value)
                if not self._are_equal_in((type_, node.selection_set)):
                    return False
        return True

    def _are_equal_in(self, root: Selections) -> bool:
        pending = [[root]]
        while pending:
            by_response_name = self._by_response_name(pending.pop())
            if self._left < 0:
                return False
            for fields in by_response_name.values():
                if len(fields) > 1 and len({_key(*field) for field in fields}) > 1:
                    return False
                below = [
                    (_type_below(parent, node), node.selection_set)
                    for parent, node in fields
                    if node.selection_set
                ]
                if below:
                    pending.append(below)
        return True

    def _by_response_name(self, selections: Sequence[Selections]) -> Mapping[str, list[Field]]:
        """Return the fields in selection sets that are executed on the same objects."""
        found: dict[str, list[Field]] = defaultdict(list)
        spread: set[str] = set()
        pending = list(selections)
        while pending and self._left >= 0:
            parent, selection_set = pending.pop()
            self._left -= len(selection_set.selections)
            for node in selection_set.selections:
                if isinstance(node, FieldNode):
                    found[(node.alias or node.name).value].append((parent, node))
                elif isinstance(node, InlineFragmentNode):
                    on = node.type_condition
                    type_ = self._context.schema.get_type(on.name.value) if on else parent
                    pending.append((type_, node.selection_set))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self._context.get_fragment(node.name.value)
                    if fragment:
                        on = fragment.type_condition
                        type_ = self._context.schema.get_type(on.name.value)
                        pending.append((type_, fragment.selection_set))
        self._spread |= spread
        return found


def _key(parent: GraphQLNamedType | None, node: FieldNode) -> Sequence[str]:
    """Return what two fields must have in common."""
    if any(directive.name.value == "stream" for directive in node.directives or ()):
        return (str(id(node)),)  # such fields are compared by graphql-core only
    arguments = sorted(
        f"{argument.name.value}:{_text(argument.value)}" for argument in node.arguments or ()
    )
    return (node.name.value, str(_output_type(parent, node)), *arguments)


def _text(node: Node) -> str:
    return node.loc.source.body[node.loc.start : node.loc.end] if node.loc else str(id(node))


def _output_type(parent: GraphQLNamedType | None, node: FieldNode) -> GraphQLOutputType | None:
    if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        return None
    field = parent.fields.get(node.name.value)
    return field.type if field else None


def _type_below(parent: GraphQLNamedType | None, node: FieldNode) -> GraphQLNamedType | None:
    type_ = _output_type(parent, node)
    return get_named_type(type_) if type_ else None


class NoEmptySelections(ASTValidationRule):
    """Rejects `{}` as a selection set; graphql-core accepts it, the specification does not."""

    def enter_selection_set(self, node: SelectionSetNode, *_args: Any) -> None:
        """Check one selection set."""
        if not node.selections:
            self.report_error(GraphQLError("A selection set must not be empty.", node))


class NoIntrospection(ASTValidationRule):
    """Rejects `__schema`, `__type` and `_service`, for a gateway without introspection."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Check one field."""
        if node.name.value in _INTROSPECTION:
            extensions = {"code": "INTROSPECTION_DISABLED"}
            message = "Introspection is disabled."
            self.report_error(GraphQLError(message, node, extensions=extensions))


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
