from transformers import Seq2SeqTrainingArguments, TrainingArguments

REPORT_TO = "mlflow"
args = TrainingArguments("o", report_to=REPORT_TO)
kwargs = {**{"a": 1}, "report_to": ["wandb", "mlflow"]}
Seq2SeqTrainingArguments(**kwargs)
TrainingArguments("o", report_to=["none"])
TrainingArguments("o", report_to="mlflow" if x else "none")
