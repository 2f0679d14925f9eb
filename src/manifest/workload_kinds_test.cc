#include <gmock/gmock.h>

#include "manifest/testing.h"

namespace mortise::manifest {
namespace {

using ::testing::HasSubstr;
using testing::parse_text;
using testing::problems_of;
using testing::the_only;

const std::string kService = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n";
const std::string kPod =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: p}}\nspec:\n";
const std::string kContainers = "  containers:\n  - {name: c, image: i}\n";

// spec.template of a Deployment with `selector` below spec.
std::string deployment(const std::string& version, const std::string& selector) {
  return "apiVersion: " + version + "\nkind: Deployment\nmetadata: {name: d}\nspec:\n" + selector +
         "  replicas: 2\n  template:\n    metadata: {labels: {app: httpbin, version: v1}}\n"
         "    spec:\n      serviceAccountName: httpbin\n      containers:\n"
         "      - name: httpbin\n        image: docker.io/kennethreitz/httpbin\n"
         "        imagePullPolicy: IfNotPresent\n        ports: [{containerPort: 80}]\n";
}

TEST(Service, ReadsPortsTargetsAndProtocols) {  // S-54
  const auto service =
      the_only<model::Service>(kService +
                               "  selector: {app: a}\n  ports:\n"
                               "  - {name: http, port: 8000, targetPort: 80}\n"
                               "  - {name: web, port: 81, targetPort: web}\n"
                               "  - {name: plain, port: 82}\n"
                               "  - {name: other, port: 83, appProtocol: http2}\n");
  ASSERT_EQ(service.ports.size(), 4U);
  EXPECT_EQ(std::get<std::uint16_t>(service.ports[0].target), 80);
  EXPECT_EQ(service.ports[0].protocol, model::Protocol::http);
  EXPECT_EQ(std::get<std::string>(service.ports[1].target), "web");
  EXPECT_EQ(std::get<std::uint16_t>(service.ports[2].target), 82) << "as the port itself";
  EXPECT_EQ(service.ports[3].protocol, model::Protocol::http2);
  EXPECT_FALSE(service.headless);
}

TEST(Service, IsHeadlessWithClusterIpNone) {
  const auto service = the_only<model::Service>(kService + "  clusterIP: None\n");
  EXPECT_TRUE(service.headless);
}

TEST(Service, LeavesOutPortsThatAreNotTcp) {  // S-54
  const auto parsed = parse_text(
      kService + "  ports:\n  - {name: dns, port: 53, protocol: UDP}\n  - {name: tcp, port: 53}\n");
  EXPECT_EQ(problems_of(parsed), "");
  EXPECT_EQ(std::get<model::Service>(parsed.objects[0].value).ports.size(), 1U);
  ASSERT_EQ(parsed.notes.size(), 1U);
  EXPECT_THAT(parsed.notes[0], HasSubstr("UDP"));
}

TEST(Service, RefusesBadPorts) {
  EXPECT_THAT(problems_of(kService + "  ports: [{port: 0}]\n"),
              HasSubstr("spec.ports[0].port: must be from 1 to 65535, not 0"));
  EXPECT_THAT(problems_of(kService + "  ports: [{port: \"80\"}]\n"),
              HasSubstr("must be a whole number, not text: remove the quotes"));
  EXPECT_THAT(problems_of(kService + "  ports: [{name: a}]\n"), HasSubstr("port is missing"));
  EXPECT_THAT(problems_of(kService + "  ports: [{port: 1}, {port: 2}]\n"),
              HasSubstr("each needs a name"));
  EXPECT_THAT(problems_of(kService + "  ports: [{name: a, port: 1}, {name: a, port: 2}]\n"),
              HasSubstr("this number or name already"));
  EXPECT_THAT(problems_of(kService + "  ports: [{port: 1, targetPort: \"80\"}]\n"),
              HasSubstr("a number is written without quotes"));
  EXPECT_THAT(problems_of(kService + "  ports: []\n"), HasSubstr("a Service needs a port"));
}

TEST(Service, RefusesExternalName) {
  EXPECT_THAT(problems_of(kService + "  type: ExternalName\n  externalName: a.b\n"),
              HasSubstr("ExternalName is not understood"));
}

TEST(Service, HasANameThatBeginsWithALetter) {
  EXPECT_THAT(problems_of("apiVersion: v1\nkind: Service\nmetadata: {name: 1a}\nspec: {ports: "
                          "[{port: 1}]}\n"),
              HasSubstr("metadata.name"));
}

TEST(Deployment, NeedsASelectorThatSelectsItsPods) {
  const auto good = the_only<model::Deployment>(
      deployment("apps/v1", "  selector: {matchLabels: {app: httpbin}}\n"));
  EXPECT_EQ(good.replicas, 2);
  EXPECT_EQ(good.selector, (model::Labels{{"app", "httpbin"}}));
  EXPECT_EQ(good.pod.service_account, "httpbin");
  EXPECT_EQ(good.pod.containers[0].ports[0].port, 80);
  EXPECT_THAT(problems_of(deployment("apps/v1", "")), HasSubstr("selector is missing"));
  EXPECT_THAT(problems_of(deployment("apps/v1", "  selector: {matchLabels: {app: other}}\n")),
              HasSubstr("does not select"));
}

TEST(Deployment, OfTheOldApiTakesItsPodsLabelsForASelector) {
  const auto old = the_only<model::Deployment>(deployment("extensions/v1beta1", ""));
  EXPECT_EQ(old.selector, (model::Labels{{"app", "httpbin"}, {"version", "v1"}}));
}

TEST(Pod, ReadsItsContainers) {
  const auto pod = the_only<model::Pod>(
      kPod +
      "  securityContext: {runAsUser: 1000}\n"
      "  containers:\n"
      "  - name: c\n    image: i\n    command: [run, --port, $(PORT)]\n    args: [\"$(NONE) "
      "$$(PORT)\"]\n"
      "    env:\n    - {name: PORT, value: \"80\"}\n    - {name: URL, value: \":$(PORT)\"}\n"
      "    workingDir: /tmp\n    ports: [{name: http, containerPort: 80, protocol: TCP}]\n"
      "    securityContext: {runAsUser: 2000}\n"
      "  - {name: d, command: [sleep, inf]}\n");
  ASSERT_EQ(pod.pod.containers.size(), 2U);
  const auto& first = pod.pod.containers[0];
  EXPECT_EQ(first.command, (std::vector<std::string>{"run", "--port", "80"}));
  EXPECT_EQ(first.args, (std::vector<std::string>{"$(NONE) $(PORT)"}));
  EXPECT_EQ(first.env[1].second, ":80");
  EXPECT_EQ(first.working_dir, "/tmp");
  EXPECT_EQ(first.ports, (std::vector<model::ContainerPort>{{"http", 80}}));
  EXPECT_EQ(first.run_as_user, 2000U);
  EXPECT_EQ(pod.pod.run_as_user, 1000U);
  EXPECT_EQ(pod.pod.labels, (model::Labels{{"app", "p"}}));
  EXPECT_EQ(pod.pod.service_account, "default") << "I-3";
}

TEST(Pod, RefusesContainersThatCannotRun) {
  const auto container = [](const std::string& text) {
    return problems_of(kPod + "  containers:\n  - {" + text + "}\n");
  };
  EXPECT_THAT(container("name: c"), HasSubstr("needs an image or a command"));
  EXPECT_THAT(container("image: i"), HasSubstr("needs a name"));
  EXPECT_THAT(container("name: istio-proxy, image: i"), HasSubstr("has a sidecar in it already"));
  EXPECT_THAT(container("name: c, image: i, securityContext: {runAsUser: 1337}"),
              HasSubstr("1337"));
  EXPECT_THAT(container("name: c, image: i, env: [{name: A, value: 1}]"),
              HasSubstr("must be text, not a number: put it in quotes"));
  EXPECT_THAT(container("name: c, image: i, env: [{name: A, valueFrom: {x: y}}]"),
              HasSubstr("write the value itself"));
  EXPECT_THAT(problems_of(kPod + "  containers: []\n"), HasSubstr("a pod needs a container"));
  EXPECT_THAT(problems_of(kPod + "  hostNetwork: true\n" + kContainers), HasSubstr("hostNetwork"));
  EXPECT_THAT(problems_of(kPod + kContainers + "  - {name: c, image: i}\n"),
              HasSubstr("two containers are called \"c\""));
}

TEST(Pod, RefusesVariablesThatGrowWithoutEnd) {
  std::string text =
      kPod + "  containers:\n  - name: c\n    image: i\n    env:\n" + "    - {name: A, value: x}\n";
  for (int i = 0; i < 40; ++i) text += "    - {name: A, value: $(A)$(A)}\n";
  EXPECT_EQ(problems_of(text),
            "a.yaml:26: spec.containers[0].env[17].value: is longer than what a program can be "
            "started with\n");
}

TEST(Job, ReadsItsTemplate) {
  const auto job = the_only<model::Job>(
      "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  template:\n    spec:\n"
      "      restartPolicy: Never\n      containers: [{name: c, command: [date]}]\n");
  EXPECT_EQ(job.pod.containers[0].command, std::vector<std::string>{"date"});
}

TEST(IgnoredFields, AreAcceptedAndNotedOncePerName) {
  const auto parsed =
      parse_text(kPod +
                 "  restartPolicy: Always\n  volumes: [{name: v, emptyDir: {}}]\n  containers:\n"
                 "  - {name: c, image: i, resources: {limits: {cpu: 1}}, livenessProbe: {x: y}}\n"
                 "  - {name: d, image: i, resources: {limits: {cpu: 1}}}\n"
                 "  - {name: e, image: i, resources: {}}\nstatus: {phase: Running}\n");
  EXPECT_EQ(problems_of(parsed), "");
  EXPECT_EQ(parsed.notes,
            (std::vector<std::string>{
                "resources has no effect on one host and is ignored (a.yaml:8, 1 more)",
                "livenessProbe has no effect on one host and is ignored (a.yaml:8)",
                "volumes has no effect on one host and is ignored (a.yaml:6)",
                "restartPolicy has no effect on one host and is ignored (a.yaml:5)"}));
}

TEST(Namespace, KeepsItsLabels) {
  const auto ns = the_only<model::Namespace>(
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: full, labels: {istio-injection: "
      "enabled}}\n");
  EXPECT_EQ(ns.meta.labels.at("istio-injection"), "enabled");
  EXPECT_EQ(ns.meta.ref.to_string(), "Namespace//full");
}

}  // namespace
}  // namespace mortise::manifest
