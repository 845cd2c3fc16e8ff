"""Validation with limits on the rules that take more than linear time.

One rule compares fields in pairs, see `overlapping_fields`. Some rules look again at all fragments
for each operation. graphql-core stops them too, but only after a second.
"""

from collections.abc import Sequence
from typing import Any, Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    ParallelVisitor,
    TypeInfo,
    TypeInfoVisitor,
    ValidationContext,
    specified_rules,
    visit,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS
from graphql.pyutils import RefMap
from graphql.validation.validate import ValidationAbortedError
from graphql.validation.validation_context import VariableUsage, VariableUsageVisitor

from groupgate.schema.guardrails.limits import DocumentLimits, limit_exceeded
from groupgate.schema.guardrails.overlapping_fields import overlapping_fields_rule

MAX_ERRORS: Final = 20
"""The most errors of one document that are reported."""

MAX_SEARCHED_CHARACTERS: Final = 20 * 16_384
"""For the line of each error, graphql-core searches the whole text again, so long texts get fewer
errors."""

# Almost half of all nodes are names, which no rule visits.
_VISITED_KEYS: Final = {
    kind: tuple(key for key in keys if key not in {"alias", "description", "name"})
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}


class Validator:
    """Validates documents of one schema by the specified rules and, optionally, more rules.

    `graphql.validate` has no limits below its own, and takes twice as long.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits,
        *,
        more_rules: Sequence[type[ASTValidationRule]] = (),
        suggestions: bool = True,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._rules = [*_limited_rules(limits), *more_rules]
        self._suggestions = suggestions

    def validate(self, document: DocumentNode) -> list[GraphQLError]:
        """Return the errors of a document that `check_document` has accepted."""
        errors: list[GraphQLError] = []
        length = len(document.loc.source.body) if document.loc else 0
        max_errors = min(MAX_ERRORS, MAX_SEARCHED_CHARACTERS // max(1, length))

        def report(error: GraphQLError) -> None:
            if len(errors) >= max_errors:
                raise ValidationAbortedError(
                    "Too many validation errors, error limit reached. Validation aborted."
                )
            errors.append(error)

        types = TypeInfo(self._schema)
        context = _LimitedContext(
            self._schema, document, types, report, hide_suggestions=not self._suggestions
        )
        context.set_limit(self._limits.fragment_steps)
        rules = ParallelVisitor([rule(context) for rule in self._rules])
        try:
            visit(document, TypeInfoVisitor(types, rules), _VISITED_KEYS)
        except ValidationAbortedError as error:
            error.__context__ = None  # it would keep the validation in memory
            errors.append(error.with_traceback(None))
        except RecursionError:
            errors.append(ValidationAbortedError("Validation aborted."))
        return errors


class _LimitedContext(ValidationContext):
    """The context of the rules, with a limit on the steps through fragments."""

    _variable_usages: Any
    _recursive_variable_usages: Any
    _fragment_spreads: Any

    def set_limit(self, steps: int) -> None:
        """Set the number of steps."""
        self._steps_left = self._steps = steps
        # graphql-core's dicts hash nodes by value: each access traverses a whole definition.
        self._variable_usages = RefMap()
        self._recursive_variable_usages = RefMap()
        self._fragment_spreads = RefMap()

    def spend_fragment_work(self, cost: int) -> None:
        """Count steps; report an error and abort the validation if they are used up."""
        self._steps_left -= cost
        if self._steps_left < 0:
            self.report_error(_too_many_fragment_steps(self._steps))
            raise ValidationAbortedError("Validation aborted.")

    def get_variable_usages(
        self, node: OperationDefinitionNode | FragmentDefinitionNode
    ) -> list[VariableUsage]:
        """Return the variables in a definition, without visiting the nodes of names."""
        usages: list[VariableUsage] | None = self._variable_usages.get(node)
        if usages is None:
            fragment = node if isinstance(node, FragmentDefinitionNode) else None
            visitor = VariableUsageVisitor(self._type_info, fragment)
            if _has_dollar(node):
                visit(node, TypeInfoVisitor(self._type_info, visitor), _VISITED_KEYS)
            usages = self._variable_usages[node] = visitor.usages
        return usages


def _has_dollar(node: OperationDefinitionNode | FragmentDefinitionNode) -> bool:
    """True if the text of a definition has the character that begins every variable."""
    return node.loc is None or "$" in node.loc.source.body[node.loc.start : node.loc.end]


def _limited_rules(limits: DocumentLimits) -> Sequence[type[ASTValidationRule]]:
    """Return the specified rules, with limits on the one that compares fields."""
    limited = overlapping_fields_rule(limits)
    return [
        limited if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
    ]


def _too_many_fragment_steps(allowed: int) -> GraphQLError:
    return limit_exceeded(
        "fragment_steps",
        allowed + 1,
        allowed,
        "The document has too many operations that share fragments; send fewer operations.",
    )
