# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in a lab node as its init: executes what the driver sends over TCP.

Port 7000, one connection a command: a line of JSON {"cmd", "timeout", "input"} comes in, a line
{"pid"} goes out at once and {"rc", "out", "err"} at the end. Any number run side by side.
Port 7001: a line of JSON {"rows", "cols", "cmd"}, then the raw bytes of a terminal both ways.
Also the node's syslog: what arrives at /dev/log is appended to /lab/<node>/syslog.

Pid 1 does nothing but reap: a killed daemon that stays a zombie is still found by pgrep.
"""
import json
import os
import signal
import socket
import struct
import subprocess
import threading

COMMAND_PORT = 7000
TERMINAL_PORT = 7001


def run(request, tell):
    """Run one command; tell() takes each answer. The whole process group goes at the timeout."""
    try:
        process = subprocess.Popen(["/bin/bash", "-c", request["cmd"]],
                                   stdin=subprocess.PIPE if "input" in request
                                   else subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
    except OSError as error:
        tell({"pid": 0})
        return {"rc": 127, "out": "", "err": str(error)}
    tell({"pid": process.pid})
    data = request["input"].encode() if "input" in request else None
    try:
        out, err = process.communicate(data, timeout=request["timeout"])
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        code = 124
        try:
            out, err = process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            out, err = b"", b"(a process that left the group still holds the pipe)"
        err += b"\n(killed after %d s)" % request["timeout"]
    return {"rc": code, "out": out.decode(errors="replace"), "err": err.decode(errors="replace")}


def serve_command(connection):
    with connection, connection.makefile("rwb") as stream:
        def tell(answer):
            stream.write(json.dumps(answer).encode() + b"\n")
            stream.flush()
        line = stream.readline()
        if line:
            tell(run(json.loads(line), tell))


def serve_terminal(connection):
    import fcntl
    import pty
    import select
    import termios
    with connection:
        line = b""
        while not line.endswith(b"\n"):  # byte by byte: what follows is the terminal's
            byte = connection.recv(1)
            if not byte:
                return
            line += byte
        request = json.loads(line)
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = request.get("term", "dumb")
            os.chdir("/root")
            os.execv("/bin/bash", ["bash", "-c", request["cmd"]])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ,
                    struct.pack("HHHH", request["rows"], request["cols"], 0, 0))
        while True:
            ready, _, _ = select.select([terminal, connection], [], [])
            try:
                source, target = ((terminal, connection.sendall) if terminal in ready
                                  else (connection.fileno(), None))
                data = os.read(source, 4096)
            except OSError:  # the terminal's other end is closed: the shell has ended
                break
            if not data:
                break
            if target:
                target(data)
            else:
                os.write(terminal, data)
        os.close(terminal)
        try:
            os.killpg(pid, signal.SIGHUP)
        except ProcessLookupError:
            pass


def listen(port, serve):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))
    listener.listen(64)

    def loop():
        while True:
            connection, _ = listener.accept()
            # Answers are small and come in pairs: never wait for an acknowledgement between.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()
    thread = threading.Thread(target=loop)
    thread.start()


def syslog(path):
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind("/dev/log")
    os.chmod("/dev/log", 0o666)

    def loop():
        with open(path, "ab", buffering=0) as out:
            while True:
                out.write(log.recv(65536).rstrip(b"\0\n") + b"\n")
    threading.Thread(target=loop).start()


def main():
    os.chdir("/")
    if os.getpid() == 1 and os.fork():
        while True:
            try:
                os.wait()
            except ChildProcessError:
                signal.pause()
    folder = "/lab/" + os.environ["NODE"]
    syslog(folder + "/syslog")
    listen(TERMINAL_PORT, serve_terminal)
    listen(COMMAND_PORT, serve_command)
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot_id:
        up = boot_id.read()
    with open(folder + "/up.new", "w", encoding="ascii") as out:
        out.write(up)
    os.rename(folder + "/up.new", folder + "/up")  # the driver waits for this name


main()
