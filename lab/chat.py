"""Writes docs/chat.md: each chat command and each kind of message, as Slack shows it.

    python -m lab.chat

The lab plays a day of a small team: a network is created, somebody changes the switch by hand, a
network cannot be had, the engine goes away. What is said is told by the client's rules
(`lab.slack`). Ids and times are made the same each time, so that a test can see whether the
document is current.
"""

import re
from typing import Any, Callable, Iterable, Iterator, List

from lab import slack
from lab.rig import CHANNEL, PACK, RBRIDGE, Rig, rig
from lab.stackstorm import Message
from lab.switch import payloads

DOCUMENT = PACK / "docs" / "chat.md"
WAIT = 60.0
USER = "ada"
HEAD = """<!-- Made by `make docs` from a run of the lab. -->

# What chat shows

As hubot-stackstorm 0.13 shows it in Slack: the colour of the bar is at the left, and an answer's
execution is a link to StackStorm's web interface. Neither case nor spaces matter in a command.
Errors, and what to do about them: [runbook.md](runbook.md).
"""
_COLORS = {"#2eb886": "green", "#daa038": "yellow", "#a30200": "red"}
_COLORS.update({"good": "green", "warning": "yellow", "danger": "red"})
_SAME = (
    # A link is shown as its label.
    (r"<http[^|>]*\|(.*?)>", r"\1"),
    (r"\b[0-9a-f]{24}\b", "6b07b1dd81d11e3b370091d1"),
    (r"\b[0-9a-f]{12}\b", "5136d70a79de"),
    (r"\d+\.\d s\b", "0.4 s"),
    (r"\[Errno \d+\] (?:\w+\b ?)+", "connection refused"),
    (r"unix:///\S+\.sock", "unix:///var/run/docker.sock"),
    (r"127\.0\.0\.1(:\d+)?", "10.254.4.105"),
)


def bars(message: Message) -> Iterator[str]:
    """The lines of what is posted for a message."""
    posted = slack.payloads(message.message, message.channel, message.user, message.extra)
    for one in (attachment for payload in posted for attachment in payload["attachments"]):
        lines = [one["pretext"].strip(), *one["text"].split("\n")]
        lines += [f"{field['title']}: {field['value']}" for field in one.get("fields", ())]
        lines.append(one.get("footer", ""))
        shade = _COLORS[one["color"]]
        yield from (f"{shade:6} | {line}" for line in lines if line and line != "```")


class Day:
    """What is typed and told, one after the other."""

    def __init__(self, lab: Rig) -> None:
        self.lab = lab
        self.parts: List[str] = [HEAD]
        self._told = 0

    def head(self, text: str) -> None:
        """A heading."""
        self.parts.append(f"## {text}\n")

    def say(self, *lines: str, channel: str = CHANNEL) -> None:
        """Type commands, and wait for each one's answer."""
        for line in lines:
            reply = self.lab.st2.chat(line, user=USER, channel=channel, timeout=WAIT)
            if reply.message is None:
                raise RuntimeError(f"{line} has no answer: {reply.failure}")
            ack = [f"{'':6}   {reply.ack}"] if reply.ack else []
            self._show([f"{USER:6} > {line}", *ack, *bars(reply.message)])

    def hear(self, does: Callable[[], Any]) -> None:
        """Do something that the team is told of."""
        does()
        if not self.lab.st2.until(lambda: len(self._messages()) > self._told, WAIT):
            raise RuntimeError("the team was told nothing")
        for message in self._messages()[self._told :]:
            self._show(bars(message))
        self._told = len(self._messages())

    def _messages(self) -> List[Message]:
        """What nobody has asked for."""
        return [one for one in self.lab.st2.messages if one.user is None]

    def _show(self, lines: Iterable[str]) -> None:
        """A block of text in which nothing differs from run to run."""
        text = "\n".join(lines)
        for pattern, same in _SAME:
            text = re.sub(pattern, same, text)
        self.parts.append(f"```text\n{text}\n```\n")


def play() -> str:
    """The document. Raises RuntimeError or TimeoutError where somebody is told nothing."""
    with rig() as lab:
        engine = lab.engine
        if engine is None:
            raise RuntimeError("the lab has its own engine")
        day = Day(lab)
        day.head("Help")
        day.say("tor help")
        day.head("A network is created")
        day.hear(lambda: engine.create("web", parent="eth0.112", subnets=["172.16.112.0/24"]))
        day.say("tor networks", "TOR plan", "tor show ve 112", "tor doctor", "tor uplinks")
        day.parts.append("Where somebody has moved the cable:\n")
        (cable,) = lab.switch.lldp.neighbours
        lab.switch.lldp.neighbours = [cable._replace(port=f"TenGigabitEthernet {RBRIDGE}/0/2")]
        day.say("tor uplinks")
        lab.switch.lldp.neighbours = [cable]
        day.head("Somebody changes the switch by hand")
        lab.switch.edit(payloads.shutdown(RBRIDGE, 112))
        day.say("tor plan", "tor plan web", "tor reconcile")
        day.parts.append("In another channel, or in a direct message; then the team reads of it:\n")
        day.hear(lambda: day.say("tor reconcile apply", channel="D1"))
        day.say("tor apply web")
        day.head("A network that cannot be had")
        day.hear(lambda: engine.create("old", parent="eth0.1002", subnets=["172.16.2.0/24"]))
        day.say("tor networks")
        day.head("The engine goes away")
        day.hear(engine.stop)
        day.say("tor doctor")
        day.hear(engine.start)
        day.head("Mistakes")
        day.say("tor show ve abc", "tor plan on tor9", "tor plan db", "tor remove vlan 112")
        day.head("The network is removed")
        day.hear(lambda: engine.remove("web"))
        day.say("tor remove vlan 112")
        return "\n".join(day.parts)


if __name__ == "__main__":
    DOCUMENT.write_text(play(), encoding="utf-8")
