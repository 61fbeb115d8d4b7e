"""ClearML in its offline mode."""

import os
from pathlib import Path

# Its reporting process, forked while other threads run, now and then never comes to an end, and the run with it.
os.environ.setdefault("CLEARML_CONFIG_FILE", str(Path(__file__).with_name("clearml.conf")))

from clearml import Task  # it reads its configuration when it is imported


def record(way, experiment):
    Task.set_offline(True)
    task = Task.init(project_name="diabetes", task_name="run", auto_resource_monitoring=way == "everything")
    task.connect(experiment.params)
    experiment.explicit += list(experiment.params)
    experiment.all()
    for name, value in experiment.metrics.items():
        task.get_logger().report_single_value(name, value)
        experiment.explicit.append(name)
    if way == "everything":
        task.upload_artifact("train.py", artifact_object="train.py")
        task.upload_artifact("data", artifact_object=str(experiment.settings.data))
        experiment.explicit += ["train.py", experiment.settings.data.name]
    task.close()
