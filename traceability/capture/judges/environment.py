"""Judges of the environment and the dependencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traceability.capture import entries
from traceability.capture.entries import Claim
from traceability.capture.judges.verdict import Launched, Verdict, equal, missing, same_value, share_of


def python(launched: Launched) -> Verdict:
    """Parts: the three numbers of the version."""
    wanted = launched.truth["python"]
    claims = launched.of("python")
    for claim in launched.of("python_env"):
        version = entries.python_of(str(claim.value))
        claims += [Claim("python", version, claim.place, claim.by_whom)] if version else []
    short = [claim for claim in claims if wanted.startswith(f"{claim.value}.")]
    exact = equal(claims, wanted, lambda value: str(value).split()[:1] == [wanted])
    if exact.verdict == "misleading" and short:
        parts = str(short[0].value).count(".") + 1
        return Verdict("partial", parts / 3, short[0], wanted, str(short[0].value))
    return exact


def system(launched: Launched) -> Verdict:
    """Parts: the name of the system, and its release; the release names the system too."""
    wanted, release = launched.truth["platform"], launched.truth["release"]
    name = wanted.partition("-")[0].lower()
    claims = [claim for claim in launched.of("platform") if claim.value]
    exact = equal(claims, wanted, lambda value: release in str(value))
    named = next((claim for claim in claims if name in str(claim.value).lower()), None)
    if exact.verdict == "misleading" and named is not None:
        said = str(named.value)
        return Verdict("partial", share_of(name=True, release=release in said), named, wanted, said)
    return exact


def cpu(launched: Launched) -> Verdict:
    """One part, the name: who knows only how many cores there were has none of it."""
    wanted = launched.truth["cpu"]
    named = [claim for claim in launched.of("cpu") if claim.value]
    if named:
        return equal(named, wanted, lambda value: wanted in str(value))
    counted = [claim for claim in launched.of("cpu_count") if same_value(launched.truth["cores"], claim.value)]
    return Verdict("partial", 0.0, counted[0], wanted, f"{counted[0].value} cores") if counted else missing(wanted)


def gpu(launched: Launched) -> Verdict:
    names = launched.truth["gpu"]
    if names:
        return equal(launched.of("gpu"), ", ".join(names), lambda value: all(name in str(value) for name in names))
    claims = [claim for claim in launched.of("gpu")]
    return equal(claims, "none", lambda value: entries.plain(value) in (0, None, "", [], "none"))


def memory(launched: Launched) -> Verdict:
    """One part, the size: what was in use is below it, and gives none of it."""
    wanted = int(launched.truth["memory_bytes"])

    def same(value: Any) -> bool:
        number = entries.plain(value)
        return isinstance(number, int | float) and any(
            abs(number * unit / wanted - 1) < 0.02 for unit in (1, 1000, 2**10, 2**20, 10**9, 2**30)
        )

    claims = [claim for claim in launched.of("memory") if claim.value]
    if claims:
        return equal(claims, wanted, same)
    used = launched.of("memory_usage")
    return Verdict("partial", 0.0, used[0], str(wanted), f"{used[0].value} in use") if used else missing(wanted)


def threads(launched: Launched) -> Verdict:
    wanted = launched.truth["threads"]
    claims = launched.of("threads")
    for claim, value in launched.flags():
        name = next((name for name in ("blas_threads", "threads") if name in value), None)
        claims += [Claim("threads", value[name], claim.place, claim.by_whom)] if name else []
        if name is None and "OMP_NUM_THREADS" in value:
            claims.append(Claim("threads", value["OMP_NUM_THREADS"], claim.place, claim.by_whom))
    return equal(claims, wanted, lambda value: same_value(wanted, value))


def variables(launched: Launched) -> Verdict:
    wanted: Mapping[str, str] = launched.truth["variables"]
    expected = " ".join(f"{name}={value}" for name, value in wanted.items())
    best = missing(expected)
    for claim, value in launched.flags():
        kept = [name for name, text in wanted.items() if str(value.get(name)) == text]
        wrong = [name for name, text in wanted.items() if name in value and str(value[name]) != text]
        share = len(kept) / len(wanted)
        verdict = "misleading" if wrong else "correct" if share == 1 else "partial"
        if kept or wrong:
            best = Verdict(verdict, share, claim, expected, " ".join(f"{n}={value[n]}" for n in kept + wrong))
    return best


def _packages(launched: Launched, wanted: Mapping[str, str]) -> Verdict:
    """Share of `wanted` that is recorded with its version; a version that is not the installed one is misleading."""
    installed: Mapping[str, str] = launched.truth["installed"]
    expected = f"{len(wanted)} packages"
    best = missing(expected)
    together: dict[str, str] = {}
    for claim in launched.of("packages"):
        said = entries.packages(str(claim.value))
        together |= said
        if not said:
            continue
        wrong = sorted(name for name, version in together.items() if installed.get(name) != version)
        kept = [name for name in wanted if name in together and name not in wrong]
        share = len(kept) / len(wanted)
        quoted = f"{len(kept)} of {len(wanted)}, {len(together)} named" + (
            f", wrong: {' '.join(wrong)}" if wrong else ""
        )
        verdict = "misleading" if wrong else "correct" if share == 1 else "partial"
        if best.verdict == "missing" or share >= (best.share or 0) or wrong:
            best = Verdict(verdict, share, claim, expected, quoted)
    return best


def imported_packages(launched: Launched) -> Verdict:
    return _packages(launched, launched.truth["imported"])


def installed_packages(launched: Launched) -> Verdict:
    return _packages(launched, launched.truth["installed"])
