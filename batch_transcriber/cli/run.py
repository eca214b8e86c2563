"""`batch-transcriber run`: recordings in, texts out."""

from __future__ import annotations

from pathlib import Path

import typer

from batch_transcriber.cli import options as o


def run(
    context: typer.Context,
    sources: o.Sources,
    *,
    jobs: o.JobListFile = None,
    files_from: o.FilesFromFile = None,
    null: o.NulSeparated = False,
    include: o.Include = None,
    exclude: o.Exclude = None,
    min_age: o.MinAge = None,
    newer_than: o.NewerThan = None,
    min_size: o.MinSize = None,
    max_size: o.MaxSize = None,
    limit: o.Limit = None,
    dry_run: o.DryRun = False,
    allow_outside: o.AllowOutside = False,
    language: o.Language = None,
    speaker_labels: o.SpeakerLabels = False,
    speakers: o.Speakers = None,
    model: o.Model = None,
    keyterm: o.Keyterm = None,
    prompt: o.Prompt = None,
    redact_pii: o.RedactPii = False,
    set: o.Set = None,  # noqa: A002 - the option's name
    allow_unknown_options: o.AllowUnknownOptions = False,
    max_cost: o.MaxCost = None,
    max_hours: o.MaxHours = None,
    price: o.Price = None,
    out: o.Out = Path("transcripts"),
    format: o.Format = None,  # noqa: A002 - the option's name
    chars_per_caption: o.CharsPerCaption = None,
    force: o.Force = False,
    journal: o.JournalFile = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = 0,
    offline: o.Offline = False,
    delete_after: o.DeleteAfter = False,
    api_key_file: o.ApiKeyFile = None,
    api_key: o.ApiKey = None,
    eu: o.Eu = False,
    base_url: o.BaseUrl = None,
    insecure: o.Insecure = False,
    ca_bundle: o.CaBundle = None,
    uploads: o.Uploads = None,
    in_flight: o.InFlight = None,
    max_requests: o.MaxRequests = None,
    poll_interval: o.PollInterval = None,
    poll_by: o.PollHow = None,
    retries: o.Retries = None,
) -> None:
    """Transcribe recordings: one text for each, in a folder that mirrors theirs.

    What is already written is left alone. Progress goes to stderr; the text of a single recording
    also goes to stdout. The values are read from the context, which also knows where each came from.
    """
    from batch_transcriber.cli.start import start  # noqa: PLC0415 - `--help` needs none of it

    raise typer.Exit(start(context))
