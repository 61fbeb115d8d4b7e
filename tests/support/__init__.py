"""What tests of several folders share: where the repository is, whole studies, servers, environments, processes."""

from pathlib import Path

#: The repository's folder.
ROOT = Path(__file__).resolve().parents[2]
