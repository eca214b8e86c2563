"""What `--help` says around the options. A paragraph is one line here: the terminal breaks it."""

from __future__ import annotations

TOP = "Turn a folder of recordings into a folder of readable text."

RUN_SHORT = "Transcribe recordings: one text for each, in a folder that mirrors theirs."

RUN = (
    f"{RUN_SHORT}\n\n"
    "SOURCE is a recording, a folder (searched with all that is below it), a pattern such as "
    "'talks/**/*.mp3', an http(s) URL, or any of these in a bucket: s3://bucket/talks. Name as many as you "
    "like.\n\n"
    "Run the same command again to go on: what is already written is left alone, and costs nothing. "
    "The text of a single recording is also printed."
)

# At most 58 columns, for a narrow terminal.
EXAMPLES = """\
Examples:

  A whole folder, on this machine and without an account:
    batch-transcriber run --offline recordings/

  The same with the service:
    export AAI_API_KEY=...
    batch-transcriber run recordings/

  What that would cost; nothing is sent:
    batch-transcriber estimate recordings/

  A few files and a URL, into a folder of your choice:
    batch-transcriber run a.mp3 b.wav https://host/c.mp3 \\
      -o texts

  Overnight on a server, with what happens in a file:
    nohup batch-transcriber run calls/ > calls.log 2>&1 &

  Whether that would work, said before it is needed:
    batch-transcriber check
"""

ESTIMATE_SHORT = "Say what a run would do and cost; nothing is sent or written."

ESTIMATE = (
    f"{ESTIMATE_SHORT}\n\n"
    "It is the same as run --dry-run, takes everything that run takes, and needs no key: put estimate in the "
    "place of run. For each recording there is a line on stdout with its texts, length and cost, and the "
    "totals come last. What is skipped or would fail has a line with the reason; -q leaves failures and "
    "totals."
)

ESTIMATE_END = """\
Examples:

  What a folder would cost, line by line, and in total:
    batch-transcriber estimate recordings/
    batch-transcriber estimate recordings/ -q

  How far ten dollars go:
    batch-transcriber estimate calls/ --max-cost 10

All other options: batch-transcriber run --help
"""

TOP_END = f"""{EXAMPLES}
All options and exit codes: batch-transcriber run --help
"""

RUN_END = f"""{EXAMPLES}
Exit codes:

   0  every text is written, or was already
   1  finished, but some inputs failed
   2  wrong usage, nothing was sent
   3  trouble on this machine, such as a full disk
   4  no key, or the service refused it
   5  the service refuses the account or the model
   6  a limit of yours was reached, and work is left
   7  another run is at work in the output folder
   8  the service cannot be reached
  70  an internal error
 130  stopped by Ctrl-C; the same command goes on

Every option can also be set by an environment variable: --in-flight by BATCH_TRANSCRIBER_IN_FLIGHT=100, \
--quiet by BATCH_TRANSCRIBER_QUIET=1, and so on. What is \
typed goes first. Below both is a configuration file: see batch-transcriber config --help.
"""

RETRY_SHORT = "Try again what failed in the last run, and nothing else."

RETRY = (
    f"{RETRY_SHORT}\n\n"
    "OUT is that run's output folder (transcripts where none is named). What failed is listed in its "
    "failed.yaml, with all that was asked for; the texts go where they would have gone. A service or "
    "--offline is named here as for the run."
)

STATUS_SHORT = "Say where a run stands, while it is at work or later."

STATUS = (
    f"{STATUS_SHORT}\n\n"
    "OUT is the run's output folder (transcripts where none is named). The answer comes from its journal, "
    "which is only read: no run is held up, and nothing is sent. --file takes a recording, or a text of one, "
    "and tells each of its moves, why it has no text, and what the same command would do next."
)

STATUS_END = """\
Examples:

  How far the run in transcripts/ is, and again and again:
    batch-transcriber status
    batch-transcriber status --watch

  What failed, and why one did:
    batch-transcriber status texts --failed
    batch-transcriber status texts --file recordings/a.mp3
"""

REPORT_SHORT = "Write a page that shows what came of a run."

REPORT = (
    f"{REPORT_SHORT}\n\n"
    "OUT is the run's output folder (transcripts where none is named). The page is one file of HTML, with "
    "totals, costs, what failed and why, the way of every recording as a picture, and links to all texts; "
    "it needs no network. A run may be at work meanwhile."
)

CHECK_SHORT = "Say whether a run would work: key, service, disk, limits."

CHECK = (
    f"{CHECK_SHORT}\n\n"
    "Each line begins with ok, warning or problem, and says what to do. The exit code is that of a run with "
    "these options, as far as it can be known: 0 where all is well. One request is sent, free of charge, and "
    "nothing is written. With --offline, only what that needs is looked at."
)

SERVE_SHORT = "Serve the AssemblyAI API from this machine, for other programs."

SERVE = (
    f"{SERVE_SHORT}\n\n"
    "Programs that transcribe with AssemblyAI's service use this one instead when they are told its address; "
    "no account is needed, and nothing leaves this machine but for workers that you name (--dask). What was "
    "accepted is heard even after a restart or a crash. Other machines are let in with --host 0.0.0.0 and a "
    "key; put it behind a proxy with TLS where the network is not yours. Ctrl-C or SIGTERM ends it."
)

SERVE_END = """\
Examples:

  For programs on this machine:
    batch-transcriber serve

  For a whole house, with a better model:
    openssl rand -hex 32 > key
    batch-transcriber serve --host 0.0.0.0 --key-file key \\
      --model small

Every option can also be set by a variable: --port by BATCH_TRANSCRIBER_SERVE_PORT=9000, and so on.
"""

SYSTEMD_SHORT = "Print unit files of systemd, for a run each night."

SYSTEMD = (
    f"{SYSTEMD_SHORT}\n\n"
    "They are hardened: the service sees its sources, writes its output folder, and gets the key as a "
    "credential. Options of the run follow after --, with whole paths. A run that fails for a reason that "
    "may pass is tried again."
)

SYSTEMD_END = """\
Examples:

  Every night, with the texts in /var/lib:
    batch-transcriber systemd /srv/calls --timer 22:00

  Without root, as they come, with subtitles:
    batch-transcriber systemd ~/inbox --watch --user \\
      -o ~/texts -- -f txt,srt
"""

WATCH_SHORT = "Transcribe recordings as they come into folders, until it is stopped."

WATCH = (
    f"{WATCH_SHORT}\n\n"
    "FOLDER is watched with all that is below it. A recording is taken once it stood still for a while "
    "(--settle), at once where it was moved there whole. One that changes is transcribed again, one that "
    "failed is tried again when it changes or with the next start; nothing is transcribed twice. A folder "
    "that goes away, such as a drive, is waited for. Ctrl-C or SIGTERM ends it, and the same command goes on."
)

WATCH_END = """\
Examples:

  A folder that others drop recordings into:
    batch-transcriber watch /srv/inbox -o /srv/texts

  Two of them, until the morning:
    batch-transcriber watch inbox calls --until 06:00
"""

SCHEMA_SHORT = "Print the JSON Schema of job lists, for editors."

SCHEMA = (
    f"{SCHEMA_SHORT}\n\n"
    "batch-transcriber schema > jobs.schema.json, and a first line in the list that names that file "
    "(# yaml-language-server: $schema=jobs.schema.json), let an editor complete and check it."
)

CONFIG_SHORT = "Show the configuration file, and what holds."

CONFIG = (
    "A configuration file in TOML has options of a run under their names: uploads = 8, "
    'format = ["txt", "srt"], offline = true, set = ["punctuate=true"]. What is typed goes first, then '
    "variables, then the defaults of a job list, then this file. BATCH_TRANSCRIBER_CONFIG names another one; "
    "where it is empty, none is read."
)

CONFIG_PATH = "Print where the configuration file is, or would be."

CONFIG_SHOW = (
    "Print every option of a run with its value, and where that comes from. What is printed can stand in a "
    "configuration file; a key is never shown."
)
