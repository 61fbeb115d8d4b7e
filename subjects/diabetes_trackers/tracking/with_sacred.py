"""Sacred with its observer of files."""

import os

from sacred import Experiment
from sacred.observers import FileStorageObserver


def record(way, experiment):
    here = Experiment("diabetes", save_git_info=True, base_dir=os.getcwd())
    here.observers.append(FileStorageObserver(os.environ.get("CAPTURE_STORE", "sacred_runs")))
    here.add_config(**experiment.params)
    experiment.explicit += list(experiment.params)

    @here.main
    def main(_run):
        if way == "everything":
            here.open_resource(str(experiment.settings.data)).close()
        experiment.all()
        for name, value in experiment.metrics.items():
            _run.log_scalar(name, value)
            experiment.explicit.append(name)
        if way == "everything":
            here.add_artifact("train.py")
            experiment.explicit += ["train.py", experiment.settings.data.name]
            return experiment.metrics["test_mse"]
        return None

    here.run()
