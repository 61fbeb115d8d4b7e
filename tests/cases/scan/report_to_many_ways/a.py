import dataclasses

options = {"output_dir": "o"}
options["report_to"] = "mlflow"
more = dict(output_dir="o", report_to=["tensorboard", "mlflow"])
REPORT = {"report_to": "none"}


@dataclasses.dataclass
class Arguments:
    report_to: str = dataclasses.field(default="mlflow", metadata={"help": "mlflow or none"})
    log_with: str = "none"


def train(args, report_to="mlflow"):
    args.report_to = ["mlflow"]
