"""Workers on hosts of their own, whose links are cut."""

import time

import pytest

from tests.helpers.clusters import check_equal, cluster, finish, wait_until
from tests.helpers.train_worker import IN_ORDER, NUM_STEPS, train_here

pytestmark = pytest.mark.slow

MESSAGE = "Error: A worker was lost at step"


def test_hosts_learn_what_one_process_does_even_if_a_link_is_cut(
    demo_dir, tmp_path, make_hosts
):
    hosts, run_dir = make_hosts(2), tmp_path / "two"
    dirs = (demo_dir, run_dir, run_dir)
    of = {"training": [IN_ORDER], "run": {"checkpoint_steps": 4}}
    with cluster(*dirs, hosts=hosts, **of) as workers:
        wait_until(workers[1], "step 2")
        hosts.cut(1)
        time.sleep(1)  # A short cut is survived.
        hosts.mend(1)
        wait_until(workers[1], "step 6")
        hosts.cut(1)
        for output in finish(workers, code=1):
            lines = output.splitlines()
            assert any(line.startswith(MESSAGE) for line in lines), output
            assert f"step {NUM_STEPS}\n" not in output
    hosts.mend(1)
    with cluster(*dirs, hosts=hosts, **of) as workers:
        expected = train_here(demo_dir, tmp_path / "one", IN_ORDER)
        for output in finish(workers, code=0):
            assert "Going on after step" in output
    check_equal(run_dir / "0", expected)
    assert not list(run_dir.rglob("partial*"))
