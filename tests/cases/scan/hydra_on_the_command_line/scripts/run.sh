#!/bin/bash
python train.py trainer=gpu logger=mlflow
