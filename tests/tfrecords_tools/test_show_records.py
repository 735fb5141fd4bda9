"""The entry that shows and verifies a prepared dataset."""

import shutil

from tfrecords_tools import show_records


def test_a_split_is_printed_and_drawn(demo_dir, tmp_path, capsys):
    output = tmp_path / "sheet.png"
    flags = [f"--data_dir={demo_dir}", f"--output={output}"]
    assert show_records.main(flags) == 0
    assert "demo, train" in capsys.readouterr().out
    assert output.exists()


def test_a_dataset_is_verified(demo_dir, tmp_path, capsys):
    assert show_records.main([f"--data_dir={demo_dir}", "--verify"]) == 0
    assert "is sound" in capsys.readouterr().out
    copy = shutil.copytree(demo_dir, tmp_path / "copy")
    next(copy.glob("test.tfrecord*")).unlink()
    assert show_records.main([f"--data_dir={copy}", "--verify"]) == 1
