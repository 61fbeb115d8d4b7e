from callbacks import MLflowCallback

keep = MLflowCallback("x")
