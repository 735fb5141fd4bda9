"""What a server is configured with is read by the server's own messages."""

import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
import yaml
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)

from rmdn_tf.data.windows import CLIP_LENGTH

pytestmark = pytest.mark.slow

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
Field = descriptor_pb2.FieldDescriptorProto

# The published stubs leave two definitions out. These are written after
# tensorflow_serving/servables/tensorflow/session_bundle_config.proto and
# tensorflow_serving/config/monitoring_config.proto: name, number, type.
INT64, STRING = ".google.protobuf.Int64Value", ".google.protobuf.StringValue"
MESSAGES = {
    "BatchingParameters": [
        ("max_batch_size", 1, INT64),
        ("batch_timeout_micros", 2, INT64),
        ("max_enqueued_batches", 3, INT64),
        ("num_batch_threads", 4, INT64),
        ("thread_pool_name", 5, STRING),
        ("allowed_batch_sizes", 6, [Field.TYPE_INT64]),
        ("pad_variable_length_inputs", 7, Field.TYPE_BOOL),
    ],
    "PrometheusConfig": [
        ("enable", 1, Field.TYPE_BOOL),
        ("path", 2, Field.TYPE_STRING),
    ],
    "MonitoringConfig": [("prometheus_config", 1, ".config.PrometheusConfig")],
}


def message(name):
    """An empty message of `MESSAGES`."""
    file = descriptor_pb2.FileDescriptorProto(
        name="config.proto", package="config", syntax="proto3"
    )
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    for kind, fields in MESSAGES.items():
        described = file.message_type.add(name=kind)
        for field, number, what in fields:
            one = described.field.add(name=field, number=number)
            is_list = isinstance(what, list)
            one.label = (
                Field.LABEL_REPEATED if is_list else Field.LABEL_OPTIONAL
            )
            what = what[0] if is_list else what
            if isinstance(what, str):
                one.type, one.type_name = Field.TYPE_MESSAGE, what
            else:
                one.type = what
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    found = pool.FindMessageTypeByName(f"config.{name}")
    return message_factory.GetMessageClass(found)()


def test_the_models_are_named_as_the_server_reads_them():
    messages = pytest.importorskip(
        "tensorflow_serving.config.model_server_config_pb2"
    )
    config = messages.ModelServerConfig()
    text_format.Parse((DEPLOY / "models.config").read_text(), config)
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == ("default", "/models/default")
    assert model.model_platform == "tensorflow"
    assert model.model_version_policy.latest.num_versions == 2


def test_batches_stay_within_the_limits_of_a_request():
    config = message("BatchingParameters")
    text_format.Parse((DEPLOY / "batching.config").read_text(), config)
    assert config.max_batch_size.value * CLIP_LENGTH <= 256
    assert config.num_batch_threads.value >= 1
    assert not config.pad_variable_length_inputs


def test_metrics_are_offered_where_they_are_looked_for():
    config = message("MonitoringConfig")
    text_format.Parse((DEPLOY / "monitoring.config").read_text(), config)
    assert config.prometheus_config.enable
    pod = _kubernetes("deployment")["spec"]["template"]
    path = pod["metadata"]["annotations"]["prometheus.io/path"]
    assert path == config.prometheus_config.path


def test_a_wrong_word_in_a_configuration_is_noticed():
    with pytest.raises(text_format.ParseError, match="max_batch_sise"):
        text_format.Parse("max_batch_sise {}", message("BatchingParameters"))


PARTS = {
    "deployment": ("apps/v1", "Deployment"),
    "service": ("v1", "Service"),
    "autoscaler": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "disruption_budget": ("policy/v1", "PodDisruptionBudget"),
    "network_policy": ("networking.k8s.io/v1", "NetworkPolicy"),
}


def _all():
    return yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())


def _kubernetes(name):
    return yaml.safe_load((DEPLOY / f"kubernetes/{name}.yaml").read_text())


def _container():
    pod = _kubernetes("deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    return pod, container


def _compose():
    text = (DEPLOY / "docker-compose.yml").read_text()
    return yaml.safe_load(text)["services"]["serving"]


def test_both_run_the_same_server_of_a_pinned_version():
    _, container = _container()
    compose = _compose()
    assert container["image"] == compose["image"]
    assert re.fullmatch(r"tensorflow/serving:\d+\.\d+\.\d+", compose["image"])
    assert container["args"] == compose["command"]
    for argument in compose["command"]:
        path = argument.partition("=/config/")[2]
        assert not path or (DEPLOY / path).is_file()


def test_neither_runs_as_root_or_writes_but_to_a_temporary_place():
    pod, container = _container()
    security = container["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert security["readOnlyRootFilesystem"]
    assert not security["allowPrivilegeEscalation"]
    assert security["capabilities"]["drop"] == ["ALL"]
    compose = _compose()
    assert compose["read_only"] and compose["cap_drop"] == ["ALL"]
    assert not compose["user"].startswith("0")
    assert all(volume.endswith(":ro") for volume in compose["volumes"])


def test_both_have_limits_and_are_asked_for_their_health():
    _, container = _container()
    assert container["resources"]["limits"].keys() == {"cpu", "memory"}
    compose = _compose()
    assert {"mem_limit", "cpus", "healthcheck"} <= compose.keys()
    path = "/v1/models/default"
    for probe in ("startupProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] == path
    assert path in compose["healthcheck"]["test"][-1]


def test_the_parts_for_a_cluster_name_each_other():
    deployment, service, scaler, budget, policy = map(_kubernetes, PARTS)
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["selector"] == labels
    assert budget["spec"]["selector"]["matchLabels"] == labels
    assert policy["spec"]["podSelector"]["matchLabels"] == labels
    target = scaler["spec"]["scaleTargetRef"]
    assert target["name"] == deployment["metadata"]["name"]
    ports = {port["name"] for port in _container()[1]["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} == ports
    (generated,) = _all()["configMapGenerator"]
    volumes = _container()[0]["volumes"]
    assert {"name": generated["name"]} in [v.get("configMap") for v in volumes]


def test_the_number_of_replicas_is_the_autoscalers():
    deployment, scaler = _kubernetes("deployment"), _kubernetes("autoscaler")
    assert "replicas" not in deployment["spec"]
    assert "deploy" not in _compose()
    assert 2 <= scaler["spec"]["minReplicas"] <= scaler["spec"]["maxReplicas"]
    # A share of CPU is one of what is requested.
    assert _container()[1]["resources"]["requests"].keys() >= {"cpu"}


def test_a_drained_node_leaves_a_replica_that_serves():
    spec = _kubernetes("disruption_budget")["spec"]
    least = _kubernetes("autoscaler")["spec"]["minReplicas"]
    assert 1 <= spec["maxUnavailable"] < least


def test_the_server_is_reached_by_its_clients_and_reaches_nobody():
    spec = _kubernetes("network_policy")["spec"]
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}
    assert spec["egress"] == []
    ports = {port["name"] for port in _container()[1]["ports"]}
    for rule in spec["ingress"]:
        assert rule["from"] and all(rule["from"])
        assert {port["port"] for port in rule["ports"]} <= ports
    (label,) = spec["ingress"][0]["from"][0]["podSelector"]["matchLabels"]
    assert f"`{label}: " in (DEPLOY / "README.md").read_text()


def test_a_client_sees_the_address_of_every_replica_also_of_new_ones():
    assert _kubernetes("service")["spec"]["clusterIP"] == "None"
    arguments = _compose()["command"]
    assert any("grpc.max_connection_age_ms=" in one for one in arguments)


def test_every_part_is_applied_by_the_command_that_is_printed():
    """Without an option, kustomize reads no file outside of its folder."""
    text = (DEPLOY / "README.md").read_text()
    assert re.findall(r"^(kubectl .*)", text, re.MULTILINE) == [
        "kubectl apply -k deploy"
    ]
    (generated,) = _all()["configMapGenerator"]
    for file in (*_all()["resources"], *generated["files"]):
        assert (DEPLOY / file).is_file() and ".." not in file
    there = {path.stem for path in (DEPLOY / "kubernetes").iterdir()}
    assert there == set(PARTS)
    assert {pathlib.Path(one).stem for one in _all()["resources"]} == there


@pytest.mark.parametrize("name", PARTS)
def test_every_part_is_of_a_known_kind(name):
    part = _kubernetes(name)
    assert (part["apiVersion"], part["kind"]) == PARTS[name]
    assert part["metadata"]["name"] == "rmdn-serving"


def test_the_probe_of_health_answers_as_it_should(server):
    """The one of Docker Compose, asking for a model of another name."""
    test = _compose()["healthcheck"]["test"]
    port = server.rest_url.rsplit(":", 1)[1]
    probe = test[-1].replace("8501", port)
    for name, code in (("tiny", 0), ("another", 1)):
        command = [
            *test[1:-1],
            probe.replace("models/default", f"models/{name}"),
        ]
        assert subprocess.run(command, timeout=20).returncode == code


def test_the_command_of_tensorflow_runs_a_saved_model(exported, tmp_path):
    frames, sizes = tmp_path / "frames.npy", tmp_path / "sizes.npy"
    np.save(frames, np.zeros([1, 2, 12, 20, 3], np.uint8))
    np.save(sizes, np.array([[4, 6]], np.int32))
    options = {
        "dir": exported.version,
        "tag_set": "serve",
        "signature_def": "serving_default",
        "inputs": f"frames={frames};map_size={sizes}",
        "outdir": tmp_path,
    }
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli"]
    command += ["run", *(f"--{name}={one}" for name, one in options.items())]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    densities = np.load(tmp_path / "densities.npy")
    assert densities.shape == (1, 2, 4, 6)
    np.testing.assert_allclose(densities.sum((2, 3)), 1, rtol=1e-5)
