"""The written rules of the sample: the kind of a project, and one project per cluster."""

from __future__ import annotations

from traceability.corpus import sampling

#: Made-up projects in the shapes that the corpus holds, classed by hand: name, first words of the README, authors,
#: months, continuous integration, tests, tags, class.
HAND = [
    ("ann/mlops-zoomcamp-project", "My solution", 1, 2, 0, 0, 0, "education"),
    ("bob/taxifare", "Predict the fare", 1, 1, 0, 1, 0, "education"),
    ("cleo/ml", "Homework 3 of the course Data Engineering", 1, 1, 0, 0, 0, "education"),
    ("dtu-team/mlops", "Project of a DTU course", 5, 1, 1, 1, 0, "education"),
    ("eve/thesis", "Master's degree thesis at the University of Turin", 1, 8, 0, 0, 0, "education"),
    ("fox/Tugas-IF5251", "Experiment tracking", 2, 1, 0, 0, 0, "education"),
    ("gus/capstone", "Udacity nanodegree, final project", 1, 2, 0, 0, 0, "education"),
    ("hal/mlops-course-labs", "Exercises", 3, 4, 1, 1, 0, "education"),
    ("ida/bootcamp", "Week 5", 1, 1, 0, 0, 0, "education"),
    ("jon/churn", "Assignment for the lecture on machine learning", 4, 2, 0, 1, 0, "education"),
    ("kim/mlflow-example", "Track a model", 1, 1, 0, 0, 0, "example"),
    ("lab-x/mlflow-demo", "A pipeline", 6, 5, 1, 1, 2, "example"),
    ("max/wine", "A tutorial on MLflow projects", 1, 1, 0, 0, 0, "example"),
    ("ned/ml-template", "Start here", 2, 7, 1, 1, 1, "example"),
    ("oda/mlflow101", "First steps", 1, 1, 0, 0, 0, "example"),
    ("pia/serving", "Proof of concept for serving models", 2, 1, 0, 0, 0, "example"),
    ("qbiz/mlflow-workshop", "Slides and code", 3, 3, 0, 0, 0, "example"),
    ("ray/cookiecutter-ml", "Start a repository", 4, 12, 1, 1, 3, "example"),
    ("sue/hello", "Getting started with MLflow on Kubernetes", 1, 1, 0, 0, 0, "example"),
    ("tom/playground", "Things that I try", 1, 3, 0, 0, 0, "example"),
    ("ucorp/forecasting", "Demand forecasting service", 7, 14, 1, 1, 5, "organisation"),
    ("vnet/detector", "Anomaly detection for grids", 3, 2, 0, 1, 0, "organisation"),
    ("wlib/autotrain", "Library for training models", 12, 30, 1, 1, 9, "organisation"),
    ("xteam/etl", "Nightly pipeline", 4, 3, 1, 0, 0, "organisation"),
    ("yard/release", "Versioned models", 3, 6, 0, 0, 1, "organisation"),
    ("zed/titanic", "My models of the Titanic data", 1, 1, 0, 0, 0, "personal"),
    ("amy/stocks", "Predicting prices", 1, 9, 1, 1, 2, "personal"),
    ("ben/nlp", "Sentiment of reviews", 2, 4, 0, 1, 0, "personal"),
    ("cat/vision", "", 3, 1, 1, 1, 0, "personal"),
    ("dan/energy", "Load of a house", 3, 5, 0, 0, 0, "personal"),
]


def test_there_are_thirty_hand_classes_with_every_kind() -> None:
    assert len(HAND) == 30
    assert {row[-1] for row in HAND} == {"education", "example", "organisation", "personal"}


def test_the_rule_gives_the_hand_class_but_where_a_name_deceives_it() -> None:
    wrong = {row[0]: sampling.kind_of(*row[:-1]) for row in HAND if sampling.kind_of(*row[:-1]) != row[-1]}
    assert wrong == {"lab-x/mlflow-demo": "education"}  # an owner called lab-x is taken for a course's lab


def portrait(name: str, first: str, blobs: str, root: str) -> sampling.Portrait:
    return sampling.Portrait(
        name, "1" * 40, first, first, "MIT", 1, 1, 1, 0, 0, 0, "personal", frozenset({root}), frozenset(blobs.split())
    )


def test_copies_and_forks_stand_for_the_earliest_and_strangers_for_themselves() -> None:
    standing = sampling.clusters([
        portrait("b/copy", "2022-01-01", "x y z", "r1"), portrait("a/first", "2021-01-01", "x y w", "r2"),
        portrait("c/fork", "2023-01-01", "q", "r1"), portrait("d/alone", "2020-01-01", "m n", "r3"),
        portrait("e/one-shared", "2020-01-01", "m k", "r4"),
    ])  # fmt: skip
    assert standing == {
        "a/first": "a/first", "b/copy": "a/first", "c/fork": "a/first", "d/alone": "d/alone",
        "e/one-shared": "e/one-shared",
    }  # fmt: skip


def test_files_that_many_projects_hold_make_no_cluster() -> None:
    many = [portrait(f"o/p{n}", "2021-01-01", "stub1 stub2", f"r{n}") for n in range(sampling.COMMON_BLOB)]
    assert set(sampling.clusters(many).values()) == {p.repository for p in many}


def test_among_copies_of_one_history_the_one_that_was_listed_first_stands() -> None:
    copies = [portrait(name, "2021-01-01", "a b c", "root") for name in ("A/copy", "z/template")]
    assert set(sampling.clusters(copies).values()) == {"A/copy"}
    assert set(sampling.clusters(copies, {"A/copy": "2026-11-30", "z/template": "2026-11-23"}).values()) == {
        "z/template"
    }
