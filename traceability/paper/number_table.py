"""Every number of the text, declared once: table, rows, column, unit. The text knows them by name only."""

from __future__ import annotations

from traceability.capture.tables import VERDICTS
from traceability.corpus.tables import KINDS
from traceability.paper.numbers import Filter, Number, Unit
from traceability.replay.tables import RECORDS

#: The tracker's versions that the text speaks of (rows of config/trackers.tsv).
NEWEST, ERA = "3.17.2", "2.10.0"
#: Stages of a replay that the text shows.
STAGES = ("finished", "same_result", "bitwise")
ENVIRONMENTS = ("same", "recorded", "recorded_then", "era")
NETWORK_ARMS = (
    "unseeded", "split_fixed", "numpy_tf", "same_seed", "keras_deterministic", "keras_one_thread",
    "initialisation_only", "shuffling_only", "split_only",
)  # fmt: skip
TRACKINGS = (
    "none", "notes", "params_metrics", "autolog_sklearn", "autolog_late", "log_model", "log_input", "everything",
    "plugin",
)  # fmt: skip
RIVALS = ("MLflow", "Sacred", "Weights & Biases", "DVCLive", "Aim", "ClearML")
FUNCTIONS = (
    "traces_any", "traces_direct", "log_param", "log_metric", "autolog", "log_model", "log_artifact", "set_tag",
    "log_input", "wrapper",
)  # fmt: skip
SIGNALS = ("environment_file", "requirements_all_pinned", "lock_file", "seeds", "seed_and_environment")
#: Declared contrasts, with the unit of their estimates: a ratio of SDs, or a difference of shares.
CONTRASTS: dict[str, Unit] = {
    "split_fixed_spread": "ratio", "initialisation_or_shuffling": "ratio", "slip_spread": "ratio",
    "record_or_notes": "share",
}  # fmt: skip
COSTS = ("explicit", "explicit_model", "autolog", "deterministic")
SOURCES = ("init", "shuffle", "split", "residual")
STORES = ("server_sqlite", "server_postgresql_1", "server_postgresql_4")

#: Worker processes of a server that has more than one.
SEVERAL = ("2", "3", "4", "8")

_STATISTICS = "statistics"


def _capture() -> list[Number]:
    table = "capture/capture.tsv"
    launch: Filter = {"system": "MLflow", "version": NEWEST}
    measured: Filter = {"verdict": VERDICTS}
    made = [
        Number(f"capture.{tracking}.{verdict}", table, "count", take="count",
               where=launch | {"launch_mode": "script", "tracking": tracking} | measured, among={"verdict": verdict})
        for tracking in TRACKINGS for verdict in VERDICTS
    ]  # fmt: skip
    verdicts: dict[str, tuple[str, ...]] = {
        field: ("correct",) for field in ("seed", "split", "weights", "data_content")
    }
    verdicts |= {"commit": ("correct", "misleading", "missing"), "dirty_state": ("missing",)}
    for field, kinds in verdicts.items():
        for verdict in kinds:
            made.append(Number(
                f"capture.modes.{field}.{verdict}", table, "count", take="count",
                where=launch | {"tracking": "params_metrics", "field": field} | measured, among={"verdict": verdict},
            ))  # fmt: skip
    for system in RIVALS:
        where: Filter = measured | {"system": system, "launch_mode": "script", "tracking": "everything"}
        if system == "MLflow":
            where["version"] = NEWEST
        made.append(Number(f"capture.rival.{system}.correct", table, "count", take="count", where=where,
                           among={"verdict": "correct"}))  # fmt: skip
    where = launch | {"tracking": "plugin", "field": "commit"} | measured
    made.append(Number("capture.plugin_modes.commit.misleading", table, "count", take="count", where=where,
                       among={"verdict": "misleading"}))  # fmt: skip
    made += [
        Number("capture.version", table, "word", "version", take="max", where=launch | measured),
        Number("capture.version_of_study", table, "word", "version", take="max", where={"version": ERA} | measured),
        Number("capture.launch_modes", table, "count", "launch_mode", take="distinct",
               where=launch | {"tracking": "params_metrics"} | measured),
        Number("capture.fields", table, "count", "field", take="distinct", where=launch | measured),
        Number("capture.systems", table, "count", "system", take="distinct", where=measured),
        Number("capture.planted_missed", "capture/planted.tsv", "count", take="count", among={"error": "True"}),
    ]  # fmt: skip
    digests: Filter = {"version": NEWEST, "seen": ("True", "False")}
    made += [
        Number("digests.unseen", "capture/digests.tsv", "count", take="count", where=digests,
               among={"seen": "False"}),
        Number("digests.unseen_images", "capture/digests.tsv", "count", take="count",
               where=digests | {"kind": "images"}, among={"seen": "False"}),
    ]  # fmt: skip
    return made


def _storage() -> list[Number]:
    folder = "storage"
    measured: Filter = {"reason": ""}
    made = [
        Number("storage.stores", f"{folder}/contents.tsv", "count", "store", take="distinct", where=measured),
        Number("storage.unequal", f"{folder}/contents.tsv", "count", take="count", where=measured,
               among={"equal": "False"}),
        Number("storage.places", f"{folder}/map.tsv", "count", "place", take="distinct",
               where=measured | {"store": "sqlite", "kind": "table"}),
    ]  # fmt: skip
    columns = {"ready": ("acknowledged", "lost", "duplicated", "torn", "failed_writers", "processes"),
               "fresh": ("failed_writers", "processes")}  # fmt: skip
    for state, names in columns.items():
        for column in names:
            # How many clients meet while the first of them makes the tables is chance.
            met = (state, column) == ("fresh", "failed_writers")
            made.append(Number(f"writers.{state}.{column}", f"{folder}/collaboration.tsv", "count", column, take="sum",
                               n="processes" if met else "", where=measured | {"state": state},
                               chance=met))  # fmt: skip
    told = measured | {"logging": "synchronous"}
    made += [
        Number("writers.most", f"{folder}/collaboration.tsv", "count", "writers", take="max", where=measured),
        Number("failures.without_loss", f"{folder}/failures.tsv", "count", take="count", where=told,
               among={"lost": "0"}),
        Number("failures.whole", f"{folder}/failures.tsv", "count", take="count", where=told, among={"half": ""}),
        Number("failures.continued", f"{folder}/failures.tsv", "count", take="count", where=told,
               among={"continued": "True"}),
        Number("failures.acknowledged", f"{folder}/failures.tsv", "count", "acknowledged", take="sum", where=told),
        Number("failures.asynchronous", f"{folder}/failures.tsv", "count", take="count",
               where=measured | {"logging": "asynchronous"}, among={"lost": "0"}),
    ]  # fmt: skip
    for store in STORES:
        single: Filter = {"store": store, "operation": "log a metric", "size": "1"}
        made.append(Number(f"cost.{store}", f"{folder}/cost.tsv", "ratio", "ratio", n="n", low="ratio_low",
                           high="ratio_high", where=single, machine=True))  # fmt: skip
    made += [
        Number(f"latency.{name}", f"{folder}/latency.tsv", "milliseconds", "median_ms", take="max", n="n",
               low="low_ms", high="high_ms", label="workers", machine=True,
               # Without accounts: checking a password takes far longer than the request itself.
               where={"accounts": "none", "connection": connection, "loop": loop, "workers": workers})
        for name, connection, loop, workers in (
            ("one", "kept", "asyncio", ("1",)),
            ("several", "kept", "asyncio", SEVERAL),
            ("several_new", "new", "asyncio", SEVERAL),
            ("several_uvloop", "kept", "uvloop", SEVERAL),
        )
    ]  # fmt: skip
    made += [
        Number("access.strangers", f"{folder}/access.tsv", "count", take="count",
               where=measured | {"permission": "default (READ)"}, among={"allowed": "True"}),
        Number("access.attempts", f"{folder}/access.tsv", "count", take="count", where=measured,
               among={"allowed": "True"}),
    ]  # fmt: skip
    for name, tool in (("client", "MLflow's client"), ("migration", "mlflow migrate-filestore")):
        for column in ("values", "kept"):
            made.append(Number(f"moves.{name}.{column}", f"{folder}/moves.tsv", "count", column, take="sum",
                               where=measured | {"tool": tool}))  # fmt: skip
    return made


def _standardised(name: str, dimension: str, function: str, group: str = "") -> Number:
    """A share with every listing at the same weight, and the interval that draws owners."""
    where: Filter = {"dimension": dimension, "function": function}
    if group:
        where["group"] = group
    return Number(name, f"{_STATISTICS}/corpus_shares.tsv", "share", "standardised", n="n", low="standardised_low",
                  high="standardised_high", where=where)  # fmt: skip


def _corpus() -> list[Number]:
    shares, scores = f"{_STATISTICS}/corpus_shares.tsv", "corpus"
    made = [_standardised(f"corpus.{function}", "headline", function) for function in FUNCTIONS]
    made += [_standardised(f"corpus.signal.{signal}", "signal", signal) for signal in SIGNALS]
    made += [_standardised(f"corpus.kind.{kind}", "kind", "traces_any", kind) for kind in KINDS]
    made.append(_standardised("corpus.other_tracker", "tracker", "any_other_tracker"))
    everywhere: Filter = {"dimension": "sensitivity", "group": "every project, all frames"}
    made += [
        Number("corpus.owners", shares, "count", "owners", where={"dimension": "headline", "function": "traces_any"}),
        Number("corpus.pooled", shares, "share", "share", n="n", low="owner_low", high="owner_high",
               where=everywhere | {"function": "traces_any"}),
        Number("corpus.uses", shares, "share", "share", n="n", low="owner_low", high="owner_high",
               where=everywhere | {"function": "uses_mlflow"}),
        Number("corpus.published", f"{_STATISTICS}/usage_shares.tsv", "share", "share", n="n", low="low", high="high",
               where={"source": "published"}),
        Number("corpus.published_count", f"{_STATISTICS}/usage_shares.tsv", "count", "k", n="n",
               where={"source": "published"}),
    ]  # fmt: skip
    for table, name in (("scanner_accuracy", "traps"),):
        for instrument in ("resolver", "text_search"):
            where = {"instrument": instrument, "column": "traces_any"}
            for quantity in ("precision", "recall"):
                made.append(Number(
                    f"scanner.{name}.{instrument}.{quantity}", f"{scores}/{table}.tsv", "share", quantity, n="projects",
                    low=f"{quantity}_low", high=f"{quantity}_high", where=where,
                ))  # fmt: skip
    for name, column in (("fluent", "fluent functions together"), ("client", "via_client")):
        for quantity in ("precision", "recall"):
            made.append(Number(
                f"scanner.fresh.{name}.{quantity}", f"{scores}/fresh_accuracy.tsv", "share", quantity, n="positives",
                low=f"{quantity}_low", high=f"{quantity}_high", where={"level": "call site", "column": column},
            ))  # fmt: skip
    contexts = f"{_STATISTICS}/contexts.tsv"
    for name, group in (("least", "no or one sign"), ("some", "2 or 3 signs"), ("more", "4 or 5 signs"),
                        ("most", "6 or 7 signs")):  # fmt: skip
        made.append(Number(
            f"maintained.{name}", contexts, "share", "share", n="n", low="low", high="high",
            where={"dimension": "maintenance", "group": group, "function": "traces_any"},
        ))  # fmt: skip
    made.append(Number(
        "judged.organisation", contexts, "share", "share", n="n", low="low", high="high",
        where={"dimension": "judged kind", "group": "organisation", "function": "of this kind"},
    ))  # fmt: skip
    beside: Filter = {"function": "traces_any"}
    for name in ("resolver", "text_search", "resolver_only", "text_search_only"):
        made.append(Number(f"beside.{name}", f"{scores}/text_search_beside.tsv", "count", name, n="projects",
                           where=beside))  # fmt: skip
    made.append(Number("beside.log_model", f"{scores}/text_search_beside.tsv", "count", "text_search_only",
                       n="projects", where={"function": "log_model"}))  # fmt: skip
    made.append(Number("scanner.fresh.projects", f"{scores}/fresh_accuracy.tsv", "count", "projects",
                       where={"level": "call site", "column": "via_client"}))  # fmt: skip
    return made


def _training() -> list[Number]:
    arms, made = f"{_STATISTICS}/arms.tsv", []
    subjects = [("digits_mlp", arm, "test_accuracy") for arm in NETWORK_ARMS]
    subjects += [("digits_forest", arm, "test_accuracy") for arm in ("same_seed", "same_seed_two_jobs")]
    subjects.append(("diabetes_linear", "split_fixed", "test_mse"))
    for workload, arm, metric in subjects:
        where: Filter = {"workload": workload, "arm": arm, "metric": metric}
        made.append(Number(f"arm.{workload}.{arm}.distinct", arms, "count", "distinct_weights", n="n", where=where))
    made.append(Number("arms.runs", arms, "count", "n", take="sum", where={"metric": ("test_accuracy", "test_mse")}))
    network: Filter = {"workload": "digits_mlp", "metric": "test_accuracy"}
    for arm in NETWORK_ARMS:
        made.append(Number(f"arm.digits_mlp.{arm}.sd", arms, "share", "sd", n="units", low="sd_low", high="sd_high",
                           where=network | {"arm": arm}))  # fmt: skip
    made += [
        Number("arm.same_seed.differ_high", arms, "share", "differ_high", n="differ_of",
               where=network | {"arm": "same_seed"}),
        Number("arm.seed_varied.differ", arms, "count", "differ", n="differ_of",
               where=network | {"arm": "seed_varied"}),
        *(
            Number(f"bit.{kind}", f"{_STATISTICS}/expectations.tsv", "count", "observed", n="n",
                   where={"expectation": expectation}, chance=kind == "active")
            for kind, expectation in (
                ("silent", "bit_on_silent_input_and_none"), ("active", "bit_on_active_input_always")
            )
        ),
        Number("arm.unseeded.floor", arms, "share", "sampling_floor", n="units", where=network | {"arm": "unseeded"}),
        Number("churn.unseeded", f"{_STATISTICS}/churn.tsv", "share", "churn", n="units", low="low", high="high",
               where={"workload": "digits_mlp", "arm": "unseeded"}),
    ]  # fmt: skip
    for source in SOURCES:
        made.append(Number(f"component.{source}", f"{_STATISTICS}/components.tsv", "share", "share", n="n",
                           where={"workload": "digits_mlp", "source": source}))  # fmt: skip
    for level in COSTS:
        made.append(Number(f"price.{level}", f"{_STATISTICS}/costs.tsv", "ratio", "ratio", n="n", low="low",
                           high="high", machine=True,
                           where={"workload": "digits_mlp", "level": level, "quantity": "total_seconds"}))  # fmt: skip
    return made


def _judged() -> list[Number]:
    contrasts, made = f"{_STATISTICS}/contrasts.tsv", []
    for contrast, unit in CONTRASTS.items():
        where: Filter = {"contrast": contrast}
        made += [
            Number(f"contrast.{contrast}.verdict", contrasts, "word", "verdict", n="n_first", where=where),
            Number(f"contrast.{contrast}.estimate", contrasts, unit, "estimate", n="n_first", where=where),
            Number(f"contrast.{contrast}.p", contrasts, "value", "p_holm", n="n_first", where=where),
            Number(f"contrast.{contrast}.planned", contrasts, "count", "n_planned", n="n_second", where=where),
        ]  # fmt: skip
    expectations, targets = f"{_STATISTICS}/expectations.tsv", f"{_STATISTICS}/regression_targets.tsv"
    measured: Filter = {"agrees": ("yes", "no")}
    made += [
        Number("expectations.agree", expectations, "count", take="count", where=measured, among={"agrees": "yes"}),
        Number("expectations.instruments", expectations, "count", take="count", among={"agrees": "yes"},
               where=measured | {"instrument": "True"}),
        Number("targets.agree", targets, "count", take="count", where=measured, among={"agrees": "yes"}),
        Number("targets.farthest", targets, "value", "relative_difference", take="max", n="n"),
        Number("contrasts.declared", contrasts, "count", take="count"),
        Number("power.lowest", f"{_STATISTICS}/power.tsv", "share", "power_holm", take="min", n="n", label="contrast"),
        Number("power.highest", f"{_STATISTICS}/power.tsv", "share", "power_holm", take="max", n="n", label="contrast"),
        Number("study.repetitions", targets, "count", "published_n",
               where={"quantity": "sd", "metric": "test_accuracy"}),
        Number("study.runs_sd", targets, "share", "published", n="published_n", low="published_low",
               high="published_high", where={"quantity": "sd", "metric": "test_accuracy"}),
    ]  # fmt: skip
    funnel = f"{_STATISTICS}/replay_funnel.tsv"
    for record in RECORDS:
        for environment in ENVIRONMENTS:
            where = {"record": record, "environment": environment, "stage": "finished"}
            made.append(Number(f"replay.{record}.{environment}.finished", funnel, "count", "reached", n="n", low="low",
                               high="high", where=where))  # fmt: skip
            for stage in STAGES:
                made.append(Number(f"helped.{record}.{environment}.{stage}", funnel, "count", "reached_with_help",
                                   n="n", where=where | {"stage": stage}))  # fmt: skip
        where = {"record": record, "environment": "same", "stage": "finished"}
        made.append(Number(f"ease.{record}", funnel, "value", "ease_mean", n="n", where=where))
    replays = "replay/replays.tsv"
    made += [
        Number("replays.all", replays, "count", take="count", among={"defect": "none"}),
        Number("replays.dirty_run", replays, "count", take="count", among={"stage": "finished"},
               where={"defect": "dirty_tree", "record": "mlflow_explicit"}),
        Number("replays.dirty_stopped", replays, "count", take="count", among={"reason_alone": "dirty_tree"},
               where={"defect": "dirty_tree", "record": "plugin"}),
        Number("predictions.inside", f"{_STATISTICS}/replay_predictions.tsv", "count", take="count",
               where={"inside": ("True", "False")}, among={"inside": "True"}, chance=True),
    ]  # fmt: skip
    return made


NUMBERS = (*_capture(), *_storage(), *_corpus(), *_training(), *_judged())
#: The files that they come from.
TABLES = tuple(sorted({f"results/{number.table}" for number in NUMBERS}))
