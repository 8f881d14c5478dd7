"""How StackStorm loads a class from a pack's file (st2common/util/loader.py)."""

import importlib.util
import inspect
import os
import sys
from types import ModuleType
from typing import Any, List, Type


def register_plugin(plugin_base_class: Type[Any], plugin_abs_file_path: str) -> List[Type[Any]]:
    """The classes that a file defines itself and that derive from the base class, by name. Raises
    Exception if there is none."""
    module = _load(plugin_abs_file_path)
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__ and issubclass(member, plugin_base_class)
    ]
    if not found:
        raise Exception(
            f'Found no classes in plugin file "{plugin_abs_file_path}" matching requirements.'
        )
    return found


def _load(file_path: str) -> ModuleType:
    """The file's folder, links resolved, becomes the last of sys.path. The module itself is not
    put into sys.modules: nor does the real loader. Raises ImportError."""
    folder = os.path.dirname(os.path.realpath(file_path))
    if folder not in sys.path:
        sys.path.append(folder)
    name = os.path.splitext(os.path.basename(file_path))[0]
    spec = importlib.util.spec_from_file_location(name, file_path)
    if spec is None or spec.loader is None:
        raise ImportError(f'"{file_path}" is not a Python file')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
