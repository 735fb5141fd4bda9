"""What a report says of the program that made it."""

import re
import sys

import rmdn_tf
from rmdn_tf.reports.provenance import made_by


def test_date_command_versions_and_commit_are_told(monkeypatch):
    words = ["/usr/bin/rmdn", "evaluate", "--data_dir", "a b"]
    monkeypatch.setattr(sys, "argv", words)
    made = made_by()
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d UTC", made["date"])
    assert made["command"] == "rmdn evaluate --data_dir 'a b'"
    assert f"rmdn-tf {rmdn_tf.__version__}, TensorFlow 2." in made["versions"]
    commit = made["commit of rmdn-tf"].removesuffix("-dirty")
    assert re.fullmatch("[0-9a-f]{40}|unknown: an installed package", commit)


def test_a_module_has_the_name_of_its_package(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/x/rmdn_tf/__main__.py", "evaluate"])
    assert made_by()["command"] == "rmdn_tf evaluate"
