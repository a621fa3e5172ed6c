"""Where in the user's code something was written."""

from types import SimpleNamespace

from nm_core import inputs


def test_a_file_and_a_line() -> None:
    """Of the frame that wrote the call, not of the project's own."""
    assert inputs(x="B T").call.location.endswith("test_user_location.py:10")


def test_a_cell_of_a_notebook_is_called_as_it_is_shown() -> None:
    """IPython knows the names of its cells; a cell's file is a temporary one that nobody knows."""
    compiler = SimpleNamespace(format_code_name={"/tmp/ipykernel_7/42.py": ("Cell", "In[3]")}.get)
    notebook = {"get_ipython": lambda: SimpleNamespace(compile=compiler), "inputs": inputs, "__name__": "__main__"}

    exec(compile('\nx = inputs(x="B T")', "/tmp/ipykernel_7/42.py", "exec"), notebook)
    assert notebook["x"].call.location == "In[3]:2"

    exec(compile('x = inputs(x="B T")', "module.py", "exec"), notebook)
    assert notebook["x"].call.location == "module.py:1"
