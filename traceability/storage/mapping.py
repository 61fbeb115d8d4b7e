"""The map: the same experiment in every set-up, the stores opened, and the content compared through the API."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from traceability.storage import access, native_search, stores
from traceability.storage.experiment import Logged, expected, log_experiment, read_back
from traceability.storage.stores import Store

log = logging.getLogger(__name__)


def draw_map(set_ups: Sequence[Store]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of `tables.MAP` and of `tables.CONTENTS`."""
    places: list[dict[str, Any]] = []
    contents: list[dict[str, Any]] = []
    for store in set_ups:
        with stores.using(store):
            places_here, contents_here = one(store)
        places += places_here
        contents += contents_here
        log.info("%s: %d places", store.name, len(places_here))
    return places, contents


def one(store: Store) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Log, open and read back in one set-up."""
    logged = log_experiment(store)
    if store.access == "users":
        access.create_account(store, native_search.ACCOUNT)
        access.grant(store, logged.experiment_id, native_search.ACCOUNT, "EDIT")
    places = [{"store": store.name, **vars(holding), "reason": None} for holding in native_search.search(store, logged)]
    return places, contents_of(store, logged)


def contents_of(store: Store, logged: Logged) -> list[dict[str, Any]]:
    """Rows of `tables.CONTENTS` of one set-up: what reads back, against what was logged."""
    read = read_back(store, logged.run_id)
    return [
        {
            "store": store.name,
            "entity": entity,
            "values": len(read[entity]),
            "equal": read[entity] == values,
            "difference": difference(values, read[entity]),
            "reason": None,
        }
        for entity, values in expected(logged).items()
    ]


def difference(wanted: list[Any], got: list[Any]) -> str | None:
    """The first value that differs, as logged and as read."""
    for index in range(max(len(wanted), len(got))):
        pair = [side[index] if index < len(side) else "nothing" for side in (wanted, got)]
        if pair[0] != pair[1]:
            return f"value {index}: logged {pair[0]}, read {pair[1]}"[:300]
    return None
