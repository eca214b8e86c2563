"""`batch-transcriber run`: recordings in, texts out."""

from __future__ import annotations

import gc
from pathlib import Path

import typer

from batch_transcriber.cli.options import asked, cluster, unattended, ways


def run(
    context: typer.Context,
    sources: asked.Sources,
    *,
    jobs: asked.JobListFile = None,
    files_from: asked.FilesFromFile = None,
    null: asked.NulSeparated = False,
    include: asked.Include = None,
    exclude: asked.Exclude = None,
    min_age: asked.MinAge = None,
    newer_than: asked.NewerThan = None,
    min_size: asked.MinSize = None,
    max_size: asked.MaxSize = None,
    limit: asked.Limit = None,
    language: asked.Language = None,
    speaker_labels: asked.SpeakerLabels = False,
    speakers: asked.Speakers = None,
    model: asked.Model = None,
    keyterm: asked.Keyterm = None,
    prompt: asked.Prompt = None,
    redact_pii: asked.RedactPii = False,
    set: asked.Set = None,  # noqa: A002 - the option's name
    allow_unknown_options: asked.AllowUnknownOptions = False,
    dry_run: asked.DryRun = False,
    max_cost: asked.MaxCost = None,
    max_hours: asked.MaxHours = None,
    price: asked.Price = None,
    out: ways.Out = Path("transcripts"),
    format: ways.Format = None,  # noqa: A002 - the option's name
    allow_outside: asked.AllowOutside = False,
    chars_per_caption: ways.CharsPerCaption = None,
    force: ways.Force = False,
    journal: ways.JournalFile = None,
    report: ways.Report = None,
    json: ways.Json = False,
    quiet: ways.Quiet = False,
    verbose: ways.Verbose = 0,
    offline: ways.Offline = False,
    fast: ways.Fast = False,
    accurate: ways.Accurate = False,
    dask: cluster.Dask = None,
    dask_lost: cluster.WhenDaskLost = None,
    dask_wait: cluster.DaskWait = None,
    through: ways.Through = False,
    delete_after: ways.DeleteAfter = False,
    api_key_file: ways.ApiKeyFile = None,
    api_key: ways.ApiKey = None,
    eu: ways.Eu = False,
    base_url: ways.BaseUrl = None,
    insecure: ways.Insecure = False,
    ca_bundle: ways.CaBundle = None,
    settle: ways.Settle = None,
    until: ways.Until = None,
    max_duration: ways.MaxDuration = None,
    give_up_after: ways.GiveUpAfter = None,
    log_file: unattended.LogFilePath = None,
    stats_every: unattended.StatsEvery = None,
    notify: unattended.Notify = None,
    on_finish: unattended.OnFinish = None,
    stalled_after: unattended.StalledAfter = None,
    metrics_file: unattended.MetricsFile = None,
    workers: ways.Workers = None,
    uploads: ways.Uploads = None,
    in_flight: ways.InFlight = None,
    max_requests: ways.MaxRequests = None,
    poll_interval: ways.PollInterval = None,
    poll_by: ways.PollHow = None,
    retries: ways.Retries = None,
) -> None:
    """Transcribe recordings: one text for each, in a folder that mirrors theirs.

    What is already written is left alone. Progress goes to stderr; the text of a single recording
    also goes to stdout. The values are read from the context, which also knows where each came from.
    """
    gc.disable()  # what is loaded now is no garbage, and to look for some takes a tenth of a second
    from batch_transcriber.cli.start import start  # noqa: PLC0415 - `--help` needs none of it

    gc.freeze()
    gc.enable()
    raise typer.Exit(start(context))
