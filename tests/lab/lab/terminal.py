# SPDX-License-Identifier: LGPL-2.1-or-later
"""An interactive shell on a node, at the terminal the driver was started from."""
import json
import os
import select
import shutil
import socket
import sys
import termios
import tty

from .node import TERMINAL_PORT


def copy_until_closed(connection):
    """Keyboard to node, node to screen, until the shell there ends."""
    inputs = [connection, sys.stdin]
    while True:
        ready, _, _ = select.select(inputs, [], [])
        if connection in ready:
            try:
                data = connection.recv(4096)
            except OSError:
                return
            if not data:
                return
            os.write(sys.stdout.fileno(), data)
        if sys.stdin in ready:
            data = os.read(sys.stdin.fileno(), 4096)
            if data:
                connection.sendall(data)
            else:
                inputs.remove(sys.stdin)
                connection.sendall(b"\x04")  # end of input, as a terminal says it


def shell(node, command="exec bash -i"):
    """Run @command on a terminal in @node until it ends. Works without a terminal here too."""
    size = shutil.get_terminal_size()
    with node.connect(TERMINAL_PORT) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = {"rows": size.lines, "cols": size.columns, "cmd": command,
                   "term": os.environ.get("TERM", "dumb")}
        connection.sendall(json.dumps(request).encode() + b"\n")
        if not sys.stdin.isatty():
            copy_until_closed(connection)
            return
        saved = termios.tcgetattr(sys.stdin)
        try:
            tty.setraw(sys.stdin, termios.TCSADRAIN)
            copy_until_closed(connection)
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)
