"""Sizes that cannot be measured are refused before anything starts."""

import pytest

from traceability.errors import StudyError
from traceability.study.configuration import check


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("writers", [4, 0], r"'storage\.writers\.1' is 0: .*at least 1;"),
        ("writers", [1000], r"'storage\.writers\.0' is 1000: .*at most 128;"),
        ("writers_with_accounts", [-1], r"'storage\.writers_with_accounts\.0' is -1"),
        ("single_calls", [0], r"'storage\.single_calls\.0' is 0"),
        ("batch_points", [10**9], r"'storage\.batch_points\.0' is 1000000000"),
        ("repeat_seconds", 1e9, r"'storage\.repeat_seconds' is 1000000000\.0"),
        ("at_most_seconds", float("inf"), r"'storage\.at_most_seconds' is inf"),
    ],
)
def test_a_size_out_of_bounds_is_one_line_that_names_it(key, value, said):
    with pytest.raises(StudyError, match=said):
        check({"storage": {key: value}})
