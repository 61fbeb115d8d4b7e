"""The vocabulary of the scanner: which dotted name means which kind of tracking.

A resolved call is a dotted name such as `mlflow.log_metric`, `mlflow.MlflowClient().log_metric` or
`pytorch_lightning.loggers.MLFlowLogger`; this module says what it stands for.
"""

from __future__ import annotations

import functools
import re

#: Fluent functions and client methods of MLflow, by the column of the usage table they set.
FUNCTIONS = {
    "log_param": "log_param", "log_params": "log_param",
    "log_metric": "log_metric", "log_metrics": "log_metric",
    "log_artifact": "log_artifact", "log_artifacts": "log_artifact",
    "log_figure": "log_other", "log_dict": "log_other", "log_text": "log_other", "log_image": "log_other",
    "log_table": "log_other",
    "set_tag": "set_tag", "set_tags": "set_tag",
    "log_input": "log_input", "log_inputs": "log_input",
    "start_run": "start_run", "set_experiment": "set_experiment", "set_tracking_uri": "set_tracking_uri",
}  # fmt: skip

#: Functions that a client does not have (it creates runs and experiments by other names).
FLUENT_ONLY = {"start_run", "set_experiment", "set_tracking_uri", "log_params", "log_metrics", "set_tags"}

#: Names a star import from mlflow brings that this scanner cares about.
STAR = frozenset(FUNCTIONS) | {
    "log_batch", "autolog", "end_run", "active_run", "create_experiment", "search_runs", "register_model", "run",
    "MlflowClient", "get_run", "evaluate", "trace", "start_span", "sklearn", "pyfunc", "tensorflow", "keras", "pytorch",
    "xgboost", "lightgbm", "spark", "tracking", "models", "client",
}  # fmt: skip

#: Flavors whose autolog records calls of language models, not experiments.
GENAI_FLAVORS = frozenset({
    "openai", "langchain", "llama_index", "anthropic", "dspy", "autogen", "crewai", "gemini", "litellm", "bedrock",
    "groq", "mistral", "smolagents", "pydantic_ai", "ag2", "haystack", "semantic_kernel", "strands", "agno",
})  # fmt: skip

#: Tracing of language-model calls: counted apart from experiment tracking.
GENAI_FUNCTIONS = frozenset({
    "trace", "start_span", "start_span_no_context", "get_trace", "search_traces", "update_current_trace",
    "get_current_active_span", "log_trace", "add_trace", "log_feedback", "log_assessment", "get_last_active_trace_id",
})  # fmt: skip

#: Where an object of MLflow really lives: every spelling is brought to the first form.
_CANONICAL = (
    (re.compile(r"^mlflow\.(?:tracking\.|client\.|tracking\.client\.|tracking\._tracking_service\.client\.)MlflowClient\b"),
     "mlflow.MlflowClient"),
    # The module `mlflow.tracking.fluent` keeps its name until something of it is named.
    (re.compile(r"^mlflow\.tracking\.(?:fluent|utils|_tracking_service|_tracking_service\.utils)$"), r"\g<0>"),
    (re.compile(r"^mlflow\.tracking\.(?:fluent\.|utils\.|_tracking_service\.utils\.|_tracking_service\.)?"), "mlflow."),
    (re.compile(r"^mlflow\.(?:MLflowClient|MLFlowClient)\b"), "mlflow.MlflowClient"),
    (re.compile(r"^mlflow\.utils\.autologging_utils\.(?:client\.)?MlflowAutologgingQueueingClient\b"),
     "mlflow.MlflowAutologgingQueueingClient"),
)  # fmt: skip

CLIENT = "mlflow.MlflowClient"
#: What stands for an attribute or a module whose name is only known when the program runs.
ANY = "?"
#: The client that MLflow's own autologging uses; it has the fluent names and writes in batches.
_QUEUE = "MlflowAutologgingQueueingClient()"
#: Methods of a client by which `<trainer>.logger.experiment.<method>` is told from what other loggers hold.
CLIENT_LOGGING = frozenset({
    "log_param", "log_metric", "log_artifact", "log_artifacts", "log_batch", "log_figure", "log_dict", "log_text",
    "log_image", "log_table", "log_inputs", "set_tag", "set_terminated", "update_run", "get_run", "create_run",
    "get_metric_history", "list_artifacts", "download_artifacts", "create_model_version", "create_registered_model",
    "get_experiment", "get_experiment_by_name", "search_runs", "delete_tag", "create_experiment",
})  # fmt: skip
#: Of these, what the objects behind the loggers of Comet and Neptune have, too.
SHARED_LOGGING = frozenset(
    {
        "log_metric",
        "log_artifact",
        "log_artifacts",
        "log_figure",
        "log_text",
        "log_image",
        "log_table",
        "log_param",
        "set_tag",
        "log_dict",
        "log_inputs",
    }
)
#: A name of a function of MLflow, or of a module of it, as it may be written in a string.
_WRITTEN = re.compile(r"mlflow(?:\.\w+)*\.?")
#: What an MLflow function may be called when it is looked up by its name.
_LOOKED_UP = frozenset(FUNCTIONS) | {"autolog", "log_model", "save_model", "log_batch"}


@functools.lru_cache(maxsize=20_000)
def written(text: str) -> frozenset[str]:
    """The value of a string: with a leading quote where it may name MLflow or a function of it, nothing otherwise."""
    return frozenset({f'"{text}'}) if text in _LOOKED_UP or _WRITTEN.fullmatch(text) else frozenset()


#: Classes and functions of other libraries that write to MLflow, by their last name; the library must match too.
_WRAPPERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("lightning", re.compile(r"^(?:pytorch_lightning|lightning|lightning_fabric)\b.*\.MLFlowLogger$")),
    ("composer", re.compile(r"^composer\b.*\.MLFlowLogger$")),
    ("farm", re.compile(r"^(?:farm|haystack)\b.*\.(?:MLFlowLogger|MLflowTrackingHead)$")),
    ("langchain", re.compile(r"^langchain\w*\b.*\.MlflowCallbackHandler$")),
    ("dagster", re.compile(r"^dagster_mlflow\b.*\.(?:mlflow_tracking|end_mlflow_on_run_finished|MlFlow\w*)"
                           r"(?:\.configured)?$")),
    ("pykeen", re.compile(r"^pykeen\b.*\.MLFlowResultTracker$")),
    ("ludwig", re.compile(r"^ludwig\b.*\.MlflowCallback$")),
    ("keras", re.compile(
        r"^mlflow\.(?:keras|tensorflow)\b.*\.(?:MlflowCallback|MLflowCallback|"
        r"MlflowModelCheckpointCallback)$")),
    ("pytorch", re.compile(r"^mlflow\.pytorch\b.*\.MlflowModelCheckpointCallback$")),
    ("transformers", re.compile(r"^transformers\b.*\.MLflowCallback$")),
    ("optuna", re.compile(r"^optuna(?:_integration)?\b.*\.MLflowCallback$")),
    ("ray", re.compile(
        r"^ray\b.*\.(?:MLflowLoggerCallback|MLflowLogger|MLFlowLogger|mlflow_mixin|setup_mlflow|"
        r"MLflowTrainableMixin)$")),
    ("ignite", re.compile(r"^ignite\b.*\.MLflowLogger$")),
    ("monai", re.compile(r"^monai\b.*\.MLFlowHandler$")),
    ("openmmlab", re.compile(r"^mm(?:cv|engine)\b.*\.(?:MlflowLoggerHook|MLflowVisBackend)$")),
    ("skorch", re.compile(r"^skorch\b.*\.MlflowLogger$")),
    ("accelerate", re.compile(r"^accelerate\b.*\.MLflowTracker$")),
    ("kedro", re.compile(
        r"^kedro_mlflow\b.*\.(?:Mlflow\w*Hook|MlflowHook|MlflowArtifactDataSet|MlflowMetric\w*|"
        r"MlflowModel\w*|MlflowArtifactDataset|pipeline_ml_factory|pipeline_ml)$")),
    ("flyte", re.compile(r"^flytekitplugins\.mlflow\b.*\.mlflow_autolog$")),
    ("zenml", re.compile(r"^zenml\b.*\.(?:MLFlowExperimentTracker\w*|enable_mlflow)$")),
    ("tensorflow_addons", re.compile(r"^mlflow_extend\b.*\.log_\w+$")),
    ("catalyst", re.compile(r"^catalyst\b.*\.MLflowLogger$")),
    ("spacy", re.compile(r"^spacy_loggers\b.*\.mlflow_logger\w*$")),
    ("pymc", re.compile(r"^pymc_marketing\.mlflow\.autolog$")),
    ("pycaret", re.compile(r"^pycaret\b.*\.MlflowLogger$")),
)  # fmt: skip

#: Calls whose keyword switches MLflow on: keyword name -> library.
KEYWORD_WRAPPERS = {"report_to": "transformers", "log_with": "accelerate", "result_tracker": "pykeen"}

#: Rival trackers: package names whose import is evidence of use.
RIVALS = {
    "wandb": ("wandb",),
    "comet": ("comet_ml",),
    "neptune": ("neptune", "neptune_tensorflow_keras"),
    "clearml": ("clearml", "trains"),
    "aim": ("aim",),
    "sacred": ("sacred",),
    "dvclive": ("dvclive",),
    "tensorboard": ("tensorboard", "tensorboardX", "tensorboard_logger", "tensorboard_reducer"),
}

#: Classes that write for a rival tracker, wherever they are imported from.
RIVAL_CLASSES = {
    "WandbLogger": "wandb", "WandbCallback": "wandb", "CometLogger": "comet", "NeptuneLogger": "neptune",
    "AimLogger": "aim", "DVCLiveCallback": "dvclive", "DVCLiveLogger": "dvclive", "TensorBoardLogger": "tensorboard",
    "TensorBoard": "tensorboard", "SummaryWriter": "tensorboard",
}  # fmt: skip

#: Calls that fix or configure a random seed, by their last name.
SEED_FUNCTIONS = frozenset({
    "seed", "manual_seed", "manual_seed_all", "set_seed", "seed_everything", "set_random_seed", "default_rng",
    "RandomState", "PRNGKey", "seed_all", "fix_seed", "setup_seed", "set_all_seeds", "random_seed", "Generator",
})  # fmt: skip
#: Keywords and names that carry a seed.
SEED_KEYWORDS = frozenset({"random_state", "seed", "random_seed", "seed_value", "rng_seed", "randomState"})


#: Stand for everything of a library that can never lead to MLflow: spelled like a class or not, called or not.
FOREIGN = ("~", "~U", "~()", "~U()")
#: Libraries that have something which writes to MLflow; of all others only a class called MLFlowLogger is followed.
_ROOTS = frozenset({
    "pytorch_lightning", "lightning", "lightning_fabric", "composer", "transformers", "optuna", "optuna_integration",
    "ray", "ignite", "monai", "mmcv", "mmengine", "skorch", "accelerate", "kedro_mlflow", "flytekitplugins", "zenml",
    "catalyst", "spacy_loggers", "pymc_marketing", "pycaret", "farm", "haystack", "dagster_mlflow", "pykeen", "ludwig",
    "langchain", "langchain_community", "mlflow_extend",
})  # fmt: skip


@functools.lru_cache(maxsize=20_000)
def of_library(name: str) -> frozenset[str]:
    """The value of a dotted name of a library: the name, or one of `FOREIGN` where it cannot lead to MLflow."""
    if name == "mlflow" or name.startswith("mlflow.") or "MLFlowLogger" in name:
        return frozenset({name})
    last = name.rpartition(".")[2]
    if name.partition(".")[0] in _ROOTS and (wrapper_library(name) or not (last[:1].isupper() or last.endswith("()"))):
        return frozenset({name})
    return frozenset({"~" + "U" * last[:1].isupper() + "()" * last.endswith("()")})


@functools.lru_cache(maxsize=20_000)
def member(value: str, name: str) -> frozenset[str]:
    """What `.name` of something of a library stands for."""
    if len(value) > 300 or value.partition("()")[2].count(".") > 1:  # far below what a call returned: a plain value
        return frozenset()
    return of_library(canonical(f"{value}.{name}"))


@functools.lru_cache(maxsize=20_000)
def returned(value: str) -> frozenset[str]:
    """What calling something of a library returns."""
    if value.endswith("()") or value.count("()") > 1:
        return frozenset()
    return frozenset({f"{value}()"}) if value in FOREIGN else of_library(f"{value}()")


def instance(value: str) -> frozenset[str]:
    """An instance of what an annotation names: something spelled like a class, nothing otherwise."""
    if not value.startswith("~U") and not value.rpartition(".")[2][:1].isupper():
        return frozenset()
    return returned(value) or frozenset({value})


def canonical(name: str) -> str:
    """The one spelling of an MLflow name (`mlflow.tracking.MlflowClient` is `mlflow.MlflowClient`)."""
    if name.startswith("mlflow."):
        for pattern, replacement in _CANONICAL:
            name, changed = pattern.subn(replacement, name)
            if changed:
                break
    return name


@functools.lru_cache(maxsize=20_000)
def wrapper_library(name: str) -> str | None:
    """The library through which a call named `name` writes to MLflow, or None."""
    if "low" not in name.lower() and "pipeline_ml" not in name:  # every spelling of MLflow holds "low"
        return None
    return next((library for library, pattern in _WRAPPERS if pattern.search(name)), None)


@functools.lru_cache(maxsize=20_000)
def kind_of(name: str, metrics: bool = True, disabled: bool = False) -> str | None:  # noqa: PLR0911 - one case per kind
    """What a call of the canonical name `name` is: a column of the usage table, `genai`, `client`, `other` or None.

    `metrics` says that a `log_batch` may be given metrics, `disabled` that `disable=True` is an argument.
    None means that the name is not MLflow's, or something that it returned.
    """
    if name == "mlflow" or not name.startswith("mlflow."):
        return None
    parts = name.split(".")[1:]
    last = parts[-1]
    if parts[0] == "MlflowClient":
        return "client" if len(parts) == 1 else _client_kind(parts, metrics) if len(parts) == 2 else None
    if parts[0] == "MlflowClient()":
        return _client_kind(parts, metrics) if len(parts) == 2 else None
    if parts[0] == _QUEUE:
        return FUNCTIONS.get(last, "other") if len(parts) == 2 else None
    if any(part.endswith("()") for part in parts[:-1]):
        return "other"  # a method of something that MLflow returned
    if last in ("log_model", "save_model"):
        return last
    if last == "autolog":
        return "autolog_disabled" if disabled else "autolog"
    if len(parts) == 1:
        if last in FUNCTIONS:
            return FUNCTIONS[last]
        if last == "log_batch":
            return "log_metric" if metrics else "other"
        if last in GENAI_FUNCTIONS:
            return "genai"
    if parts[0] in ("tracing", "genai"):
        return "genai"
    return "other"


def _client_kind(parts: list[str], metrics: bool) -> str:
    method = parts[1]
    if method == "log_batch":
        return "log_metric" if metrics else "client"
    if method in FUNCTIONS and method not in FLUENT_ONLY:
        return FUNCTIONS[method]
    if method in ("start_trace", "end_trace", "start_span", "end_span", "search_traces", "get_trace"):
        return "genai"
    return "client"


def is_genai_autolog(name: str) -> bool:
    """Whether `name` is the autolog of a flavor that records calls of language models."""
    parts = name.split(".")
    return len(parts) > 2 and parts[-1] == "autolog" and parts[1] in GENAI_FLAVORS
