"""In which order the definitions of a document are walked, so that one walk of each is enough."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

Definition = OperationDefinitionNode | FragmentDefinitionNode
Fragments = Mapping[str, FragmentDefinitionNode]


def callers_first(
    candidates: Iterable[Definition], fragments: Fragments
) -> tuple[Sequence[Definition], Sequence[Definition]]:
    """Return the candidates that no earlier one leads to, and all that these lead to.

    The latter in such an order that each comes before the fragments it spreads. Fragments that
    spread themselves have no such order: there it is any, and validation refuses them.
    """
    starts: list[Definition] = []
    finished: list[Definition] = []
    seen: set[int] = set()
    for candidate in candidates:
        if id(candidate) not in seen:
            starts.append(candidate)
            _finish(candidate, fragments, seen, finished)
    return starts, finished[::-1]


def _finish(
    start: Definition, fragments: Fragments, seen: set[int], finished: list[Definition]
) -> None:
    """Go depth first and without recursion: a chain of fragments may be long."""
    seen.add(id(start))
    path = [(start, _spread_in(start, fragments))]
    while path:
        definition, ahead = path[-1]
        following = next((fragment for fragment in ahead if id(fragment) not in seen), None)
        if following is None:
            finished.append(definition)
            path.pop()
        else:
            seen.add(id(following))
            path.append((following, _spread_in(following, fragments)))


def _spread_in(definition: Definition, fragments: Fragments) -> Iterator[Definition]:
    open_sets: list[SelectionSetNode] = [definition.selection_set]
    while open_sets:
        for selection in open_sets.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                fragment = fragments.get(selection.name.value)
                if fragment is not None:
                    yield fragment
            elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
                open_sets.append(selection.selection_set)
