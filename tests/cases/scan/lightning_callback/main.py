from lightning.pytorch import Trainer
from lightning.pytorch.loggers import MLFlowLogger

from callbacks.upload import Upload

Trainer(logger=MLFlowLogger(experiment_name="x"), callbacks=[Upload()])
