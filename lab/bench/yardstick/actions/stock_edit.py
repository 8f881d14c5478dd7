"""One edit as the article of 2016 made it: a session of its own, by ncclient as it comes."""

from ncclient import manager
from ncclient.operations import RPCError
from st2common.runners.base_action import Action


class StockEdit(Action):
    """Sends one edit-config, without a look at what is there."""

    def run(self, host: str, port: int, username: str, password: str, config: str) -> None:
        """Raises whatever ncclient raises, except where what is to be deleted is not there: a
        switch has a new Ve shut, netconfd has not."""
        with manager.connect(
            host=host,
            port=port,
            username=username,
            password=password,
            hostkey_verify=False,
            allow_agent=False,
            look_for_keys=False,
        ) as session:
            try:
                session.edit_config(target="running", config=config)
            except RPCError as error:
                if error.tag != "data-missing":
                    raise
