import os, time
from tests.e2e.real_server import configure, provider, serving
from tests.support.postgres import running_cluster
def test_mem(tmp_path):
    with running_cluster() as c, provider() as g:
        c.create("x")
        for extra in ("spool","refuse"):
            (tmp_path/extra).mkdir()
            configure(tmp_path/extra, g, database=c.url("x"))
            with serving(tmp_path/extra, TURNKEEPER_SERVER__WHEN_DATABASE_IS_AWAY=extra) as s:
                time.sleep(3); print(extra, s.memory(), sum(s.memory().values())/1024)
