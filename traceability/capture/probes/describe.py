"""What an environment holds: `python describe.py OUTPUT` writes distributions, and those behind each module."""

import importlib.metadata
import platform
import re

from probe import main


def name_of(dist):
    """Normalised name of a distribution."""
    return re.sub(r"[-_.]+", "-", dist.metadata["Name"]).lower()


def facts():
    """{python, closure: {name: version}, modules: {module: [names]}}."""
    dists = list(importlib.metadata.distributions())
    modules = {
        module: sorted({re.sub(r"[-_.]+", "-", name).lower() for name in names})
        for module, names in importlib.metadata.packages_distributions().items()
    }
    return {
        "python": platform.python_version(),
        "closure": {name_of(dist): dist.version for dist in dists},
        "modules": modules,
    }


if __name__ == "__main__":
    main(facts)
