"""YAML without its dangers: the C safe loader, bounded aliases, bounded depth, nothing constructed but plain values."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from driftline.artifacts.decode import MAX_DEPTH, MAX_DIGITS, decode
from driftline.artifacts.values import excerpt
from driftline.errors import Problems

MAX_BYTES = 32 * 1024 * 1024
MAX_NODES = 200_000
REMEDY = "write the file again; everything else is still loaded"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader; a date or number that cannot be one stays text, so that it costs its value and not the file."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.resolved: dict[tuple[str, tuple[bool, bool]], str] = {}

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: Any) -> str:
        """What kind of value a node is. Files say the same few words again and again, and each is looked up once."""
        if kind is not yaml.ScalarNode or value is None:
            return str(super().resolve(kind, value, implicit))
        tag = self.resolved.get((value, implicit))
        if tag is None:
            tag = self.resolved[value, implicit] = super().resolve(kind, value, implicit)
        return tag


def _as_written(construct: Callable[[Any, yaml.ScalarNode], Any]) -> Callable[[Any, yaml.ScalarNode], Any]:
    def tolerant(loader: Any, node: yaml.ScalarNode) -> Any:
        try:
            return construct(loader, node) if len(node.value) <= MAX_DIGITS else str(node.value)
        except (ValueError, OverflowError):
            return str(node.value)

    return tolerant


TEXT, LIST, MAPPING, NULL = (f"tag:yaml.org,2002:{_tag}" for _tag in ("str", "seq", "map", "null"))
SCALARS: dict[str, Callable[[Any, yaml.ScalarNode], Any]] = {}
for _tag in ("int", "float", "timestamp", "bool", "null"):
    _name = f"tag:yaml.org,2002:{_tag}"
    SCALARS[_name] = _as_written(yaml.SafeLoader.yaml_constructors[_name])
    _Loader.add_constructor(_name, SCALARS[_name])


@dataclass(frozen=True)
class Document:
    """A YAML mapping: its plain values, and the text of each scalar as it was written (2.10 stays 2.10): of those at
    the top in `written`, of those below a key by `leaves`."""

    content: dict[Any, Any]
    written: dict[str, str]
    lines: dict[str, int]
    nodes: dict[str, yaml.Node]

    def leaves(self, name: str) -> dict[str, str]:
        """Every scalar below a key of the top by its dotted path, without nulls; lists are left out."""
        node = self.nodes.get(name)
        return dict(_leaves(node, "")) if isinstance(node, yaml.MappingNode) else {}


def _leaves(mapping: yaml.MappingNode, prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in mapping.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if isinstance(value, yaml.MappingNode):
            yield from _leaves(value, f"{prefix}{key.value}.")
        elif isinstance(value, yaml.ScalarNode) and value.tag != NULL:
            yield f"{prefix}{key.value}", value.value


class _UnusableError(ValueError):
    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


def load_mapping(data: bytes, problems: Problems) -> Document | None:
    """The mapping a YAML file holds; None with an error where it cannot be read, None in silence for other values."""
    try:
        return _load(data, problems)
    except _UnusableError as fault:
        problems.error(f"not usable YAML: {fault}", REMEDY, fault.line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.error(f"not usable YAML: {error.problem}", REMEDY, mark.line + 1 if mark else None)
    except (yaml.YAMLError, ValueError) as error:
        problems.error(f"not usable YAML: {str(error).splitlines()[0][:200]}", REMEDY)
    return None


def _load(data: bytes, problems: Problems) -> Document | None:
    if len(data) > MAX_BYTES:
        raise _UnusableError(f"the file is larger than {MAX_BYTES // 2**20} MiB")
    text = decode(data, problems)
    _check_events(text)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            return None
        # Without an alias nothing unfolds.
        if "*" in text:
            _check_size(node)
        # Only these two words, or a tag, make a key mean more than itself.
        may_merge = any(sign in text for sign in ("<<", "=", "!"))
        content = _Values(loader, problems, may_merge).of(node)
    finally:
        loader.dispose()
    scalars = [
        (key.value, value)
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)
    ]
    return Document(
        content,
        {key: value.value for key, value in scalars},
        {key: value.start_mark.line + 1 for key, value in scalars},
        {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)},
    )


class _Values:
    """Makes the values of nodes; what is rare (sets, binaries) or refused (foreign tags) is left to the loader."""

    def __init__(self, loader: Any, problems: Problems, may_merge: bool) -> None:
        self.loader = loader
        self.problems = problems
        self.may_merge = may_merge
        self.flat: set[int] = set()

    def of(self, node: Any) -> Any:
        kind, tag = type(node), node.tag
        if kind is yaml.ScalarNode:
            if tag == TEXT:
                return node.value
            if tag in SCALARS:
                return SCALARS[tag](self.loader, node)
        if kind is yaml.SequenceNode and tag == LIST:
            return [self.of(item) for item in node.value]
        if kind is not yaml.MappingNode or tag != MAPPING:
            return self.loader.construct_object(node, deep=True)
        content: dict[Any, Any] = {}
        for key_node, value_node in self._pairs(node):
            key = self.of(key_node)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key is a list or a mapping", key_node.start_mark)
            content[key] = self.of(value_node)
        return content

    def _pairs(self, node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
        """Keys and values with what a merge brings in; a warning for each key that is written twice."""
        if id(node) not in self.flat:
            self.flat.add(id(node))
            seen: set[str] = set()
            for key, _ in node.value:
                if type(key) is yaml.ScalarNode:
                    if key.value in seen:
                        what = f"the key {excerpt(key.value)} is given twice; the last one counts"
                        self.problems.warning(what, "write it once", key.start_mark.line + 1)
                    seen.add(key.value)
            if self.may_merge:
                self.loader.flatten_mapping(node)
        pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
        return pairs


def _check_events(text: str) -> None:
    """Depth is bounded before the parser builds nodes by recursion; shallow texts are told by counting brackets."""
    brackets = text.count("[") + text.count("{")
    indent = max((len(line) - len(line.lstrip(" -?")) for line in text.split("\n")), default=0)
    if brackets < MAX_DEPTH and indent < MAX_DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                raise _UnusableError("nested too deeply", event.start_mark.line + 1 if event.start_mark else None)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def _check_size(root: yaml.Node) -> None:
    """Refuses aliases that lead back into themselves or that would unfold into more than MAX_NODES values."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node, open_nodes: frozenset[int]) -> int:
        if isinstance(node, yaml.ScalarNode):
            return 1
        if id(node) in open_nodes:
            raise _UnusableError("an alias refers to a value that holds it", node.start_mark.line + 1)
        if id(node) not in sizes:
            inside = open_nodes | {id(node)}
            parts = [part for entry in node.value for part in (entry if isinstance(entry, tuple) else (entry,))]
            sizes[id(node)] = 1 + sum(size(part, inside) for part in parts)
            if sizes[id(node)] > MAX_NODES:
                raise _UnusableError(
                    f"its aliases unfold into more than {MAX_NODES:,} values", node.start_mark.line + 1
                )
        return sizes[id(node)]

    size(root, frozenset())
