#include "manifest/ignored.h"

#include <array>

namespace mortise::manifest {

namespace {

using Name = std::string_view;

constexpr std::array kServerMetadata = {
    Name("uid"),           Name("resourceVersion"),
    Name("generation"),    Name("selfLink"),
    Name("managedFields"), Name("ownerReferences"),
    Name("finalizers"),    Name("deletionTimestamp"),
    Name("clusterName"),   Name("deletionGracePeriodSeconds"),
    Name("generateName"),
};

constexpr std::array kServiceAccount = {
    Name("secrets"),
    Name("imagePullSecrets"),
    Name("automountServiceAccountToken"),
};

constexpr std::array kService = {
    Name("clusterIPs"),
    Name("sessionAffinity"),
    Name("sessionAffinityConfig"),
    Name("externalTrafficPolicy"),
    Name("internalTrafficPolicy"),
    Name("trafficDistribution"),
    Name("ipFamilies"),
    Name("ipFamilyPolicy"),
    Name("publishNotReadyAddresses"),
    Name("externalIPs"),
    Name("loadBalancerIP"),
    Name("loadBalancerSourceRanges"),
    Name("loadBalancerClass"),
    Name("allocateLoadBalancerNodePorts"),
    Name("healthCheckNodePort"),
};

constexpr std::array kServicePort = {Name("nodePort")};

constexpr std::array kDeployment = {
    Name("strategy"),
    Name("minReadySeconds"),
    Name("revisionHistoryLimit"),
    Name("progressDeadlineSeconds"),
    Name("paused"),
    Name("rollbackTo"),
};

constexpr std::array kJob = {
    Name("backoffLimit"),
    Name("completions"),
    Name("parallelism"),
    Name("completionMode"),
    Name("activeDeadlineSeconds"),
    Name("ttlSecondsAfterFinished"),
    Name("suspend"),
    Name("selector"),
    Name("manualSelector"),
    Name("podFailurePolicy"),
};

constexpr std::array kPod = {
    Name("initContainers"),
    Name("ephemeralContainers"),
    Name("volumes"),
    Name("restartPolicy"),
    Name("terminationGracePeriodSeconds"),
    Name("activeDeadlineSeconds"),
    Name("dnsPolicy"),
    Name("dnsConfig"),
    Name("nodeSelector"),
    Name("nodeName"),
    Name("affinity"),
    Name("tolerations"),
    Name("topologySpreadConstraints"),
    Name("priorityClassName"),
    Name("priority"),
    Name("preemptionPolicy"),
    Name("schedulerName"),
    Name("schedulingGates"),
    Name("imagePullSecrets"),
    Name("hostAliases"),
    Name("hostname"),
    Name("subdomain"),
    Name("setHostnameAsFQDN"),
    Name("enableServiceLinks"),
    Name("automountServiceAccountToken"),
    Name("shareProcessNamespace"),
    Name("hostPID"),
    Name("hostIPC"),
    Name("hostUsers"),
    Name("runtimeClassName"),
    Name("readinessGates"),
    Name("overhead"),
    Name("os"),
    Name("resources"),
    Name("resourceClaims"),
};

constexpr std::array kContainer = {
    Name("resources"),
    Name("resizePolicy"),
    Name("restartPolicy"),
    Name("imagePullPolicy"),
    Name("livenessProbe"),
    Name("readinessProbe"),
    Name("startupProbe"),
    Name("lifecycle"),
    Name("volumeMounts"),
    Name("volumeDevices"),
    Name("terminationMessagePath"),
    Name("terminationMessagePolicy"),
    Name("stdin"),
    Name("stdinOnce"),
    Name("tty"),
};

constexpr std::array kContainerPort = {Name("hostPort"), Name("hostIP")};

constexpr std::array kSecurityContext = {
    Name("runAsGroup"),
    Name("runAsNonRoot"),
    Name("fsGroup"),
    Name("fsGroupChangePolicy"),
    Name("supplementalGroups"),
    Name("supplementalGroupsPolicy"),
    Name("seLinuxOptions"),
    Name("seccompProfile"),
    Name("appArmorProfile"),
    Name("sysctls"),
    Name("windowsOptions"),
    Name("capabilities"),
    Name("privileged"),
    Name("allowPrivilegeEscalation"),
    Name("readOnlyRootFilesystem"),
    Name("procMount"),
};

// Requests are not authenticated by token, and none of it touches mTLS (P-9 to P-11).
constexpr std::array kLegacyPolicy = {
    Name("peerIsOptional"),
    Name("origins"),
    Name("originIsOptional"),
    Name("principalBinding"),
};
constexpr std::array kLegacyPeer = {Name("jwt")};

constexpr std::array kTrafficPolicy = {
    Name("connectionPool"), Name("outlierDetection"), Name("tunnel"),
    Name("proxyProtocol"),  Name("retryBudget"),
};
constexpr std::array kClientTls = {Name("insecureSkipVerify")};

}  // namespace

std::span<const std::string_view> ignored_fields(Place place) {
  switch (place) {
    case Place::service_account:
      return kServiceAccount;
    case Place::service:
      return kService;
    case Place::service_port:
      return kServicePort;
    case Place::deployment:
      return kDeployment;
    case Place::job:
      return kJob;
    case Place::pod:
      return kPod;
    case Place::container:
      return kContainer;
    case Place::container_port:
      return kContainerPort;
    case Place::security_context:
      return kSecurityContext;
    case Place::legacy_policy:
      return kLegacyPolicy;
    case Place::legacy_peer:
      return kLegacyPeer;
    case Place::traffic_policy:
      return kTrafficPolicy;
    case Place::client_tls:
      return kClientTls;
  }
  return {};
}

std::span<const std::string_view> server_metadata() { return kServerMetadata; }

}  // namespace mortise::manifest
