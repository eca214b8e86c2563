"""What earlier runs wrote, as the plan asks for it, without a journal on disk."""

from __future__ import annotations

from batch_transcriber.model import Origin, Record, folded


class Written(dict[str, Origin]):
    """Outputs, by their paths below the output folder, with what they were written from."""

    def of_source(self, source: str) -> dict[str, Record]:
        path = next((path for path, origin in self.items() if origin.source == source), None)
        return {} if path is None else self.of_stem(path.rpartition(".")[0])

    def of_stem(self, stem: str) -> dict[str, Record]:
        return {
            path: Record(origin)
            for path, origin in self.items()
            if folded(path.rpartition(".")[0]) == folded(stem)
        }

    def is_edited(self, output: str) -> bool:  # noqa: ARG002 - nobody does here
        return False
