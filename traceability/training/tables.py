"""Tables of the training chapter."""

from __future__ import annotations

from traceability.study.registry import Column, Table

KINDS = ("unseeded", "same_seed", "seed_varied", "split_fixed", "varied_source", "crossed", "control")
PROCESSES = ("forked", "fresh", "era")


def label(arm: str, replicate: int, process: str) -> str:
    """The name of a replicate within its workload, in the files it leaves and in the table of predictions."""
    return f"{arm}-{replicate:04d}{'' if process == 'forked' else f'-{process}'}"


ARMS = Table(
    "config/arms.tsv",
    "The arms under study; a row is an arm.",
    (
        Column("workload", "str", "subject that is run (folder of subjects/)"),
        Column("arm", "str", "name of the arm, unique in its workload"),
        Column("kind", "str", "what the replicates of the arm are", values=KINDS),
        Column(
            "replicates",
            "int",
            "replicates; empty: training.replicates of the configuration",
            nullable=True,
            minimum=1,
        ),
        Column(
            "evaluation", "str", "is the evaluation set the same for all replicates?", values=("fixed", "resampled")
        ),
        Column(
            "process",
            "str",
            "forked: child of a preloaded server; fresh: a new interpreter; era: one with the libraries of 2024",
            values=PROCESSES,
        ),
        Column("tracking", "str", "way of tracking, passed as --tracking"),
        Column(
            "options",
            "str",
            "further options; {replicate}, {pair}, {base_seed}, {plan_seed}, {init}, {shuffle}, {split} are filled in",
            nullable=True,
        ),
        Column("meaning", "str", "what varies and what is fixed"),
    ),
    key=("workload", "arm"),
)

WORKLOADS = Table(
    "config/workloads.tsv",
    "The subjects under study; a row is a folder of subjects/.",
    (
        Column("workload", "str", "name of the folder"),
        Column("dataset", "str", "data set it learns from (row of config/datasets.tsv)"),
        Column("takes_epochs", "bool", "has the program an option --epochs?"),
        Column("preload", "str", "modules that replicates share, separated by blanks; imported once", nullable=True),
        Column("meaning", "str", "what it trains"),
    ),
    key=("workload",),
)

RUNS = Table(
    "training/runs.parquet",
    "One row per replicate: what MLflow recorded, compared with what the process measured.",
    (
        Column("workload", "str", "subject"),
        Column("arm", "str", "arm"),
        Column("kind", "str", "kind of arm", values=KINDS),
        Column("replicate", "int", "number of the replicate in its arm, from 0", minimum=0),
        Column("pair", "int", "replicates of one arm with the same pair got the same seed", minimum=0),
        Column("seed", "str", "seed passed to the subject, or 'unseeded'"),
        Column("batch", "int", "block in which the replicate ran", minimum=0),
        Column("position", "int", "place in the block's random order", minimum=0),
        Column("process", "str", "forked, fresh, or era (with the libraries of 2024)", values=PROCESSES),
        Column("evaluation", "str", "fixed or resampled", values=("fixed", "resampled")),
        Column("tracking", "str", "way of tracking"),
        Column("init", "int", "level of the initial weights in a crossed design", nullable=True),
        Column("shuffle", "int", "level of the shuffling in a crossed design", nullable=True),
        Column("split", "int", "level of the train/validation split in a crossed design", nullable=True),
        Column("status", "str", "how the process ended; not_measured: its data could not be had",
               values=("finished", "failed", "not_measured")),
        Column("error", "str", "last line of the error where it failed, or what is missing", nullable=True,
               volatile=True),
        Column("run_id", "str", "MLflow run", nullable=True, volatile=True),
        Column("attempt", "int", "how often the replicate had been started", volatile=True),
        Column("weights_sha256", "str", "digest of the fitted weights", nullable=True),
        Column("output_weights_sha256", "str", "digest of the last layer's weights (networks)", nullable=True),
        Column("predictions_sha256", "str", "digest of the predictions on the evaluation set", nullable=True),
        Column("fit_seconds", "float", "seconds in fit", nullable=True, volatile=True),
        Column("evaluate_seconds", "float", "seconds in evaluate and predict", nullable=True, volatile=True),
        Column("track_seconds", "float", "seconds of the run outside fit and evaluate", nullable=True, volatile=True),
        Column("total_seconds", "float", "seconds from fork (or start) to end of the process", volatile=True),
        Column("rss_mib", "float", "peak resident memory of the process in MiB", nullable=True, volatile=True),
        Column("threads", "int", "threads in force (0: as many as cores)", nullable=True),
        Column("blas_threads", "int", "largest native thread pool in force", nullable=True),
        Column("deterministic_ops", "bool", "TensorFlow's determinism flag as in force", nullable=True),
        Column("plan_sha256", "str", "digest of the preregistration in force when the run was made"),
        Column("versions", "str", "versions of the packages really installed, as JSON"),
    ),
    key=("workload", "arm", "replicate", "process"),
    open=True,
)  # fmt: skip

EPOCHS = Table(
    "training_fashion/epochs.tsv",
    "Metrics of every training on Fashion-MNIST after each epoch, as Keras reports them during the fit.",
    (
        Column("arm", "str", "arm"),
        Column("replicate", "int", "number of the replicate in its arm, from 0", minimum=0),
        Column("epoch", "int", "epochs done", minimum=1),
        Column("loss", "float", "mean loss on the training images while the epoch ran", minimum=0),
        Column("accuracy", "float", "share of training images right while the epoch ran", minimum=0, maximum=1),
        Column("val_loss", "float", "loss on the validation images after it", minimum=0),
        Column("val_accuracy", "float", "share of validation images right after it", minimum=0, maximum=1),
    ),
    key=("arm", "replicate", "epoch"),
)

COSTS = Table(
    "training/costs.tsv",
    "What one run costs at each level of tracking and determinism; alone on the machine, levels interleaved.",
    (
        Column("workload", "str", "subject"),
        Column("level", "str", "level, a row of config/costs.tsv"),
        Column("tracking", "str", "way of tracking"),
        Column("repetition", "int", "number of the repetition", minimum=0),
        Column("position", "int", "place in the random order", minimum=0),
        Column("status", "str", "how the process ended", values=("finished", "failed")),
        Column("weights_sha256", "str", "digest of the fitted weights", nullable=True),
        Column("fit_seconds", "float", "seconds in fit", nullable=True, volatile=True),
        Column("evaluate_seconds", "float", "seconds in evaluate and predict", nullable=True, volatile=True),
        Column("track_seconds", "float", "seconds of the run outside fit and evaluate", nullable=True, volatile=True),
        Column("total_seconds", "float", "seconds from fork to end of the process", volatile=True),
        Column("database_bytes", "int", "growth of the database", volatile=True),
        Column("artifact_bytes", "int", "growth of the artifact store", volatile=True),
    ),
    key=("workload", "level", "repetition"),
)
