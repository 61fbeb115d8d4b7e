from transformers import TrainingArguments

arguments = TrainingArguments("out", report_to=["mlflow", "tensorboard"])
