"""`batch-transcriber schema`: the form of job lists, for editors."""

from __future__ import annotations


def schema() -> None:
    """Print the JSON Schema of job lists."""
    import json  # noqa: PLC0415 - `--help` needs none of these

    from batch_transcriber.cli.results import print_result  # noqa: PLC0415
    from batch_transcriber.formats import FORMATS  # noqa: PLC0415
    from batch_transcriber.plan.lists.form import json_schema  # noqa: PLC0415

    print_result(json.dumps(json_schema(FORMATS), indent=2, ensure_ascii=False))
