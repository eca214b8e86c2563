"""A page that shows what came of a run: one file, which needs nothing else."""

from batch_transcriber.ui.report.page import NAME, is_ours, is_page, make_page

__all__ = ["NAME", "is_ours", "is_page", "make_page"]
