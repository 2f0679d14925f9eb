#include "cli/commands/verbs.h"

#include <gtest/gtest.h>

#include "cli/commands/command_line.h"

namespace mortise::cli {
namespace {

constexpr const char* kAccount = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: sa\n";

client::WorkloadStatus pod(const std::string& where, const std::string& name, bool sidecar) {
  client::WorkloadStatus status;
  auto& workload = status.registered.workload;
  workload.namespace_name = where;
  workload.name = name;
  workload.owner = name.substr(0, name.find('-'));
  workload.owner_kind = "Deployment";
  workload.labels = {{"app", workload.owner}};
  workload.has_sidecar = sidecar;
  workload.ready = true;
  status.registered.state = "Running";
  status.age_seconds = 39;
  if (sidecar) status.sidecar = client::SidecarStatus{true, 7, true, "0.1.0", 0, ""};
  return status;
}

client::Object object(const std::string& kind, const std::string& where, const std::string& name,
                      const std::string& json) {
  return {{kind, where, name}, "v1", "1970-01-12T13:46:40Z", json};
}

TEST_F(CommandLine, WrongUsageIs64AndSaysWhatToTypeNext) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"stauts"},
                                             {"get"},
                                             {"get", "pods", "-o", "xml"},
                                             {"mtls", "get"},
                                             {"mtls", "gt", "x"},
                                             {"get", "pods", "--frob"},
                                             {"down", "-n", "x"},
                                             {"up", "-A"},
                                             {"apply"},
                                             {"exec", "sleep"},
                                             {"status", "--", "ls"},
                                             {"apply", "-f", "x", "--timeout", "soon"},
                                             {"mtls", "get", "a/b/c"},
                                             {"delete"},
                                             {"create", "namespace", "Not_A_Name"},
                                             {"demo", "lab", "--calls", "0"},
                                             {"completion", "tcsh"},
                                             {"get", "frobs"},
                                             {"up", "--set", "global.mtls.atuo=true"},
                                             {"up", "--image", "nothing"}}) {
    EXPECT_EQ(type(words), 64) << words.front() << " " << words.back();
    EXPECT_EQ(terminal.out_text, "") << words.front();
    EXPECT_TRUE(terminal.err_text.starts_with("error: ")) << terminal.err_text;
  }
}

TEST_F(CommandLine, NamesTheNearestCommandAndSetting) {
  type({"stauts"});
  EXPECT_NE(terminal.err_text.find("did you mean status?"), std::string::npos);
  type({"mtls", "requier", "x"});
  EXPECT_NE(terminal.err_text.find("did you mean require?"), std::string::npos);
  type({"up", "--set", "global.mtls.atuo=true"});
  EXPECT_NE(terminal.err_text.find("did you mean global.mtls.auto"), std::string::npos);
}

TEST_F(CommandLine, NothingTypedShowsWhatThereIs) {
  EXPECT_EQ(type({}), 64);
  EXPECT_NE(terminal.err_text.find("  status "), std::string::npos);
  EXPECT_EQ(terminal.err_text.find("supervise"), std::string::npos) << "hidden";
}

TEST_F(CommandLine, HelpOnEveryCommandHasAnExample) {
  for (const auto& verb : all_verbs()) {
    std::vector<std::string> words;
    std::string path = verb->words().path;
    if (const auto space = path.find(' '); space != std::string::npos) {
      words.push_back(path.substr(0, space));
      path.erase(0, space + 1);
    }
    words.push_back(path);
    words.emplace_back("--help");
    EXPECT_EQ(type(words), 0) << path;
    EXPECT_NE(terminal.out_text.find("Usage: mortise "), std::string::npos) << path;
    EXPECT_NE(terminal.out_text.find("Example:\n  "), std::string::npos) << path;
  }
  EXPECT_EQ(type({"--version"}), 0);
  EXPECT_TRUE(terminal.out_text.starts_with("mortise "));
}

TEST_F(CommandLine, WorkloadsMayBeNamedLikeCommands) {
  EXPECT_EQ(type({"exec", "-n", "full", "status", "--", "up", "--help"}), 0) << terminal.err_text;
  ASSERT_EQ(host.executed.size(), 1U);
  EXPECT_EQ(host.executed[0].workload, "status");
  EXPECT_EQ(host.executed[0].command, (std::vector<std::string>{"up", "--help"}));
}

TEST_F(CommandLine, NamespaceMayComeBeforeTheCommandOrStickToItsLetter) {
  type({"-n", "full", "exec", "sleep", "--", "true"});
  type({"exec", "sleep", "-c", "sleep", "-nfull", "--", "true"});
  ASSERT_EQ(host.executed.size(), 2U);
  EXPECT_EQ(host.executed[0].namespace_name, "full");
  EXPECT_EQ(host.executed[1].namespace_name, "full");
  EXPECT_EQ(host.executed[1].container, "sleep");
}

TEST_F(CommandLine, ExecEndsWithTheStatusOfItsCommand) {
  host.exec_status = 56;
  EXPECT_EQ(type({"exec", "sleep", "--", "curl"}), 56);
  EXPECT_EQ(terminal.err_text, "command terminated with exit code 56\n");
}

TEST_F(CommandLine, GetPodsIsTheTableOfTheSeeds) {
  mesh.running = {pod("full", "sleep-58d6644d44-gb55j", true),
                  pod("full", "httpbin-dcd949489-5cndk", true), pod("legacy", "sleep-x", false)};
  EXPECT_EQ(type({"get", "pods", "-n", "full"}), 0);
  EXPECT_EQ(terminal.out_text,
            "NAME                      READY   STATUS    RESTARTS   AGE\n"
            "httpbin-dcd949489-5cndk   2/2     Running   0          39s\n"
            "sleep-58d6644d44-gb55j    2/2     Running   0          39s\n");
  EXPECT_EQ(type({"get", "po", "-A", "-l", "app=sleep"}), 0);
  EXPECT_EQ(terminal.out_text,
            "NAMESPACE   NAME                     READY   STATUS    RESTARTS   AGE\n"
            "full        sleep-58d6644d44-gb55j   2/2     Running   0          39s\n"
            "legacy      sleep-x                  1/1     Running   0          39s\n");
}

TEST_F(CommandLine, GetPrintsNamesAsTheTutorialsAskForThem) {
  mesh.running = {pod("full", "sleep-b", true), pod("full", "sleep-a", true)};
  const std::vector<std::string> words{"get", "pod",  "-l", "app=sleep",
                                       "-n",  "full", "-o", "jsonpath={.items..metadata.name}"};
  EXPECT_EQ(type(words), 0) << terminal.err_text;
  EXPECT_EQ(terminal.out_text, "sleep-a sleep-b");
  mesh.running.clear();
  EXPECT_EQ(type(words), 0);
  EXPECT_EQ(terminal.out_text, "");
  EXPECT_EQ(type({"status", "-o", "jsonpath={.items..metadata.name}"}), 64);
}

TEST_F(CommandLine, QualifiedPluralsAreKindsAndAListIsAKubernetesList) {
  mesh.stored = {
      object("Policy", "istio-system", "grafana-ports-mtls-disabled", "{}"),
      object("MeshPolicy", "", "default",
             R"({"kind":"MeshPolicy","spec":{"peers":[{"mtls":{"mode":"PERMISSIVE"}}]}})")};
  EXPECT_EQ(type({"get", "policies.authentication.istio.io", "--all-namespaces"}), 0);
  EXPECT_EQ(terminal.out_text,
            "NAMESPACE      NAME                          AGE\n"
            "istio-system   grafana-ports-mtls-disabled   39s\n");
  EXPECT_EQ(type({"get", "meshpolicies", "-o", "yaml"}), 0);
  EXPECT_NE(terminal.out_text.find("\n        mode: PERMISSIVE\n"), std::string::npos)
      << terminal.out_text;
}

TEST_F(CommandLine, AnEmptyListIsNoErrorAndAMissingNameIs) {
  EXPECT_EQ(type({"get", "policies", "-n", "full"}), 0);
  EXPECT_EQ(terminal.err_text, "No resources found in full namespace.\n");
  EXPECT_EQ(type({"get", "policy", "gone", "-n", "full"}), 1);
  EXPECT_EQ(terminal.err_text, "error: policies \"gone\" not found in namespace full\n");
}

TEST_F(CommandLine, ApplyPrintsLinesAsKubectlAndTheReceipt) {
  mesh.change.revision = 7;
  mesh.change.objects = {{"Policy/full/httpbin", "created"},
                         {"Service/full/web", "unchanged"},
                         {"Deployment/full/web", "configured"},
                         {"Namespace//full", "created"}};
  mesh.change.receipt = client::Receipt{5, 5, 12, {}};
  EXPECT_EQ(type({"apply", "-f", file(kAccount)}), 0) << terminal.err_text;
  EXPECT_EQ(terminal.out_text,
            "policy.authentication.istio.io/httpbin created\n"
            "service/web unchanged\n"
            "deployment.apps/web configured\n"
            "namespace/full created\n");
  EXPECT_EQ(terminal.err_text, "revision 7, applied by 5 of 5 proxies in 12 ms\n");
}

TEST_F(CommandLine, ApplyNamesLaggingProxiesAndFails) {
  mesh.change.revision = 7;
  mesh.change.receipt = client::Receipt{4, 5, 10'000, {"full/httpbin-x"}};
  EXPECT_EQ(type({"apply", "-f", file(kAccount)}), 1);
  EXPECT_NE(terminal.err_text.find("applied by 4 of 5 proxies"), std::string::npos);
  EXPECT_NE(terminal.err_text.find("not confirmed in time by full/httpbin-x"), std::string::npos);
}

TEST_F(CommandLine, BadManifestsAre65WithFileLineAndField) {
  mesh.change.refused = "2 problems";
  mesh.change.problems = {{"a.yaml", 4, "spec.peers[0].mtls.mode", "no such mode"},
                          {"b.yaml", 0, "", "empty"}};
  EXPECT_EQ(type({"apply", "-f", file(kAccount)}), 65);
  EXPECT_EQ(terminal.err_text,
            "a.yaml:4: spec.peers[0].mtls.mode: no such mode\n"
            "b.yaml: empty\n"
            "error: nothing was applied: 2 problems in the files\n");
  EXPECT_EQ(terminal.out_text, "");
}

TEST_F(CommandLine, AProgramThatIsMissingIsRefusedBeforeAnythingIsSent) {
  const auto path = file(
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n"
      "  - name: c\n    command: [no-such-program]\n");
  EXPECT_EQ(type({"apply", "-f", path}), 65);
  EXPECT_TRUE(terminal.err_text.starts_with(path + ":8: spec.containers[0].command: "))
      << terminal.err_text;
  EXPECT_TRUE(mesh.applied.empty());
  EXPECT_EQ(type({"up", "--detach", "-f", path}), 65);
  EXPECT_EQ(host.starts, 0);
}

TEST_F(CommandLine, AFileThatIsNotThereIsNamed) {
  EXPECT_EQ(type({"apply", "-f", "/no/such.yaml"}), 1);
  EXPECT_NE(terminal.err_text.find("/no/such.yaml"), std::string::npos);
}

TEST_F(CommandLine, DeleteSaysWhatIsGone) {
  mesh.change.objects = {{"Policy/full/httpbin", "deleted"}};
  EXPECT_EQ(type({"delete", "policy", "httpbin", "-n", "full"}), 0);
  EXPECT_EQ(terminal.out_text, "policy.authentication.istio.io \"httpbin\" deleted\n");
  ASSERT_EQ(mesh.removed.size(), 1U);
  EXPECT_EQ(mesh.removed[0].namespace_name, "full");
}

TEST_F(CommandLine, CreateNamespacePrintsItAndRefusesATwin) {
  mesh.change.objects = {{"Namespace//shop", "created"}};
  EXPECT_EQ(type({"create", "ns", "shop", "--inject"}), 0);
  EXPECT_EQ(terminal.out_text, "namespace/shop created\n");
  EXPECT_NE(mesh.applied[0].files[0].text.find("istio-injection: enabled"), std::string::npos);
  mesh.stored = {object("Namespace", "", "shop", "{}")};
  EXPECT_EQ(type({"create", "namespace", "shop"}), 1);
}

TEST_F(CommandLine, RunRemovesItsWorkloadWhateverTheProgramSays) {
  runs("full", "probe");
  host.exec_status = 3;
  EXPECT_EQ(type({"run", "probe", "-n", "full", "--rm", "-it", "--", "false"}), 3);
  ASSERT_EQ(mesh.removed.size(), 1U);
  EXPECT_EQ(mesh.removed[0].name, "probe");
  EXPECT_EQ(mesh.removed[0].namespace_name, "full");
}

TEST_F(CommandLine, RunWithoutAProgramIsAShellWhereSomebodyTypes) {
  runs("no-injection", "curl-test");
  EXPECT_EQ(type({"-n=no-injection", "run", "curl-test", "--image=radial/busyboxplus:curl", "-i",
                  "--tty", "--rm"}),
            0)
      << terminal.err_text;
  EXPECT_EQ(host.executed[0].namespace_name, "no-injection");
  EXPECT_EQ(host.executed[0].command, std::vector<std::string>{"sh"});
  mesh.stored.clear();
  EXPECT_EQ(type({"run", "curl-test"}), 64);
}

TEST_F(CommandLine, RunDetachedMakesTheProgramTheWorkloadsOwn) {
  runs("legacy", "talker");
  mesh.change.objects = {{"Pod/legacy/talker", "created"}};
  EXPECT_EQ(type({"run", "talker", "-n", "legacy", "-d", "--", "sh", "-c", "echo \"a\nb\""}), 0);
  EXPECT_EQ(terminal.out_text, "pod/talker created\n");
  EXPECT_TRUE(mesh.removed.empty());
  EXPECT_TRUE(host.executed.empty());
  EXPECT_NE(mesh.applied[0].files[0].text.find(R"(command: ["sh", "-c", "echo \"a\u000ab\""])"),
            std::string::npos)
      << mesh.applied[0].files[0].text;
}

TEST_F(CommandLine, DryRunShowsTheDifferenceAndSendsNoChange) {
  mesh.stored = {object("ServiceAccount", "full", "sa",
                        R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":)"
                        R"({"labels":{"a":"1"},"name":"sa","namespace":"full"}})")};
  mesh.change.objects = {{"ServiceAccount/full/sa", "configured"}};
  const auto path = file(
      "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: sa\n"
      "  namespace: full\n  labels: {a: \"2\"}\n");
  EXPECT_EQ(type({"apply", "--dry-run", "-f", path}), 0) << terminal.err_text;
  EXPECT_EQ(terminal.out_text,
            "serviceaccount/sa configured (dry run)\n"
            "\nserviceaccount/sa\n"
            " metadata:\n"
            "   labels:\n"
            "-    a: \"1\"\n"
            "+    a: \"2\"\n"
            "   name: sa\n"
            "   namespace: full\n");
  EXPECT_TRUE(mesh.applied.at(0).dry_run);
}

TEST_F(CommandLine, WithoutAMeshSaysHowToStartOne) {
  mesh.reachable = false;
  EXPECT_EQ(type({"get", "pods"}), 1);
  EXPECT_NE(terminal.err_text.find("mortise up"), std::string::npos);
}

TEST_F(CommandLine, UpWithoutRootSaysTheRemedyAndStartsNothing) {
  host.ready = fail(Code::denied, "network namespaces need root: run it with sudo");
  EXPECT_EQ(type({"up", "--detach"}), 1);
  EXPECT_NE(terminal.err_text.find("sudo"), std::string::npos);
  EXPECT_EQ(host.starts, 0);
}

TEST_F(CommandLine, SaysOfARootlessMeshThatIdentitiesAreNotSeparated) {
  host.is_rootless = true;
  EXPECT_EQ(type({"up", "--detach"}), 0) << terminal.err_text;
  EXPECT_NE(terminal.err_text.find("not separated from the user"), std::string::npos);
  EXPECT_EQ(type({"status"}), 0);
  EXPECT_NE(terminal.out_text.find("not separated from the user"), std::string::npos);
  EXPECT_EQ(type({"status", "-o", "json"}), 0);
  EXPECT_NE(terminal.out_text.find("\"rootless\": true"), std::string::npos);

  host.is_rootless = false;
  type({"up", "--detach"});
  EXPECT_EQ(terminal.err_text.find("not separated"), std::string::npos);
}

TEST_F(CommandLine, UpDetachedFailsNamingWhatIsNotReady) {
  mesh.stored = {object("Pod", "full", "late", "{}")};
  EXPECT_EQ(type({"up", "--detach", "--timeout", "5s"}), 1);
  EXPECT_NE(terminal.err_text.find("full/late: 0 of 1 workloads exist"), std::string::npos)
      << terminal.err_text;
}

TEST_F(CommandLine, AnArgumentTooManyIsNamed) {
  EXPECT_EQ(type({"get", "pods", "web", "extra", "more"}), 64);
  EXPECT_EQ(terminal.err_text,
            "error: unexpected argument \"extra\"\nhint: mortise get --help shows what it takes\n");
}

TEST_F(CommandLine, UpSaysThatOnlyTheSupervisorWasStarted) {
  host.control_plane_ran = true;
  EXPECT_EQ(type({"up", "--detach"}), 0);
  EXPECT_EQ(terminal.err_text.find("started the control plane"), std::string::npos)
      << terminal.err_text;
  EXPECT_NE(terminal.err_text.find("started the supervisor"), std::string::npos);
}

TEST_F(CommandLine, UpSaysOnceWhatItWaitsForBeforeItGivesUp) {
  runs("full", "web");
  mesh.running_by_apply.front().registered.workload.ready = false;
  mesh.running_by_apply.front().registered.state = "port 15006 is the sidecar's";
  EXPECT_EQ(type({"up", "--detach", "-f", file(kAccount)}), 1);
  const auto& said = terminal.err_text;
  const auto first = said.find("still waiting for full/web: port 15006 is the sidecar's\n");
  EXPECT_NE(first, std::string::npos) << said;
  EXPECT_EQ(said.find("still waiting", first + 1), std::string::npos) << said;
  EXPECT_LT(first, said.find("not ready within")) << said;
}

TEST_F(CommandLine, UpDetachedNoticesThatTheSupervisorDied) {
  mesh.stored = {object("Pod", "full", "late", "{}")};
  host.dies_after_start = true;
  EXPECT_EQ(type({"up", "--detach", "--timeout", "5s"}), 1);
  EXPECT_NE(terminal.err_text.find("the supervisor has ended"), std::string::npos)
      << terminal.err_text;
}

TEST_F(CommandLine, UpTakesSettingsInTheSpellingOfTheTutorials) {
  EXPECT_EQ(type({"up", "-d", "--set", "values.global.mtls.auto=false", "--set",
                  "global.mtls.enabled=true"}),
            0)
      << terminal.err_text;
  EXPECT_EQ(mesh.settings, (std::map<std::string, std::string>{{"global.mtls.auto", "false"},
                                                               {"global.mtls.enabled", "true"}}));
}

TEST_F(CommandLine, ImpossibleSettingsAre64BeforeAnythingStarts) {
  for (const auto* setting :
       {"global.mtls.auto=maybe", "global.mtls.enabled=", "pki.workloadTTL=x", "pki.workloadTTL=0h",
        "pki.workloadTTL=5", "global.trustDomain=a b"}) {
    EXPECT_EQ(type({"up", "-d", "--set", setting}), 64) << setting;
  }
  EXPECT_EQ(host.starts, 0);
  EXPECT_EQ(type({"up", "-d", "--set", "pki.workloadTTL=1h30m"}), 0) << terminal.err_text;
}

TEST_F(CommandLine, UnknownCommandsAre64AlsoWithHelp) {
  EXPECT_EQ(type({"stauts", "--help"}), 64);
  EXPECT_NE(terminal.err_text.find("did you mean status?"), std::string::npos);
  EXPECT_EQ(type({"mtls", "gt", "-h"}), 64);
}

TEST_F(CommandLine, ReservedCommandsSayThatTheyAreToCome) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"proxy", "status"},
                                                                 {"-n", "full", "edges"},
                                                                 {"mtls", "effective", "--help"},
                                                                 {"demo", "load"}}) {
    EXPECT_EQ(type(words), 64);
    EXPECT_NE(terminal.err_text.find("yet"), std::string::npos) << terminal.err_text;
  }
}

TEST_F(CommandLine, DemoLabLeavesTheMeshesOfOthersAlone) {
  host.is_running = true;
  mesh.stored = {object("Policy", "shop", "web", "{}")};
  EXPECT_EQ(type({"demo", "lab"}), 1);
  EXPECT_NE(terminal.err_text.find("Policy/shop/web"), std::string::npos) << terminal.err_text;
  EXPECT_NE(terminal.err_text.find("--data-dir DIR"), std::string::npos);
  EXPECT_TRUE(mesh.applied.empty());
  EXPECT_TRUE(mesh.removed.empty());
  EXPECT_TRUE(host.is_running);
}

TEST_F(CommandLine, DemoLabStopsAgainAMeshOfOthersThatWasStopped) {
  mesh.stored = {object("Namespace", "", "shop", "{}")};
  EXPECT_EQ(type({"demo", "lab"}), 1);
  EXPECT_EQ(host.starts, 1);
  EXPECT_FALSE(host.is_running);
  EXPECT_TRUE(mesh.applied.empty());
}

TEST_F(CommandLine, RunTriesAgainUntilItsPodIsFound) {
  runs("full", "probe");
  host.exec_failures = 2;
  EXPECT_EQ(type({"run", "probe", "-n", "full", "--", "true"}), 0) << terminal.err_text;
  EXPECT_EQ(host.executed.size(), 3U);
  host.exec_failures = 1000;
  mesh.stored.clear();
  EXPECT_EQ(type({"run", "probe", "-n", "full", "--", "true"}), 1);
}

TEST_F(CommandLine, RunWaitsForANamesakeThatIsEnding) {
  runs("full", "probe");
  mesh.running = mesh.running_by_apply;
  mesh.looks_until_gone = 3;
  EXPECT_EQ(type({"run", "probe", "-n", "full", "--", "true"}), 0) << terminal.err_text;
  EXPECT_EQ(mesh.looks_until_gone, 0);
  mesh.running = mesh.running_by_apply;
  mesh.stored.clear();
  mesh.applied.clear();
  EXPECT_EQ(type({"run", "probe", "-n", "full", "--", "true"}), 1);
  EXPECT_NE(terminal.err_text.find("is still ending"), std::string::npos) << terminal.err_text;
  EXPECT_TRUE(mesh.applied.empty());
}

TEST_F(CommandLine, RunInAnUnknownNamespaceSaysHowToMakeIt) {
  mesh.change.refused = "1 problem";
  mesh.change.problems = {{"pod p", 1, "metadata.namespace", "there is no such namespace"}};
  EXPECT_EQ(type({"run", "p", "-n", "none", "--", "true"}), 1);
  EXPECT_EQ(terminal.err_text,
            "error: there is no namespace \"none\"; mortise create namespace none makes it\n");
}

TEST_F(CommandLine, DeleteOfADeploymentsPodNamesTheDeployment) {
  mesh.running = {pod("full", "sleep-58d6644d44-gb55j", true)};
  EXPECT_EQ(type({"delete", "pod", "sleep-58d6644d44-gb55j", "-n", "full"}), 1);
  EXPECT_NE(terminal.err_text.find("belongs to Deployment sleep"), std::string::npos);
  EXPECT_NE(terminal.err_text.find("mortise delete Deployment sleep -n full"), std::string::npos);
  EXPECT_TRUE(mesh.removed.empty());
  EXPECT_EQ(type({"delete", "frobs", "x"}), 64);
}

TEST_F(CommandLine, AFileWithoutObjectsIs65) {
  const auto path = file("# nothing\n");
  EXPECT_EQ(type({"apply", "-f", path}), 65);
  EXPECT_EQ(terminal.err_text, "error: no objects found in " + path + "\n");
  EXPECT_TRUE(mesh.applied.empty());
}

TEST_F(CommandLine, DryRunLeavesOutTheAddressThatWasGiven) {
  const std::string start = R"({"apiVersion":"v1","kind":"Service",)"
                            R"("metadata":{"name":"web","namespace":"full"},"spec":{)";
  const std::string end = R"("ports":[{"name":"http","port":80}],"selector":{"app":"web"}}})";
  const auto path = file(
      "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: full}\n"
      "spec:\n  ports: [{name: http, port: 80}]\n  selector: {app: web}\n");
  mesh.stored = {object("Service", "full", "web", start + R"("clusterIP":"198.19.0.1",)" + end)};
  EXPECT_EQ(type({"apply", "--dry-run", "-f", path}), 0) << terminal.err_text;
  EXPECT_EQ(terminal.out_text, "");
  mesh.stored = {object("Service", "full", "web", start + R"("clusterIP":"None",)" + end)};
  EXPECT_EQ(type({"apply", "--dry-run", "-f", path}), 0);
  EXPECT_NE(terminal.out_text.find("-  clusterIP: None"), std::string::npos) << terminal.out_text;
}

TEST_F(CommandLine, ExecWithoutAMeshSaysThatNoneRuns) {
  host.exec_failures = 2;
  EXPECT_EQ(type({"exec", "sleep", "--", "true"}), 1);
  EXPECT_NE(terminal.err_text.find("no mesh is running in /nowhere"), std::string::npos);
  host.is_running = true;
  EXPECT_EQ(type({"exec", "sleep", "--", "true"}), 1);
  EXPECT_EQ(terminal.err_text, "error: no workload of that name\n");
}

TEST_F(CommandLine, AnUnusableDataDirIsNotAMeshThatIsDown) {
  host.ready = fail(Code::unavailable, "create /nowhere: Read-only file system");
  EXPECT_EQ(type({"up", "-d"}), 1);
  EXPECT_EQ(terminal.err_text, "error: create /nowhere: Read-only file system\n");
}

TEST_F(CommandLine, StatusTellsAMissingReportFromAMissingCertificate) {
  mesh.running = {pod("full", "a-1", true)};
  EXPECT_EQ(type({"status"}), 0);
  EXPECT_NE(terminal.out_text.find("not reported yet"), std::string::npos) << terminal.out_text;
}

TEST_F(CommandLine, StatusSaysThatNobodyTakesCareOfTheMesh) {
  EXPECT_EQ(type({"status"}), 0);
  EXPECT_NE(terminal.out_text.find("Supervisor     not running"), std::string::npos);
  EXPECT_NE(terminal.out_text.find("remedy: mortise up"), std::string::npos);
  EXPECT_EQ(type({"status", "-o", "json"}), 0);
  EXPECT_NE(terminal.out_text.find("\"supervisorRunning\": false"), std::string::npos);

  host.is_running = true;
  EXPECT_EQ(type({"status"}), 0);
  EXPECT_EQ(terminal.out_text.find("Supervisor"), std::string::npos);
  EXPECT_EQ(type({"status", "-o", "json"}), 0);
  EXPECT_NE(terminal.out_text.find("\"supervisorRunning\": true"), std::string::npos);
}

TEST_F(CommandLine, StatusCallsNothingReadyWhoseSidecarIsNotConnected) {
  mesh.running = {pod("full", "a-1", true)};
  EXPECT_EQ(type({"status"}), 0);
  EXPECT_NE(terminal.out_text.find("yes"), std::string::npos) << terminal.out_text;
  mesh.running.front().sidecar->connected = false;
  EXPECT_EQ(type({"status"}), 0);
  EXPECT_EQ(terminal.out_text.find("yes"), std::string::npos) << terminal.out_text;
  EXPECT_EQ(type({"status", "-o", "json"}), 0);
  EXPECT_NE(terminal.out_text.find("\"ready\": false"), std::string::npos) << terminal.out_text;
}

}  // namespace
}  // namespace mortise::cli
