"""Jobs as Snakemake has them, as far as a forecast looks."""

from types import SimpleNamespace


class Job(SimpleNamespace):
    """A job, which is itself alone."""

    __hash__, __eq__ = object.__hash__, object.__eq__


class Parameters(dict):
    """Values by name, as attributes too."""

    __getattr__ = dict.__getitem__


def job(
    rule, benchmark=None, threads=1, params=(), outputs=(), inputs=(), mem_mb=1000, gpu=0, **places
):
    """A job; places: its wildcards."""
    return Job(
        rule=SimpleNamespace(name=rule, expand_priority=lambda *_: 0),
        benchmark=benchmark,
        threads=threads,
        params=Parameters(params),
        input=Parameters(inputs),
        output=list(outputs),
        resources={"mem_mb": mem_mb, **({"gpu": gpu} if gpu else {})},
        wildcards_dict=places,
        attempt=1,
    )
