"""`python -m sandbox.local_stack --env-file FILE`: the local stack alone, against the vendors named in FILE, until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from sandbox.local_stack.environment import EnvironmentIncomplete, read_env_file
from sandbox.local_stack.folder_claim import FolderTaken
from sandbox.local_stack.gateway import PortTaken
from sandbox.local_stack.runtime_files import EmulatorMissing
from sandbox.local_stack.stack import BUILT_TEMPLATE, LOCAL_FOLDER, LocalStack, NotBuilt


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.local_stack", description=__doc__)
    parser.add_argument("--env-file", type=Path, required=True, help="KEY=VALUE lines that name the vendors")
    parser.add_argument("--template", type=Path, default=BUILT_TEMPLATE, help="the built template")
    parser.add_argument("--folder", type=Path, default=LOCAL_FOLDER, help="where logs and stack.json go")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    ended = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda *_: ended.set())
    try:
        env = read_env_file(arguments.env_file)
        with LocalStack(env, template=arguments.template, folder=arguments.folder) as stack:
            if env.mapping_file:
                print(f"apply the mapping with: .venv/bin/ops --local mapping apply {env.mapping_file}", flush=True)
            print(f"ready {stack.gateway_url}", flush=True)
            ended.wait()
    except (EnvironmentIncomplete, NotBuilt, EmulatorMissing, FolderTaken, PortTaken, OSError) as problem:
        print(f"the local stack cannot start: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
