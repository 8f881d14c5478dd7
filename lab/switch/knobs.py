"""The simulator's knobs as options of a command line, the same wherever it is started."""

import argparse

from .faults import AFTER, BEFORE, TRANSIENT, Faults
from .simulator import LAST_VLAN


def add_limits(parser: argparse.ArgumentParser) -> None:
    """What a switch is like."""
    add = parser.add_argument_group("the switch").add_argument
    add("--max-sessions", type=int, default=16, help="NETCONF sessions at a time (%(default)s)")
    add(
        "--idle-timeout",
        type=float,
        default=1800.0,
        metavar="SECONDS",
        help="after which a silent session is ended (%(default)s)",
    )
    add("--last-vlan", type=int, default=LAST_VLAN, help="4086 for a VDX 8770 (%(default)s)")
    add("--host-key-file", help="OpenSSH private key (a new one at every start)")


def add_faults(parser: argparse.ArgumentParser) -> None:
    """What is to go wrong on it, from the start."""
    add = parser.add_argument_group("what goes wrong on the switch").add_argument
    add(
        "--latency",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="that every RPC takes longer",
    )
    add(
        "--operation",
        action="append",
        default=[],
        metavar="NAME",
        help="what follows concerns this operation only, as edit-config; may be repeated",
    )
    add(
        "--drop-rpc",
        type=int,
        metavar="N",
        help="the n-th RPC from the start loses its connection, once",
    )
    add(
        "--drop-session-rpc",
        type=int,
        metavar="N",
        help="the n-th RPC of every session loses its connection",
    )
    add(
        "--drop",
        choices=(BEFORE, AFTER),
        default=BEFORE,
        help="an RPC that loses its connection does so before or after it is applied (%(default)s)",
    )
    add("--refuse-sessions", action="store_true", help="no NETCONF session is given")
    add("--transient", choices=TRANSIENT, help="every RPC is refused like this")
    add("--transient-rpcs", type=int, metavar="N", help="for so many RPCs only")
    add("--locked", action="store_true", help="another session holds the lock")
    add("--half-open", action="store_true", help="RPCs are taken and never answered")
    add("--multi-error", action="store_true", help="RPCs are refused with two errors at once")
    add(
        "--save-polls",
        type=int,
        default=0,
        metavar="N",
        help="saving is in progress for so many looks",
    )
    add("--save-fails", action="store_true", help="saving ends as failed, and saves nothing")
    add("--reply-garbage", action="store_true", help="replies are not XML")
    add("--reply-entities", action="store_true", help="replies define entities of gigabytes")


def faults(options: argparse.Namespace) -> Faults:
    """What was asked to go wrong. Raises ValueError for a count that is none."""
    return Faults(
        latency=options.latency,
        operations=frozenset(options.operation),
        drop_rpc=options.drop_rpc,
        drop_session_rpc=options.drop_session_rpc,
        drop=options.drop,
        refuse_sessions=options.refuse_sessions,
        transient=options.transient,
        transient_rpcs=options.transient_rpcs,
        locked_by_other=options.locked,
        half_open=options.half_open,
        multi_error=options.multi_error,
        save_polls=options.save_polls,
        save_fails=options.save_fails,
        reply_garbage=options.reply_garbage,
        reply_entities=options.reply_entities,
    )
