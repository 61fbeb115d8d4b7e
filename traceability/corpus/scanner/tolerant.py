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


def tree(data: bytes) -> Any:
    """tree-sitter's tree of Python source in UTF-8."""
    return _parser().parse(data)


def parse(text: str) -> list[ast.stmt]:
    """Statements of `text`, whatever is wrong with it. Raises RecursionError where the nesting is too deep."""
    return _block(tree(text.encode("utf-8", errors="replace")).root_node)


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
            default = parameter.child_by_field_name("value")
            if default is not None or arguments.defaults:
                nothing = _at(ast.Constant(None), parameter)
                arguments.defaults.append(nothing if default is None else _expression(default))
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    returns = node.child_by_field_name("return_type")
    return _at(
        ast.FunctionDef(
            name=_text(name) if name else "", args=arguments, body=_block(body) if body else [], decorator_list=[],
            returns=_expression(returns) if returns is not None else None,
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
        kind = child.child_by_field_name("type") if child.type == "assignment" else None
        if kind is not None:
            target = _expression(child.child_by_field_name("left"))
            value = _expression(right) if right is not None else None
            made.append(_at(ast.AnnAssign(target=target, annotation=_expression(kind), value=value, simple=1), child))
        elif right is not None:
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


def _for(node: Node) -> ast.stmt:
    body, alternative = node.child_by_field_name("body"), node.child_by_field_name("alternative")
    return _at(
        ast.For(
            target=_expression(node.child_by_field_name("left")), iter=_expression(node.child_by_field_name("right")),
            body=_block(body) if body else [], orelse=_block(alternative) if alternative else [],
        ),
        node,
    )  # fmt: skip


def _return(node: Node) -> ast.stmt:
    return _at(ast.Return(value=_expression(node.named_children[0]) if node.named_children else None), node)


def _global(node: Node) -> ast.stmt:
    return _at(ast.Global(names=[_text(child) for child in node.named_children]), node)


_STATEMENTS: dict[str, Any] = {
    "import_statement": _import, "import_from_statement": _import_from, "function_definition": _function,
    "class_definition": _class, "decorated_definition": _decorated, "expression_statement": _expression_statement,
    "with_statement": _with, "return_statement": _return, "global_statement": _global, "nonlocal_statement": _global,
    "for_statement": _for,
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
    maker = _EXPRESSIONS.get(kind)
    parts = [_expression(child) for child in node.named_children if child.type != "comment"]
    made = maker(node, parts) if maker is not None else None
    return _at(ast.Tuple(elts=parts) if made is None else made, node)


def _choice(_node: Node, parts: list[Any]) -> Any:
    return ast.IfExp(body=parts[0], test=parts[1], orelse=parts[2]) if len(parts) == 3 else None


def _subscript(_node: Node, parts: list[Any]) -> Any:
    return ast.Subscript(value=parts[0], slice=parts[-1]) if len(parts) > 1 else None


def _lambda(node: Node, parts: list[Any]) -> Any:
    names = node.child_by_field_name("parameters")
    found = [child for child in (names.named_children if names else []) if child.type == "identifier"]
    arguments = [_at(ast.arg(arg=_text(child)), child) for child in found]
    taken = ast.arguments(posonlyargs=[], args=arguments, kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(args=taken, body=parts[-1]) if parts else None


def _dictionary(node: Node, _parts: list[Any]) -> Any:
    pairs = [child for child in node.named_children if child.type == "pair"]
    fields = [(pair.child_by_field_name("key"), pair.child_by_field_name("value")) for pair in pairs]
    whole = [(k, v) for k, v in fields if k is not None and v is not None]
    return ast.Dict(keys=[_expression(k) for k, _ in whole], values=[_expression(v) for _, v in whole])


_EXPRESSIONS: dict[str, Any] = {
    "conditional_expression": _choice, "subscript": _subscript, "generic_type": _subscript, "lambda": _lambda,
    "dictionary": _dictionary,
    "boolean_operator": lambda _, parts: ast.BoolOp(op=ast.Or(), values=parts),
    "list": lambda _, parts: ast.List(elts=parts), "set": lambda _, parts: ast.Set(elts=parts),
    "list_splat": lambda _, parts: ast.Starred(value=parts[0]) if parts else None,
    "yield": lambda _, parts: ast.Yield(value=parts[0] if parts else None),
    "type_parameter": lambda _, parts: parts[0] if len(parts) == 1 else None,
    "named_expression": lambda _, parts: ast.NamedExpr(target=parts[0], value=parts[1]) if len(parts) == 2 else None,
}  # fmt: skip


def _string(node: Node) -> str:
    return "".join(_text(child) for child in node.named_children if child.type == "string_content")


def _call(node: Node) -> ast.Call:
    call = ast.Call(func=_expression(node.child_by_field_name("function")), args=[], keywords=[])
    arguments = node.child_by_field_name("arguments")
    for argument in arguments.named_children if arguments is not None else []:
        name, value = argument.child_by_field_name("name"), argument.child_by_field_name("value")
        if argument.type == "keyword_argument" and name is not None and value is not None:
            call.keywords.append(_at(ast.keyword(arg=_text(name), value=_expression(value)), argument))
        elif argument.type == "dictionary_splat" and argument.named_children:
            call.keywords.append(_at(ast.keyword(arg=None, value=_expression(argument.named_children[0])), argument))
        else:
            call.args.append(_expression(argument))
    return _at(call, node)
