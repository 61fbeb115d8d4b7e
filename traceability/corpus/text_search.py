"""The seed study's instrument: does a substring occur anywhere in a .py or .ipynb file? Kept as the yardstick."""

from __future__ import annotations

#: What the seed study searched for: a project counts as tracing when one of these occurs.
SEED_WORDS = (b"log_param", b"autolog", b"log_metric")
#: The same idea for each column of the usage table.
WORDS = {
    "uses_mlflow": b"mlflow", "log_param": b"log_param", "log_metric": b"log_metric", "autolog": b"autolog",
    "log_model": b"log_model", "log_artifact": b"log_artifact", "set_tag": b"set_tag", "log_input": b"log_input",
    "start_run": b"start_run", "set_experiment": b"set_experiment", "set_tracking_uri": b"set_tracking_uri",
    "via_client": b"MlflowClient",
}  # fmt: skip
#: What several words share: where it does not occur, none of them does.
_STEMS = (b"log_", b"set_")
_BY_STEM = [(stem, [(column, word) for column, word in WORDS.items() if word.startswith(stem)]) for stem in _STEMS] + [
    (word, [(column, word)]) for column, word in WORDS.items() if not word.startswith(_STEMS)
]


class TextSearch:
    """What the words say of one project, file by file."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def read(self, data: bytes) -> None:
        """Search one file, whatever it is: code, copy, comment or output."""
        for stem, words in _BY_STEM:
            open_ = [(column, word) for column, word in words if column not in self.found]
            if open_ and stem in data:
                self.found.update(column for column, word in open_ if word in data)

    def row(self) -> dict[str, int]:
        """0/1 for each column that can be searched for, `traces_direct` and `traces_any` being the seed's verdict."""
        traces = int(bool(self.found & {"log_param", "log_metric", "autolog"}))
        return {column: int(column in self.found) for column in WORDS} | {"traces_direct": traces, "traces_any": traces}
