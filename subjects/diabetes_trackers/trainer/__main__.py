"""`python -m trainer`, from the project's folder."""

from train import main

main()
