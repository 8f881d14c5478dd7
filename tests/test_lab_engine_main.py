"""`python -m lab.engine`, as a person starts it."""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import List, Tuple

from lab.engine import __main__ as program

PACK = Path(__file__).resolve().parents[1]


class Interrupting(io.StringIO):
    def flush(self) -> None:
        super().flush()
        signal.raise_signal(signal.SIGINT)


class MainTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = f"{folder.name}/docker.sock"
        for number in (signal.SIGINT, signal.SIGTERM):
            self.addCleanup(signal.signal, number, signal.getsignal(number))

    def run_main(self, *arguments: str) -> Tuple[int, str, str]:
        """Run it with a Ctrl-C that comes as soon as it has said everything."""
        out, err = Interrupting(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            return program.main(list(arguments)), out.getvalue(), err.getvalue()

    def test_what_it_says(self) -> None:
        status, out, err = self.run_main("--tcp", ":0", "--name", "here")
        self.assertEqual((0, ""), (status, err))
        self.assertIn("The engine here listens.", out)
        self.assertRegex(out, r"docker -H tcp://127\.0\.0\.1:[1-9][0-9]* network ls\n")
        self.assertRegex(self.run_main()[1], r"docker -H tcp://127\.0\.0\.1:[1-9][0-9]* events\n")

    def test_the_version_of_its_api(self) -> None:
        self.assertEqual(self.run_main("--api", "1.52")[0], 0)
        with self.assertRaises(SystemExit):
            self.run_main("--api", "1.40")

    def test_runs_until_interrupted(self) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "lab.engine", "--unix", self.path, "--interfaces", "ens1,ens2"],
            cwd=PACK,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        with process:
            try:
                assert process.stdout is not None
                lines: List[str] = []
                while not lines or "events" not in lines[-1]:
                    line = process.stdout.readline()
                    self.assertTrue(line, lines)
                    lines.append(line)
                said = "".join(lines)
                self.assertIn(f"docker -H unix://{self.path} network create", said)
                self.assertIn("-o parent=ens1.112 dockernetwork112", said)
                with socket.socket(socket.AF_UNIX) as sock:
                    sock.settimeout(10)
                    sock.connect(self.path)
                    sock.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                    answer = b"".join(iter(lambda: sock.recv(65536), b""))
                self.assertTrue(answer.endswith(b"OK"), answer)
                process.send_signal(signal.SIGINT)
                self.assertEqual(0, process.wait(30))
            finally:
                process.kill()

    def test_help(self) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), self.assertRaises(SystemExit) as caught:
            program.main(["--help"])
        self.assertEqual(0, caught.exception.code)
        self.assertIn("--interfaces", out.getvalue())

    def test_an_address_that_cannot_be_had(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            status, out, err = self.run_main("--tcp", f"127.0.0.1:{port}")
        self.assertEqual((1, ""), (status, out))
        self.assertRegex(err, r"\AThe engine cannot listen: ")

    def test_an_address_that_is_none(self) -> None:
        for text in ("x", "host:", "host:99999", ":http"):
            err = io.StringIO()
            with contextlib.redirect_stderr(err), self.assertRaises(SystemExit):
                program.main(["--tcp", text])
            self.assertIn("is not HOST:PORT", err.getvalue())
