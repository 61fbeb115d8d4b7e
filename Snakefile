# What MLflow lets you trace, store, run again and reproduce: the study as a workflow.
#
#   snakemake --cores all            everything
#   snakemake --cores 4 training     one chapter alone
#   snakemake --configfile config/quick.yaml --cores 2      the same study, tiny
from pathlib import Path

from snakemake.utils import min_version

# The version that the lock holds and the tests run (pathvars alone would need 9.14).
min_version("9.27.1")

# That of the working folder; where it has none, the study's own.
CONFIGURATION = "config/config.yaml"
if not Path(CONFIGURATION).is_file():
    CONFIGURATION = str(Path(workflow.basedir) / CONFIGURATION)


configfile: CONFIGURATION


report: "report/workflow.rst"


pathvars:
    logs="results/logs",
    benchmarks="results/benchmarks",


include: "rules/common.smk"
include: "rules/datasets.smk"
include: "rules/tracking.smk"
include: "rules/training.smk"
include: "rules/replay.smk"
include: "rules/capture.smk"
include: "rules/storage.smk"
include: "rules/corpus.smk"
include: "rules/public_records.smk"
include: "rules/published.smk"
include: "rules/statistics.smk"
include: "rules/figures.smk"
include: "rules/figures_of_projects.smk"
include: "rules/paper.smk"
include: "rules/reproduction.smk"
include: "rules/tables.smk"


rule all:
    """The whole study."""
    default_target: True
    input:
        rules.datasets.input,
        rules.training.input,
        rules.replay.input,
        rules.capture.input,
        rules.storage.input,
        rules.corpus.input,
        rules.public_records.input,
        rules.statistics.input,
        rules.figures.input,
        rules.paper.input,
        rules.reproduction.input,
        rules.tables.input,
    localrule: True
