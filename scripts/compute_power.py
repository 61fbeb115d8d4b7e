"""What the declared sample sizes can show, by simulation."""

from pathlib import Path

from traceability.statistics import plan as plans
from traceability.statistics import power
from traceability.statistics.tables import POWER
from traceability.study import job


def main(plan: Path, table: Path, seed: int) -> None:
    """Write one row per contrast: its power alone and after Holm, beside what the plan states."""
    declared = plans.read(plan)
    powers = power.simulated_power(declared, seed)
    rows = []
    for name, contrast in declared.confirmatory.contrasts.items():
        assumed = {
            "brown_forsythe": f"SD ratio {contrast.sd_ratio}",
            "equivalence": f"no difference, SD {contrast.sd} in both arms",
            "paired_spread": f"SD ratio {contrast.sd_ratio}, correlation {contrast.correlation}",
            "mcnemar": f"only {contrast.first}, only {contrast.second}: {contrast.rates}",
        }[contrast.test]
        alone, holm = powers[name]
        rows.append({
            "contrast": name, "test": contrast.test, "n": contrast.n, "assumed": assumed, "power_alone": alone,
            "power_holm": holm, "power_planned": contrast.power,
        })  # fmt: skip
    POWER.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
