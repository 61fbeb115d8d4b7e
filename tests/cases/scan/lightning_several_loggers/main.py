from pytorch_lightning import Trainer
from pytorch_lightning.loggers import MLFlowLogger, TensorBoardLogger


def report(trainer):
    for lg in trainer.loggers:
        if isinstance(lg, MLFlowLogger):
            lg.experiment.log_text(lg.run_id, "done", "note.txt")
        elif isinstance(lg, TensorBoardLogger):
            lg.experiment.add_text("note", "done")
    found = next(lg for lg in trainer.loggers if isinstance(lg, MLFlowLogger))
    found.experiment.set_tag(found.run_id, "state", "done")


report(Trainer(logger=[MLFlowLogger(), TensorBoardLogger("x")]))
