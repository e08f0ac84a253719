# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guide for people whose commands are run as they are printed there.

A fenced block after the comment <!-- run: NAME --> is the step NAME: each line that begins with a
prompt, "vm2# ", is a command for that node; lines without one belong to the command above.
"""
import re

STEP = re.compile(r"<!-- run: ([\w-]+) -->\n```console\n(.*?)```", re.S)
PROMPT = re.compile(r"^(\w+)# ", re.M)


class Guide:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            found = STEP.findall(file.read())
        self.steps = {name: self._commands(name, text) for name, text in found}
        assert len(self.steps) == len(found), f"{path}: two steps of one name"
        self.done = set()

    @staticmethod
    def _commands(name, text):
        words = PROMPT.split(text)
        assert words[0] == "", f"step {name} does not begin with a prompt"
        return list(zip(words[1::2], (command.rstrip("\n") for command in words[2::2])))

    def commands(self, name):
        """[(node, command)] of a step."""
        self.done.add(name)
        return self.steps[name]

    def left_out(self):
        """Steps that nobody asked for."""
        return set(self.steps) - self.done
