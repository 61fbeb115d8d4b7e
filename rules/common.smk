# Validation, tables, wildcard constraints and input functions: the only file with functions.
import contextlib
import sys
from pathlib import Path

from snakemake import __version__ as SNAKEMAKE_VERSION
from snakemake.exceptions import WorkflowError
from snakemake.io import get_flag_value, is_flagged
from snakemake.utils import validate

# The folder of this workflow, also where it is a module of another one or runs elsewhere (--directory, --snakefile).
FOLDER = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
if not (FOLDER / "traceability").is_dir():
    raise WorkflowError(
        f"{FOLDER}: this workflow needs its library and tables beside its rules; clone its repository, and give "
        "`module: snakefile:` the path of the Snakefile in the clone"
    )
sys.path.insert(0, str(FOLDER))
# Files of the study have short names where it runs in its own folder, so that a moved folder runs nothing again.
SOURCE = Path() if Path.cwd() == FOLDER == Path(workflow.basedir) else FOLDER


from traceability import __version__ as STUDY_VERSION
from traceability.study import code_digest as reached_code
from traceability.study import config_schema, missing, published
from traceability.study.interpreter import one_word
from traceability.study.arms import chosen as chosen_arms
from traceability.capture.tables import TRACKERS
from traceability.corpus import batches as project_batches
from traceability.datasets import catalogue, download
from traceability.errors import StudyError
from traceability.public_records import places as public_places
from traceability.paper import crate, typesetting
from traceability.reproduction import origins
from traceability.paper.number_table import TABLES as TABLES_OF_THE_PAPER
from traceability.study.registry import all_tables
from traceability.storage.tables import chosen as chosen_stores
from traceability.tracking import service as tracking_service
from traceability.training import plan as training_plan
from traceability.training.tables import ARMS
from traceability.training.tables import WORKLOADS as workload_table


def checked(call, *arguments):
    """Call a function of the library; a user's mistake ends the workflow with one line."""
    try:
        return call(*arguments)
    except StudyError as error:
        raise WorkflowError(str(error)) from None


def code_digest(script, *programs):
    """Digest of a script and all it imports, and of programs it starts by path, so that an edit reruns the rule."""
    return reached_code.digest(f"scripts/{script}.py", *programs)


def in_source(path):
    """A file of the study itself, wherever the workflow runs."""
    return str(SOURCE / path)


# What Snakemake starts scripts with; it does not quote the path.
sys.executable = checked(one_word, sys.executable)
# One line for a mistake and every default filled in; then as Snakemake itself checks a configuration.
config = checked(config_schema.check, config)
validate(config, schema="../config/schemas/config.schema.json")
checked(config_schema.require_files, config, SOURCE)
workloads = {
    row["workload"]: row
    for row in checked(workload_table.rows, in_source(config["training"]["workloads"]))
}
# Left out are arms of data sets that the configuration does not name, and those of Fashion-MNIST that it does not name.
arms = checked(
    chosen_arms,
    checked(ARMS.rows, in_source(config["training"]["arms"])),
    workloads.values(),
    config["datasets"]["names"],
)
arms = [
    arm
    for arm in arms
    if workloads[arm["workload"]]["dataset"] != "fashion_mnist"
    or arm["arm"] in config["training"]["fashion_mnist"]["arms"]
]
data_sets = [
    checked(catalogue.find, in_source(config["datasets"]["table"]), name)
    for name in config["datasets"]["names"]
]
origin = download.Origin.of(config["datasets"])
# What was missing in an earlier run and is here now is used.
download.forget_missing(data_sets, origin, Path("results"))
WORKLOADS = sorted({arm["workload"] for arm in arms})
trackers = checked(TRACKERS.rows, in_source(config["capture"]["trackers"]))
stores = checked(
    chosen_stores,
    in_source(config["storage"]["table"]),
    config["storage"]["stores"],
)
# The one subject that the cost of tracking is measured on.
COSTED = checked(ARMS.rows, in_source(config["training"]["costs"]))[0]["workload"]
# Components of storage that run in an environment of their own.
COMPONENTS = ("swift", "uvloop")
# The subject that every tracker records; it has no arms.
CAPTURED = "diabetes_trackers"
# What the pages of long tables share, as the report lists it.
SHARED_BY_PAGES = {
    "index": "every long table, to sort and to search",
    "itables": "the program that sorts and searches (itables, MIT licence)",
}


wildcard_constraints:
    workload="|".join([*WORKLOADS, CAPTURED]),
    environment="|".join([*(tracker["tracker"] for tracker in trackers), *COMPONENTS]),
    dataset="|".join(config["datasets"]["names"]),
    batch=r"\d+",


def arms_of(workload):
    """Rows of the arms table for one workload."""
    return [arm for arm in arms if arm["workload"] == workload]


def batches_of(workload):
    """Numbers of a workload's batches."""
    sizes = training_plan.Sizes(**batch_settings(workload))
    return range(training_plan.batch_count(arms_of(workload), sizes))


def all_batches(_wildcards):
    """The JSON lines of every batch of every workload."""
    return [
        f"results/training/{workload}/batch-{batch}.jsonl"
        for workload in WORKLOADS
        for batch in batches_of(workload)
    ]


def epochs_of(workload, setting="epochs"):
    """Epochs of a workload's program; None where it has no such option."""
    settings = config["training"]
    if setting == "epochs" and learns_from_images(workload):
        settings = settings["fashion_mnist"]
    return settings[setting] if workloads[workload]["takes_epochs"] else None


def learns_from_images(workload):
    """Is it the study's own experiment, on Fashion-MNIST, which has sizes of its own?"""
    return workloads[workload]["dataset"] == "fashion_mnist"


def preloaded(workload):
    """Modules that the replicates of a workload share."""
    return (workloads[workload]["preload"] or "").split()


def arrays_of_all_batches(_wildcards):
    """The folders with the arrays of every batch of every workload."""
    return [
        f"results/training/{workload}/batch-{batch}"
        for workload in WORKLOADS
        for batch in batches_of(workload)
    ]


def batch_settings(workload):
    """What decides the replicates of a batch, and nothing else of the configuration."""
    settings = config["training"]
    names = (
        "replicates",
        "at_most",
        "crossed_levels",
        "batch_size",
        "fresh_controls",
    )
    found = {name: settings[name] for name in names}
    if learns_from_images(workload):
        own = settings["fashion_mnist"]
        found |= {name: own[name] for name in ("at_most", "batch_size", "share")}
        found["fresh_controls"] = 0
    return found | {
        "base_seed": settings["order_seed"],
        "epochs": epochs_of(workload),
    }


def era_environment(wildcards):
    """The receipt of the environment with the libraries of 2024, where an arm of the workload runs in it."""
    if any(arm["process"] == "era" for arm in arms_of(wildcards.workload)):
        return {"era": "results/environments/mlflow_2.json"}
    return {}


def data_of(workload):
    """The prepared data that a workload learns from."""
    return f"results/datasets/{workloads[workload]['dataset']}/data.npz"


def subject_files(wildcards):
    """Every file of a subject, so that an edit stages it again."""
    folder = SOURCE / "subjects" / wildcards.workload
    return sorted(
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def calibration_projects():
    """The folders of the calibration projects."""
    folder = SOURCE / "tests" / "data" / "calibration"
    return sorted(str(path) for path in folder.iterdir() if path.is_dir())


def calibration_files():
    """Every file of the calibration projects, so that an edit scans them again."""
    folder = SOURCE / "tests" / "data" / "calibration"
    return sorted(str(path) for path in folder.rglob("*") if path.is_file())


# Holds the tracking server of this run; what is in it also ends when this process ends, however it does.
services_of_this_run = contextlib.ExitStack()


def start_tracking():
    """Before the first job: refuse SQLite where jobs leave this machine, and start the server if it is to be ours."""
    settings = config["tracking"]
    # Snakemake offers no public way to ask where jobs will run; these two names are in it since 8.0, and a test with a
    # real scheduler (tests/cluster) fails when they are not there any more.
    if workflow.non_local_exec:
        executor = workflow.executor_plugin.name.rpartition(
            "snakemake-executor-plugin-"
        )[2]
        checked(tracking_service.check, settings["uri"], executor)
    if settings["uri"] == tracking_service.SERVICE:
        running = tracking_service.running(Path("results"), settings["host"])
        checked(services_of_this_run.enter_context, running)


def tell_at_start():
    """Say which data sets are not here yet, and how they can be had."""
    for line in download.lines_at_start(data_sets, origin, Path("results")):
        logger.warning(line)


def tell_at_end():
    """Say what was not measured because its data could not be had."""
    for line in missing.reasons(Path("results"), config["datasets"]["names"]):
        logger.warning(line)


def all_cores():
    """Every core, for jobs that nothing may run beside; on a cluster the profile says how many, and reserves a node."""
    try:
        return workflow.cores
    except WorkflowError:
        return 2


def growing(first):
    """A resource that doubles with each attempt."""
    return lambda _wildcards, attempt: first * 2 ** (attempt - 1)


def unrecorded(value):
    """A parameter whose change runs nothing again: Snakemake compares none that a function of the outputs gives."""
    return lambda _wildcards, output: value


def below_results(folder):
    """A folder below results/ that no job makes anew, such as a cache; a prefix of this workflow stands before it."""
    return lambda _wildcards, output: str(
        next(path for path in Path(output[0]).parents if path.name == "results")
        / folder
    )


def batch_minutes(wildcards, attempt):
    """Time limit of a batch: a replicate took 0.3 s per epoch and at most 10 s besides; half as much again, 15 min more.

    On Fashion-MNIST 15 s per epoch and at most 60 s besides.
    """
    settings = batch_settings(wildcards.workload)
    large = learns_from_images(wildcards.workload)
    # The first batches have the fresh controls on top.
    replicates = 2 * settings["batch_size"]
    seconds = (
        1.5
        * replicates
        * ((15 if large else 0.3) * (settings["epochs"] or 0) + (60 if large else 10))
    )
    return (15 + int(seconds / 60)) * 2 ** (attempt - 1)


def environment_of(wildcards):
    """What an environment is to hold: its locked list, package and version, and what its receipt says besides."""
    name = wildcards.environment
    for row in trackers:
        if row["tracker"] == name:
            return {
                "requirements": row["requirements"],
                "package": row["package"],
                "version": row["version"],
                "given": "",
                "about": {"tracker": name, "system": row["system"]},
            }
    return {
        "requirements": f"envs/{name}.txt",
        "package": name,
        "version": "",
        # Of the components only Swift can be given.
        "given": config["storage"].get(name, ""),
        "about": {"package": name},
    }


def requirements_of(wildcards):
    """The locked list of an environment that a rule builds."""
    return in_source(environment_of(wildcards)["requirements"])


def environments_in_use():
    """What `build_environment` says of every tracker that is measured."""
    known = [row["tracker"] for row in trackers]
    unknown = [name for name in config["capture"]["use"] if name not in known]
    if unknown:
        raise WorkflowError(
            f"capture.use: '{unknown[0]}' is not a row of {config['capture']['trackers']}; known: {', '.join(known)}"
        )
    return [f"results/environments/{name}.json" for name in config["capture"]["use"]]


def paper_sources():
    """The text of the paper and what it includes."""
    folder = SOURCE / "paper"
    return sorted(
        str(path) for path in folder.iterdir() if path.suffix in (".typ", ".yml")
    )


def paper_figures():
    """The figures that the text shows."""
    names = checked(
        typesetting.figures_of, Path(in_source(f"paper/{typesetting.MAIN}"))
    )
    return [f"results/figures/{name}" for name in names]


def results_of_the_study():
    """Every table of statistics and figures, every figure, and what else the paper reads."""
    named = [
        f"results/{table.name}"
        for chapter, table in all_tables()
        if chapter in ("statistics", "figures", "reproduction")
    ]
    drawn = [
        f"{name.removesuffix('.tsv')}.svg" for name in named if "/figures/" in name
    ]
    return sorted({*named, *drawn, *TABLES_OF_THE_PAPER})


def study_files():
    """Every file of the study that makes results, so that an edit describes it again."""
    return [str(path) for path in crate.study_files(SOURCE)]


def object_store(_wildcards):
    """The receipt of the object store's environment, where a set-up that is measured needs one."""
    if any(store["artifacts"] == "s3" for store in stores):
        return {"swift": "results/environments/swift.json"}
    return {}


def published_chapters():
    """The chapters whose raw tables are those of the published run."""
    return [
        chapter
        for chapter in published.FILES
        if config[chapter]["source"] == "published"
    ]


def published_files():
    """The files of the published run that are taken, with the provenance of each chapter."""
    for chapter in published_chapters():
        folder = Path(in_source(f"{published.FOLDER}/{chapter}"))
        if not (folder / published.PROVENANCE).is_file():
            raise WorkflowError(
                f"{chapter}.source: nothing of this chapter is published in {published.FOLDER}/{chapter}; "
                "measure it (source: measured)"
            )
    return [
        in_source(f"{published.FOLDER}/{chapter}/{name}")
        for chapter in published_chapters()
        for name in (*published.FILES[chapter], published.PROVENANCE)
    ]


def published_numbers():
    """The published numbers of the paper with their provenance; none while they are not published."""
    folder = Path(in_source(f"{published.FOLDER}/{published.PAPER}"))
    if not (folder / published.PROVENANCE).is_file():
        return []
    return [str(folder / name) for name in (published.NUMBERS, published.PROVENANCE)]


def published_tables():
    """The raw tables that are taken from the published run."""
    return [
        f"results/{chapter}/{name}"
        for chapter in published_chapters()
        for name in published.FILES[chapter]
    ]


def reported_tables():
    """What each rule says of the tables that it puts into the report, by name below results/.

    Snakemake offers no public way to ask this; a test fails when these names are not there any more.
    """
    return {
        str(path).rpartition("results/")[2]: get_flag_value(path, "report")
        for rule in workflow.rules
        for path in rule.output
        if is_flagged(path, "report") and path.endswith(".tsv")
    }


def tables_of_the_report(_wildcards):
    """Every table that this configuration puts into the report."""
    left_out = [] if config["replay"]["third_party"] else ["replay/third_party.tsv"]
    return [
        f"results/{name}" for name in sorted(reported_tables()) if name not in left_out
    ]


def place_of_page(part):
    """A function that says the category, subcategory or labels of a page: those of its table."""

    def said(wildcards):
        if "shared" in wildcards.keys():
            content = SHARED_BY_PAGES[wildcards.shared]
            return {"category": "Long tables", "labels": {"content": content}}.get(part)
        table = reported_tables()[f"{wildcards.chapter}/{wildcards.table}.tsv"]
        own = getattr(table, part)
        # Of two results with the same labels Snakemake's report lists one.
        return {**own, "form": f"{own['form']}, sortable"} if part == "labels" else own

    return said
