import argparse
import subprocess

p = argparse.ArgumentParser()
p.add_argument("--report-to", type=str, default="none", choices=["none", "mlflow"])
p.add_argument("--log_with", default="mlflow")
subprocess.run(["python", "run.py", "--report_to", "mlflow"])
subprocess.run("python run.py --report_to=mlflow", shell=True)
