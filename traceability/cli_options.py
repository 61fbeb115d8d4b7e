"""Options that several commands share, so that they are called the same and read the same variable everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

#: MLflow's own variable: whoever has set it for MLflow need not say it again.
TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"

#: For commands whose first argument is something else. Without a default it must be given, here or by the variable.
TrackingUri = Annotated[str, typer.Option(
    "--tracking-uri", envvar=TRACKING_VARIABLE, metavar="ADDRESS",
    help="Server (http://...), database (sqlite:///..., postgresql://...), database file or file-store folder.",
)]  # fmt: skip

#: For commands whose first argument is the store.
Store = Annotated[str, typer.Argument(
    envvar=TRACKING_VARIABLE, metavar="ADDRESS",
    help="Server (http://...), database (sqlite:///..., postgresql://...), database file or file-store folder.",
)]  # fmt: skip
