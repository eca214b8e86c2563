"""`batch-transcriber serve`: the same API on your own machine, for any client of it."""

from __future__ import annotations

from typing import Any

import typer

from batch_transcriber.cli.commands import Command
from batch_transcriber.cli.contradictions import NO_DASK, OF_DASK, OF_WORKERS
from batch_transcriber.cli.options import cluster, serving

PORT = 8765
_PAIRS = (
    ("fast", "accurate", "one asks for speed, one for care"),
    ("quiet", "verbose", "one asks for less, one for more"),
    ("dask", "workers", OF_WORKERS),
)
_AT_LEAST = {"port": 0, "workers": 1, "concurrency": 1}
PORT_MAX = 65_535


class ServeCommand(Command):
    """`serve`, whose options are checked before anything is loaded."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's form
        """Return what follows the command's name in its usage line."""
        return ["[OPTIONS]"]

    def invoke(self, ctx: Any) -> Any:
        """Serve, unless what was typed cannot be."""
        for first, second, reason in _PAIRS:
            if ctx.params[first] and ctx.params[second]:
                ctx.fail(f"--{first} cannot be used with --{second}: {reason}")
        for name in OF_DASK:
            if ctx.params[name] is not None and not ctx.params["dask"]:
                ctx.fail(f"--{name.replace('_', '-')} needs {NO_DASK}")
        if ctx.params["dask_wait"] is not None and ctx.params["dask_wait"] <= 0:
            ctx.fail(f"--dask-wait must be more than 0 (it is {ctx.params['dask_wait']:g})")
        for name, least in _AT_LEAST.items():
            value = ctx.params[name]
            if value is not None and value < least:
                ctx.fail(f"--{name} must be {least} or more (it is {value})")
        if ctx.params["port"] > PORT_MAX:
            ctx.fail(f"--port must be {PORT_MAX} or less (it is {ctx.params['port']})")
        return super().invoke(ctx)


def serve(
    context: typer.Context,
    *,
    host: serving.Host = "127.0.0.1",
    port: serving.Port = PORT,
    key_file: serving.KeyFile = None,
    data: serving.Data = None,
    allow_private: serving.AllowPrivate = False,
    model: serving.Model = None,
    fast: serving.Fast = False,
    accurate: serving.Accurate = False,
    workers: serving.Workers = None,
    dask: cluster.ServeDask = None,
    dask_lost: cluster.ServeWhenDaskLost = None,
    dask_wait: cluster.ServeDaskWait = None,
    concurrency: serving.Concurrency = None,
    quiet: serving.Quiet = False,
    verbose: serving.Verbose = False,
) -> None:
    """Serve the API until it is stopped."""
    from batch_transcriber.cli.serving import serve_as_typed  # noqa: PLC0415 - `--help` needs none of it

    raise typer.Exit(serve_as_typed(context))
