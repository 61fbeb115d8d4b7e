import optuna
import optuna_integration as oi

keep = oi.MLflowCallback(tracking_uri="file:runs", metric_name="square")
optuna.create_study().optimize(lambda trial: trial.suggest_float("x", 0, 1) ** 2, n_trials=3, callbacks=[keep])
