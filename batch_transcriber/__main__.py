"""`python -m batch_transcriber` is the same as `batch-transcriber`."""

from batch_transcriber.cli.main import main

if __name__ == "__main__":
    main()
