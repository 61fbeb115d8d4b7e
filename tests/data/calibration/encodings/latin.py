# -*- coding: latin-1 -*-
import mlflow
mlflow.set_tag('größe', '1')
