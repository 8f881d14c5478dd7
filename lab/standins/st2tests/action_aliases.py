"""The base class of tests of chat commands (st2tests/action_aliases.py)."""

import os
from typing import Any, ClassVar, Dict, Iterable, Optional

import yaml
from st2common.exceptions.content import ParseException
from st2common.models.db.actionalias import ActionAliasDB
from st2common.models.utils.action_alias_utils import (
    extract_parameters,
    extract_parameters_for_action_alias_db,
)

from .pack_resource import BasePackResourceTestCase


class BaseActionAliasTestCase(BasePackResourceTestCase):
    """Loads the alias `action_alias_name` of the pack as `action_alias_db`."""

    action_alias_name: ClassVar[Optional[str]] = None
    action_alias_db: ActionAliasDB

    def setUp(self) -> None:
        """Raises ValueError if there is no such alias."""
        super().setUp()
        if not self.action_alias_name:
            raise ValueError('"action_alias_name" class attribute needs to be provided')
        self.action_alias_db = self._get_action_alias_db_by_name(name=self.action_alias_name)

    def assertCommandMatchesExactlyOneFormatString(  # noqa: N802  # the name is StackStorm's
        self, format_strings: Iterable[str], command: str
    ) -> None:
        """Raises AssertionError if none matches, or several do."""
        matched = []
        for format_string in format_strings:
            try:
                extract_parameters(format_str=format_string, param_stream=command)
            except ParseException:
                continue
            matched.append(format_string)
        if not matched:
            raise AssertionError(
                f'Command "{command}" didn\'t match any of the provided format strings'
            )
        if len(matched) > 1:
            raise AssertionError(
                f'Command "{command}" matched multiple format strings: {", ".join(matched)}'
            )

    def assertExtractedParametersMatch(  # noqa: N802  # the name is StackStorm's
        self, format_string: str, command: str, parameters: Dict[str, Any]
    ) -> None:
        """Raises AssertionError if the command says other parameters than these."""
        found = extract_parameters_for_action_alias_db(
            action_alias_db=self.action_alias_db, format_str=format_string, param_stream=command
        )
        self.assertEqual(
            found,
            parameters,
            f'Extracted parameters from command string "{command}" against format string '
            f'"{format_string}" didn\'t match the provided parameters',
        )

    def _get_action_alias_db_by_name(self, name: str) -> ActionAliasDB:
        pack_path = self._get_base_pack_path()
        pack = os.path.basename(pack_path)
        manifest = os.path.join(pack_path, "pack.yaml")
        if os.path.isfile(manifest):
            about = _load(manifest)
            pack = about.get("ref") or about["name"]
        folder = os.path.join(pack_path, "aliases")
        for file_name in sorted(os.listdir(folder)):
            if file_name.endswith((".yaml", ".yml")):
                content = _load(os.path.join(folder, file_name))
                if content.setdefault("pack", pack) != pack:
                    raise Exception(
                        f'Model is in pack "{pack}" but field "pack" is different: '
                        f"{content['pack']}"
                    )
                alias = ActionAliasDB(**content)
                if alias.name == name:
                    return alias
        raise ValueError(f'Alias with name "{name}" not found')


def _load(path: str) -> Dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        content = yaml.safe_load(file)
    if not isinstance(content, dict):
        raise ValueError(f'"{path}" holds no attributes')
    return content
