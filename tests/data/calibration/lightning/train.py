import pytorch_lightning as pl
from pytorch_lightning.loggers import MLFlowLogger

pl.seed_everything(1)
trainer = pl.Trainer(logger=MLFlowLogger(experiment_name="x"))
