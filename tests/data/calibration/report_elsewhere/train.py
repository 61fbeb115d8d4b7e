from transformers import TrainingArguments

arguments = TrainingArguments("out", report_to="wandb")  # not mlflow
