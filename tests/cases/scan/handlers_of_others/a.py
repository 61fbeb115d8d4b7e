from langchain.callbacks import MlflowCallbackHandler
from langchain_community.callbacks.mlflow_callback import MlflowCallbackHandler as Handler

handlers = [MlflowCallbackHandler(), Handler()]
