"""A server on this machine that stands in for TensorFlow Serving in tests.

It has the official gRPC services and the documented REST API. It loads a
SavedModel as TensorFlow Serving does: into a session, which does not check what
it is fed. It serves one version, does not batch, and answers with faults on
demand.
"""

import base64
import collections
import concurrent.futures
import http.server
import json
import pathlib
import re
import ssl
import threading

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from benchmarks.session_model import (
    INVALID_ARGUMENT,
    ServiceError,
    SessionModel,
)

HTTP = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.UNAVAILABLE: 503,
}
URL = re.compile(
    r"/v1/models/([^/:]+)(?:/versions/(\d+))?(:predict|/metadata)?"
)
MESSAGE_BYTES = 2**31 - 1


class LoopbackServer:
    """Serves one version of one model over gRPC and REST.

    Args:
        directory: directory of a version, `.../<number>`.
        name: the model's name on the server.
        certificates: PEM files of a key and a certificate, for TLS; clients
            must show the same certificate.
        model: the SavedModel of the directory, if it is loaded already.

    Attributes:
        grpc_url, rest_url: URLs for a client.
        faults: statuses that answer the next predictions; None answers one
            normally.
        requests: (signature, requested version) of the last predictions.
        before: called before each prediction.
    """

    def __init__(
        self,
        directory,
        name: str = "tiny",
        certificates=None,
        model: SessionModel | None = None,
    ):
        self._owns_model = model is None
        self.model = model or SessionModel(directory)
        self.name, self.version = name, int(directory.name)
        self.faults = collections.deque()
        self.requests = collections.deque(maxlen=1000)
        self.before = lambda: None
        self._start_grpc(certificates)
        self._start_rest(certificates)

    def _start_rest(self, certificates):
        handler = type("Handler", (_RestHandler,), {"service": self})
        self._rest = _RestServer(("localhost", 0), handler)
        if certificates:
            key, certificate = certificates
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, key)
            context.load_verify_locations(certificate)
            context.verify_mode = ssl.CERT_REQUIRED
            self._rest.socket = context.wrap_socket(
                self._rest.socket, server_side=True
            )
        threading.Thread(target=self._rest.serve_forever, daemon=True).start()
        scheme = "https" if certificates else "http"
        self.rest_url = f"{scheme}://localhost:{self._rest.server_port}"

    def _start_grpc(self, certificates):
        self._grpc = grpc.server(
            concurrent.futures.ThreadPoolExecutor(4),
            options=[("grpc.max_receive_message_length", MESSAGE_BYTES)],
        )
        service = _GrpcService(self)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            service, self._grpc
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            service, self._grpc
        )
        if certificates:
            key, certificate = (
                pathlib.Path(p).read_bytes() for p in certificates
            )
            credentials = grpc.ssl_server_credentials(
                [(key, certificate)], certificate, require_client_auth=True
            )
            port = self._grpc.add_secure_port("127.0.0.1:0", credentials)
            self.grpc_url = f"grpcs://localhost:{port}"
        else:
            port = self._grpc.add_insecure_port("127.0.0.1:0")
            self.grpc_url = f"grpc://localhost:{port}"
        self._grpc.start()

    def predict(self, spec: tuple, signature: str, protos: dict):
        """Answers a prediction, or raises `ServiceError`."""
        self.check(*spec)
        self.requests.append((signature, spec[1]))
        self.before()
        fault = self.faults.popleft() if self.faults else None
        if fault:
            raise ServiceError(fault, "a fault that the test asked for")
        return self.model.run(signature, protos)

    def check(self, name: str, version: int | None) -> None:
        """Raises `ServiceError` for another model or version."""
        if name != self.name or version not in (None, self.version):
            raise ServiceError(
                grpc.StatusCode.NOT_FOUND,
                f"Servable not found for request: {name}, {version}",
            )

    def status(self):
        """Returns the official message with the state of the version."""
        state = get_model_status_pb2.ModelVersionStatus.State.AVAILABLE
        answer = get_model_status_pb2.GetModelStatusResponse()
        answer.model_version_status.add(version=self.version, state=state)
        return answer

    def metadata(self):
        """Returns the official message with the signatures."""
        answer = get_model_metadata_pb2.GetModelMetadataResponse()
        answer.model_spec.name = self.name
        answer.model_spec.version.value = self.version
        signatures = get_model_metadata_pb2.SignatureDefMap()
        for name, signature in self.model.signatures.items():
            signatures.signature_def[name].CopyFrom(signature)
        answer.metadata["signature_def"].Pack(signatures)
        return answer

    def stop_grpc(self) -> None:
        """Cancels running gRPC requests and refuses new ones."""
        self._grpc.stop(None).wait()

    def close(self) -> None:
        self.stop_grpc()
        self._rest.shutdown()
        self._rest.server_close()
        if self._owns_model:
            self.model.session.close()


def _version_of(spec) -> int | None:
    return spec.version.value if spec.HasField("version") else None


class _GrpcService(
    prediction_service_pb2_grpc.PredictionServiceServicer,
    model_service_pb2_grpc.ModelServiceServicer,
):
    """The gRPC services of a `LoopbackServer`."""

    def __init__(self, server: LoopbackServer):
        self._server = server

    def Predict(self, request, context):
        spec = request.model_spec
        answer = predict_pb2.PredictResponse()
        answer.model_spec.CopyFrom(spec)
        answer.model_spec.version.value = self._server.version
        try:
            outputs = self._server.predict(
                (spec.name, _version_of(spec)),
                spec.signature_name,
                dict(request.inputs),
            )
        except ServiceError as error:
            context.abort(error.code, str(error))
        for key, value in outputs.items():
            answer.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return answer

    def GetModelMetadata(self, request, context):
        self._check(request, context)
        return self._server.metadata()

    def GetModelStatus(self, request, context):
        self._check(request, context)
        return self._server.status()

    def _check(self, request, context):
        spec = request.model_spec
        try:
            self._server.check(spec.name, _version_of(spec))
        except ServiceError as error:
            context.abort(error.code, str(error))


class _RestServer(http.server.ThreadingHTTPServer):
    """An HTTP server whose threads end with the process.

    Broken connections are not reported.
    """

    daemon_threads = True

    def handle_error(self, *_):
        pass


class _RestHandler(http.server.BaseHTTPRequestHandler):
    """The REST API of a `LoopbackServer`, in the column format only."""

    service: LoopbackServer
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer(self._get)

    def do_POST(self):
        self._answer(self._post)

    def _answer(self, call):
        length = int(self.headers.get("Content-Length", 0))
        self._body = self.rfile.read(length)
        try:
            code, text = 200, call()
        except ServiceError as error:
            code = HTTP.get(error.code, 500)
            text = json.dumps({"error": str(error)})
        content = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _target(self):
        found = URL.fullmatch(self.path)
        if not found:
            raise ServiceError(INVALID_ARGUMENT, f"Malformed URL: {self.path}")
        name, version, verb = found.groups()
        self.service.check(name, version and int(version))
        return (name, version and int(version)), verb

    def _get(self) -> str:
        _, verb = self._target()
        service = self.service
        message = service.metadata() if verb else service.status()
        return json_format.MessageToJson(
            message, preserving_proto_field_name=True
        )

    def _post(self) -> str:
        spec, _ = self._target()
        try:
            body = json.loads(self._body)
            name, columns = body.get("signature_name", ""), body["inputs"]
            inputs = self.service.model.signature(name).inputs
            protos = {
                key: _proto_of(value, tf.dtypes.as_dtype(inputs[key].dtype))
                for key, value in columns.items()
            }
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ServiceError(
                INVALID_ARGUMENT, f"JSON Parse error: {error!r}"
            ) from error
        outputs = self.service.predict(spec, name, protos)
        columns = {key: _columns(value) for key, value in outputs.items()}
        if len(columns) == 1:
            (columns,) = columns.values()
        return json.dumps({"outputs": columns})

    def log_message(self, *_):
        pass


def _proto_of(value, kind: tf.DType):
    """Makes a tensor message of nested lists; bytes are {"b64": ...}."""

    def decoded(one):
        if isinstance(one, list):
            return [decoded(item) for item in one]
        return base64.b64decode(one["b64"]) if isinstance(one, dict) else one

    array = np.array(decoded(value))
    if kind == tf.string:
        return tf.make_tensor_proto(array.astype(object), kind)
    if kind.is_integer and array.dtype.kind not in "iu" and array.size:
        raise ValueError(f"{array.dtype} where {kind.name} was expected")
    return tf.make_tensor_proto(array.astype(kind.as_numpy_dtype), kind)


def _columns(array: np.ndarray):
    if array.dtype == object:
        return [one.decode() for one in array.ravel()]
    return array.tolist()
