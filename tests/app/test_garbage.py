"""What a process has when it is ready is not looked through again; what becomes garbage later is found."""

import subprocess
import sys

CHILD = """
import gc, weakref
from turnkeeper.app.garbage import growing, settle

class Circle:
    def __init__(self):
        self.me = self

gc.disable()
before = weakref.ref(Circle())
settle()
print(before() is None)
print(any(each is Circle for each in gc.get_objects()))
gc.enable()
after = weakref.ref(Circle())
kept = [[] for _ in range(10_000)]
print(after() is None)
with growing():
    print(gc.isenabled())
    class Imported: pass
print(gc.isenabled())
print(any(each is Imported for each in gc.get_objects()))
"""


def test_only_what_comes_later_is_looked_through() -> None:
    told = subprocess.run([sys.executable, "-c", CHILD], check=True, stdout=subprocess.PIPE, text=True, timeout=30)
    assert told.stdout.split() == ["True", "False", "True", "False", "True", "False"]
