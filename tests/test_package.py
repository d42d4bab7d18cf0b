"""The package's face, and what importing it costs."""

import subprocess
import sys
import zlib

import jax

import prune_utils as pu

HEAVY = ("matplotlib", "PIL", "IPython", "imageio", "imageio_ffmpeg", "sklearn")


def test_importing_the_package_imports_nothing_of_the_report():
    code = f"import sys, prune_utils; print([n for n in {HEAVY} if n in sys.modules])"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"


def test_the_face_is_small_and_complete():
    assert len(pu.__all__) <= 36
    assert all(hasattr(pu, name) for name in pu.__all__)


def test_a_named_key_depends_on_the_key_and_the_name_alone():
    def bits(key):
        return tuple(jax.random.key_data(key).tolist())

    key = jax.random.key(0)
    expected = jax.random.fold_in(key, zlib.crc32(b"scores"))
    assert bits(pu.named_key(key, "scores")) == bits(expected)
    others = [(key, "score"), (jax.random.key(1), "scores")]
    assert bits(expected) not in [bits(pu.named_key(*other)) for other in others]
    assert bits(jax.jit(lambda key: pu.named_key(key, "scores"))(key)) == bits(expected)
