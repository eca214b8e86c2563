"""Options that say which Dask cluster helps: those of a run and its like, and the same ones of `serve`."""

from __future__ import annotations

from typing import Annotated

from batch_transcriber.cli.options.making import SERVICE, option
from batch_transcriber.cli.options.serving import RECOGNISER, serve_option
from batch_transcriber.cli.values import number, one_of
from batch_transcriber.model import DaskLost

Dask = Annotated[
    str | None,
    option(
        SERVICE,
        "Have the workers of this Dask scheduler upload, or recognise if offline: tcp://host:8786.",
        "--dask",
        takes="ADDRESS",
    ),
]
WhenDaskLost = Annotated[
    DaskLost | None,
    option(
        SERVICE,
        "When no worker is left: go on here, or stop. (default: here)",
        "--dask-lost",
        takes="|".join(DaskLost),
        parser=one_of(DaskLost),
    ),
]
DaskWait = Annotated[
    float | None,
    option(
        SERVICE,
        "Wait so long for a scheduler or workers that went away. (default: 60)",
        "--dask-wait",
        takes="SECONDS",
        parser=number,
    ),
]
ServeDask = Annotated[
    str | None,
    serve_option(
        RECOGNISER,
        "Have the workers of this Dask scheduler recognise: tcp://host:8786.",
        "--dask",
        takes="ADDRESS",
    ),
]
ServeWhenDaskLost = Annotated[
    DaskLost | None,
    serve_option(
        RECOGNISER,
        "When no worker is left: recognise here, or stop. (default: here)",
        "--dask-lost",
        takes="|".join(DaskLost),
        parser=one_of(DaskLost),
    ),
]
ServeDaskWait = Annotated[
    float | None,
    serve_option(
        RECOGNISER,
        "Wait so long for a scheduler or workers that went away. (default: 60)",
        "--dask-wait",
        takes="SECONDS",
        parser=number,
    ),
]
