// cli/listing.h — objects and workloads as `get` prints them: the columns of each kind, or
// Kubernetes-shaped JSON. All of the JSON work of the command line is behind this header.
#pragma once

#include <string>
#include <vector>

#include "cli/resource.h"
#include "client/answers.h"

namespace mortise::cli {

// A table of one kind. NAMESPACE only with `all_namespaces`; none for cluster-scoped kinds.
struct View {
  bool all_namespaces = false;
  bool cluster_scoped = false;
  bool wide = false;
  std::int64_t now_seconds = 0;  // for AGE
};

std::string object_table(const std::string& kind, const std::vector<client::Object>& objects,
                         const View& view);
// READY counts the sidecar as a container, as kubectl shows it: 2/2.
std::string pod_table(const std::vector<client::WorkloadStatus>& pods, const View& view);
// Deployments with what runs of them.
std::string deployment_table(const std::vector<client::Object>& deployments,
                             const std::vector<client::WorkloadStatus>& pods, const View& view);

// One object as it is, several as a List.
std::string list_json(const std::vector<std::string>& objects, bool single);
// A running instance in the shape of a Kubernetes Pod.
std::string pod_json(const client::WorkloadStatus& pod);
// Of an object in its Kubernetes shape.
model::Labels labels_of(const client::Object& object);
// "mTLS rule for NS/SERVICE", an empty line, and a row per rule, to the letter of the tutorials.
// `wide` adds Scope and Source.
std::string mtls_table(const Resource& resource, const client::MtlsRule& rule, bool wide);
// [{"policy", "targets", "mtlsMode"}]
std::string mtls_json(const client::MtlsRule& rule);
// Of the host, beside what the control plane says.
struct HostStatus {
  bool rootless = false;
  bool supervised = false;
};
// Its program serves, and its sidecar, if it has one, is connected: what `get pods` counts.
bool is_ready(const client::WorkloadStatus& status);
std::string status_json(const client::MeshStatus& status,
                        const std::vector<client::WorkloadStatus>& workloads, HostStatus host);

}  // namespace mortise::cli
