"""Files from elsewhere: whole ones are read, all others get a clear error; nothing is executed."""

import ast
import gzip
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings, strategies as st

from prune_utils import recorded
from prune_utils.studies import file_types

ROOT = Path(__file__).parents[1]
PICTURES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
IDX = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]) + PICTURES.tobytes()
ZIPPED = gzip.compress(IDX, mtime=0)
ONNX = file_types.model_file().read_bytes()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("foreign") / "file"


def test_a_whole_idx_file_is_read(path):
    path.write_bytes(ZIPPED)
    np.testing.assert_array_equal(recorded.read_idx(path), PICTURES)


@given(st.integers(0, len(ZIPPED) - 1))
@settings(max_examples=len(ZIPPED))
def test_a_truncated_gzip_file_is_refused(path, length):
    path.write_bytes(ZIPPED[:length])
    with pytest.raises(ValueError, match=r"^path: expected"):
        recorded.read_idx(path)


@given(st.integers(0, len(IDX) - 1), st.integers(1, 255), st.integers(0, len(IDX)))
@settings(max_examples=200)
def test_an_idx_file_with_another_byte_or_cut_off_is_refused_or_read_as_it_says(
    path, place, change, length
):
    content = bytearray(IDX)
    content[place] ^= change
    for broken in bytes(content), IDX[:length]:
        path.write_bytes(gzip.compress(broken))
        if broken[:16] == IDX[:16] and len(broken) == len(IDX):  # pixels may be anything
            assert recorded.read_idx(path).shape == PICTURES.shape
        else:
            with pytest.raises(ValueError, match=r"^path: expected"):
                recorded.read_idx(path)


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_nonsense_is_refused(path, content):
    path.write_bytes(content)
    for read in recorded.read_idx, file_types.read_weights:
        with pytest.raises(ValueError, match=r"^path: expected"):
            read(path)


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(path, monkeypatch):
    path.write_bytes(ZIPPED)
    monkeypatch.setattr(recorded, "LARGEST", len(IDX))
    assert recorded.read_idx(path).size == 24
    monkeypatch.setattr(recorded, "LARGEST", len(IDX) - 1)
    with pytest.raises(ValueError, match=r"^path: expected at most"):
        recorded.read_idx(path)


def test_no_file_besides_is_read(path, monkeypatch):
    model = onnx.load_from_string(ONNX)
    (place, _), arrays = file_types.PLACES["embedding"], model.graph.initializer
    array = next(array for array in arrays if array.name.endswith(place))
    (path.parent / "besides").write_bytes(array.raw_data)
    array.ClearField("raw_data")
    array.data_location = array.EXTERNAL
    array.external_data.add(key="location", value="besides")
    path.write_bytes(model.SerializeToString())
    monkeypatch.chdir(path.parent)
    with pytest.raises(ValueError, match="found nothing"):
        file_types.read_weights(path)


@given(st.integers(0, len(ONNX) - 1), st.integers(0, 4096))
@settings(max_examples=25)
def test_a_truncated_or_spoiled_onnx_file_is_refused_or_has_all_its_arrays(path, length, place):
    path.write_bytes(ONNX[:length])
    with pytest.raises(ValueError, match=r"^path: expected"):
        file_types.read_weights(path)
    content = bytearray(ONNX)
    content[place] ^= 255
    path.write_bytes(content)
    try:
        weights = file_types.read_weights(path)
    except ValueError as error:
        assert str(error).startswith("path: expected")
    else:
        assert all(weights[name].shape == shape for name, (_, shape) in file_types.PLACES.items())


def test_a_model_that_is_too_large_is_refused(path, monkeypatch):
    path.write_bytes(ONNX)
    monkeypatch.setattr(file_types, "LARGEST", len(ONNX) - 1)
    with pytest.raises(ValueError, match=r"^path: expected at most"):
        file_types.read_weights(path)


# What executes foreign content, or fetches some.
MODULES = {"pickle", "marshal", "shelve", "dill", "joblib", "socket", "urllib", "requests", "http"}
CALLS = {"eval", "exec", "compile", "__import__", "urlopen", "urlretrieve"}


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / "prune_utils").rglob("*.py")), ROOT / "report.py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_nothing_is_unpickled_evaluated_or_fetched(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not {name.split(".")[0] for name in names} & MODULES
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in CALLS
        assert not (isinstance(node, ast.keyword) and node.arg == "allow_pickle")
