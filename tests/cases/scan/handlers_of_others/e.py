import optuna
from transformers import Trainer
from transformers.integrations import MLflowCallback

Trainer(callbacks=[MLflowCallback])
