"""Small manifests for the tests: a namespace, and workloads with a Service in front."""

import json


def namespace(name, injected=True):
    labels = {"istio-injection": "enabled"} if injected else {}
    return _document({"apiVersion": "v1", "kind": "Namespace",
                      "metadata": {"name": name, "labels": labels}})


def workload(namespace_name, name, command, ports=(), uid=None):
    """A Deployment, its ServiceAccount, and with ports {"name", "port"} a Service; `uid` is
    its runAsUser."""
    meta = {"name": name, "namespace": namespace_name}
    container = {"name": name, "image": "none", "command": list(map(str, command)),
                 "ports": [{"containerPort": port["port"]} for port in ports]}
    if uid is not None:
        container["securityContext"] = {"runAsUser": uid}
    pod = {"metadata": {"labels": {"app": name}},
           "spec": {"serviceAccountName": name, "containers": [container]}}
    texts = [
        _document({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}),
        _document({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
                   "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}},
                            "template": pod}}),
    ]
    if ports:
        texts.append(_document({"apiVersion": "v1", "kind": "Service", "metadata": meta,
                                "spec": {"selector": {"app": name}, "ports": list(ports)}}))
    return "".join(texts)


def sleeper(namespace_name):
    return workload(namespace_name, "sleep", ["sleep", "infinity"])


def _document(value):
    return "---\n" + json.dumps(value, indent=1) + "\n"  # JSON is YAML


def write(mesh, *texts):
    """The texts as one file of the mesh's working directory, as FILES wants it."""
    path = mesh.workdir / "objects.yaml"
    path.write_text("".join(texts))
    return [path]
