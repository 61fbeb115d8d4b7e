"""The error-tolerant parser: tree-sitter's tree, brought into the shapes of Python's `ast` that the resolver reads.

Only what the resolver looks at is kept: imports, assignments, definitions, `with`, calls, attributes, names and
constants. Every other statement becomes a conditional block of its parts, every other expression a tuple of its parts.
"""

from __future__ import annotations

import ast
import functools
from typing import Any

Node = Any


@functools.cache
def _parser() -> Any:
    import tree_sitter
    import tree_sitter_python

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))


def parse(text: str) -> list[ast.stmt]:
    """Statements of `text`, whatever is wrong with it. Raises RecursionError where the nesting is too deep."""
    tree = _parser().parse(text.encode("utf-8", errors="replace"))
    return _block(tree.root_node)


def _text(node: Node) -> str:
    return node.text.decode("utf-8", errors="replace")


def _at(made: Any, node: Node) -> Any:
    made.lineno, made.col_offset = node.start_point[0] + 1, node.start_point[1]
    return made


def _block(node: Node) -> list[ast.stmt]:
    statements: list[ast.stmt] = []
    for child in node.named_children:
        if child.type != "comment":
            statements.extend(_statement(child))
    return statements


def _statement(node: Node) -> list[ast.stmt]:
    maker = _STATEMENTS.get(node.type)
    if maker is not None:
        made = maker(node)
        return made if isinstance(made, list) else [made]
    if node.type == "ERROR" or any(child.type in _NESTING for child in node.named_children):
        body = _block(node)
        return [_at(ast.If(test=_at(ast.Constant(True), node), body=body, orelse=[]), node)] if body else []
    return [_at(ast.Expr(value=_expression(node)), node)]


def _import(node: Node) -> ast.stmt:
    return _at(ast.Import(names=[_alias(name) for name in node.children_by_field_name("name")]), node)


def _alias(node: Node) -> ast.alias:
    if node.type == "aliased_import":
        return ast.alias(name=_text(node.child_by_field_name("name")), asname=_text(node.child_by_field_name("alias")))
    return ast.alias(name=_text(node), asname=None)


def _import_from(node: Node) -> ast.stmt:
    module = _text(node.child_by_field_name("module_name"))
    level = len(module) - len(module.lstrip("."))
    names = [_alias(name) for name in node.children_by_field_name("name")]
    if any(child.type == "wildcard_import" for child in node.named_children):
        names = [ast.alias(name="*", asname=None)]
    return _at(ast.ImportFrom(module=module.lstrip(".") or None, names=names, level=level), node)


def _function(node: Node) -> ast.stmt:
    arguments = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    parameters = node.child_by_field_name("parameters")
    for parameter in parameters.named_children if parameters else []:
        name = parameter.child_by_field_name("name") or next(
            (child for child in [parameter, *parameter.named_children] if child.type == "identifier"), None
        )
        if name is not None:
            kind = parameter.child_by_field_name("type")
            annotation = _expression(kind) if kind is not None else None
            arguments.args.append(_at(ast.arg(arg=_text(name), annotation=annotation), parameter))
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    return _at(
        ast.FunctionDef(
            name=_text(name) if name else "", args=arguments, body=_block(body) if body else [], decorator_list=[],
            returns=None,
        ),
        node,
    )  # fmt: skip


def _class(node: Node) -> ast.stmt:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    bases = node.child_by_field_name("superclasses")
    return _at(
        ast.ClassDef(
            name=_text(name) if name else "", bases=[_expression(b) for b in bases.named_children] if bases else [],
            keywords=[], body=_block(body) if body else [], decorator_list=[],
        ),
        node,
    )  # fmt: skip


def _decorated(node: Node) -> list[ast.stmt]:
    definition = node.child_by_field_name("definition")
    made = _statement(definition) if definition is not None else []
    if made and isinstance(made[0], ast.FunctionDef | ast.ClassDef):
        made[0].decorator_list = [
            _expression(child.named_children[0])
            for child in node.named_children
            if child.type == "decorator" and child.named_children
        ]
    return made


def _expression_statement(node: Node) -> list[ast.stmt]:
    made: list[ast.stmt] = []
    for child in node.named_children:
        right = child.child_by_field_name("right") if child.type == "assignment" else None
        if right is not None:
            target = _expression(child.child_by_field_name("left"))
            made.append(_at(ast.Assign(targets=[target], value=_expression(right)), child))
        else:
            made.append(_at(ast.Expr(value=_expression(child)), child))
    return made


def _with(node: Node) -> ast.stmt:
    items = []
    stack = [child for child in node.named_children if child.type == "with_clause"]
    for item in (item for clause in stack for item in clause.named_children):
        value = item.child_by_field_name("value") or item
        target = None
        if value.type == "as_pattern" and len(value.named_children) > 1:
            last = value.named_children[-1]
            target = _expression(last.named_children[0] if last.named_children else last)
            value = value.named_children[0]
        items.append(ast.withitem(context_expr=_expression(value), optional_vars=target))
    body = node.child_by_field_name("body")
    return _at(ast.With(items=items, body=_block(body) if body else []), node)


def _return(node: Node) -> ast.stmt:
    return _at(ast.Return(value=_expression(node.named_children[0]) if node.named_children else None), node)


def _global(node: Node) -> ast.stmt:
    return _at(ast.Global(names=[_text(child) for child in node.named_children]), node)


_STATEMENTS: dict[str, Any] = {
    "import_statement": _import, "import_from_statement": _import_from, "function_definition": _function,
    "class_definition": _class, "decorated_definition": _decorated, "expression_statement": _expression_statement,
    "with_statement": _with, "return_statement": _return, "global_statement": _global, "nonlocal_statement": _global,
}  # fmt: skip
_NESTING = frozenset(_STATEMENTS) | {
    "block", "elif_clause", "else_clause", "except_clause", "finally_clause", "case_clause", "ERROR",
}  # fmt: skip


def _expression(node: Node) -> Any:  # noqa: PLR0911 - one case per kind
    kind = node.type
    if kind in ("identifier", "keyword_identifier"):
        return _at(ast.Name(id=_text(node)), node)
    if kind == "attribute":
        value, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
        return _at(ast.Attribute(value=_expression(value), attr=_text(name)), node)
    if kind == "call":
        return _call(node)
    if kind == "string":
        return _at(ast.Constant(_string(node)), node)
    if kind in ("true", "false", "none"):
        return _at(ast.Constant({"true": True, "false": False, "none": None}[kind]), node)
    if kind in ("integer", "float"):
        return _at(ast.Constant(0), node)
    if kind in ("type", "parenthesized_expression", "await") and len(node.named_children) == 1:
        return _expression(node.named_children[0])
    if kind in ("comment", "string_content"):
        return _at(ast.Constant(None), node)
    parts = [_expression(child) for child in node.named_children]
    return _at(ast.Tuple(elts=parts), node)


def _string(node: Node) -> str:
    return "".join(_text(child) for child in node.named_children if child.type == "string_content")


def _call(node: Node) -> ast.Call:
    call = ast.Call(func=_expression(node.child_by_field_name("function")), args=[], keywords=[])
    arguments = node.child_by_field_name("arguments")
    for argument in arguments.named_children if arguments is not None else []:
        name, value = argument.child_by_field_name("name"), argument.child_by_field_name("value")
        if argument.type == "keyword_argument" and name is not None and value is not None:
            call.keywords.append(_at(ast.keyword(arg=_text(name), value=_expression(value)), argument))
        else:
            call.args.append(_expression(argument))
    return _at(call, node)
