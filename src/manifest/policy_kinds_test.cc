#include "manifest/testing.h"

namespace mortise::manifest {
namespace {

using model::ClientTlsMode;
using model::MtlsMode;
using testing::parse_text;
using testing::problems_of;
using testing::the_only;

const std::string kPolicy =
    "apiVersion: authentication.istio.io/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n";
const std::string kPeer =
    "apiVersion: security.istio.io/v1beta1\nkind: PeerAuthentication\nmetadata: {name: p}\nspec:\n";
const std::string kRule =
    "apiVersion: networking.istio.io/v1alpha3\nkind: DestinationRule\nmetadata: {name: r}\nspec:\n"
    "  host: httpbin\n";

MtlsMode mode_of(const std::string& peers) {
  return the_only<model::LegacyPolicy>(kPolicy + peers).mode;
}

TEST(LegacyPolicy, IsStrictWhereMtlsIsEmptyOrNull) {  // P-6
  EXPECT_EQ(mode_of("  peers: [{mtls: {}}]\n"), MtlsMode::strict);
  EXPECT_EQ(mode_of("  peers: [{mtls: null}]\n"), MtlsMode::strict);
  EXPECT_EQ(mode_of("  peers:\n  - mtls:\n"), MtlsMode::strict);
}

TEST(LegacyPolicy, HasTheModeThatIsWritten) {  // P-7
  EXPECT_EQ(mode_of("  peers: [{mtls: {mode: STRICT}}]\n"), MtlsMode::strict);
  EXPECT_EQ(mode_of("  peers: [{mtls: {mode: PERMISSIVE}}]\n"), MtlsMode::permissive);
  EXPECT_EQ(mode_of("  peers: [{mtls: {mode: STRICT, allowTls: true}}]\n"),
            MtlsMode::strict);  // P-9
}

TEST(LegacyPolicy, IsDisabledWithoutAnMtlsPeer) {  // P-8
  EXPECT_EQ(mode_of(""), MtlsMode::disable);
  EXPECT_EQ(mode_of("  peers:\n"), MtlsMode::disable);
  EXPECT_EQ(mode_of("  peers: []\n"), MtlsMode::disable);
  EXPECT_EQ(mode_of("  peers: [{}]\n"), MtlsMode::disable);
  EXPECT_EQ(mode_of("  peers: [{jwt: {issuer: me}}]\n"), MtlsMode::disable);
}

TEST(LegacyPolicy, GoesByItsFirstMtlsPeer) {  // P-5
  EXPECT_EQ(mode_of("  peers: [{jwt: {}}, {mtls: {mode: PERMISSIVE}}, {mtls: {}}]\n"),
            MtlsMode::permissive);
}

TEST(LegacyPolicy, TargetsServicesAndTheirPorts) {  // P-2, P-3
  const auto policy = the_only<model::LegacyPolicy>(
      kPolicy + "  targets:\n  - name: a\n  - name: b\n    ports: [{number: 80}, {name: http}]\n");
  ASSERT_EQ(policy.targets.size(), 2U);
  EXPECT_TRUE(policy.targets[0].ports.empty());
  EXPECT_EQ(policy.targets[1].service, "b");
  EXPECT_EQ(std::get<std::uint16_t>(policy.targets[1].ports[0]), 80);
  EXPECT_EQ(std::get<std::string>(policy.targets[1].ports[1]), "http");
}

TEST(LegacyPolicy, MayHaveNoSpec) {  // P-30
  const auto policy = the_only<model::LegacyPolicy>(
      "apiVersion: authentication.istio.io/v1alpha1\nkind: MeshPolicy\nmetadata: {name: "
      "default}\n");
  EXPECT_EQ(policy.meta.ref.to_string(), "MeshPolicy//default");
  EXPECT_EQ(policy.mode, MtlsMode::disable);
}

TEST(LegacyPolicy, RefusesAModeThatDoesNotExist) {  // P-4
  EXPECT_EQ(
      problems_of(kPolicy + "  peers:\n  - mtls:\n      mode: STRCT\n"),
      "a.yaml:7: spec.peers[0].mtls.mode: \"STRCT\" is not one of STRICT, PERMISSIVE; did you "
      "mean STRICT?\n");
  EXPECT_EQ(problems_of(kPolicy + "  peers: [{mtls: STRICT}]\n"),
            "a.yaml:5: spec.peers[0].mtls: must be a map, not text\n");
}

TEST(LegacyPolicy, RefusesTwoMethodsAndTwoNamesOfAPort) {
  EXPECT_NE(problems_of(kPolicy + "  peers: [{mtls: {}, jwt: {a: b}}]\n"), "");
  EXPECT_NE(problems_of(kPolicy + "  targets: [{name: a, ports: [{number: 1, name: b}]}]\n"), "");
}

TEST(PeerAuthentication, ReadsModesOfTheWorkloadAndItsPorts) {
  const auto policy = the_only<model::PeerAuthentication>(
      kPeer +
      "  selector: {matchLabels: {app: a}}\n  mtls: {mode: STRICT}\n"
      "  portLevelMtls:\n    8080: {mode: DISABLE}\n    \"9000\": {}\n    1: {mode: UNSET}\n");
  EXPECT_EQ(policy.selector, (model::Labels{{"app", "a"}}));
  EXPECT_EQ(policy.mode, MtlsMode::strict);
  EXPECT_EQ(policy.port_modes.at(8080), MtlsMode::disable);
  EXPECT_EQ(policy.port_modes.at(9000), std::nullopt);
  EXPECT_EQ(policy.port_modes.at(1), std::nullopt);
}

TEST(PeerAuthentication, IsUnsetWithoutAMode) {
  for (const char* spec :
       {"", "  mtls:\n", "  mtls: {}\n", "  mtls: {mode: UNSET}\n", "  selector: {}\n"}) {
    EXPECT_EQ(the_only<model::PeerAuthentication>(kPeer + spec).mode, std::nullopt) << spec;
  }
}

TEST(PeerAuthentication, RefusesAnEmptyListOfPorts) {
  EXPECT_EQ(problems_of(kPeer + "  portLevelMtls: {}\n"),
            "a.yaml:5: spec.portLevelMtls: names no port: give one, or leave the field out\n");
}

TEST(PeerAuthentication, RefusesPortsThatAreNoNumbers) {
  for (const char* port : {"http", "70000", "-1", "1.5"}) {
    const auto problems = problems_of(kPeer + "  portLevelMtls:\n    " + port + ": {}\n");
    EXPECT_NE(problems.find("a.yaml:6: spec.portLevelMtls"), std::string::npos) << problems;
  }
}

TEST(PeerAuthentication, RefusesAnUnknownMode) {
  EXPECT_EQ(
      problems_of(kPeer + "  mtls: {mode: strict}\n"),
      "a.yaml:5: spec.mtls.mode: \"strict\" is not one of UNSET, DISABLE, PERMISSIVE, STRICT; "
      "did you mean STRICT?\n");
}

TEST(PeerAuthentication, RefusesWildcardLabels) {
  EXPECT_NE(problems_of(kPeer + "  selector: {matchLabels: {app: \"*\"}}\n"), "");
  EXPECT_NE(problems_of(kPeer + "  selector: {matchLabels: {\"\": a}}\n"), "");
}

TEST(DestinationRule, TakesTlsWithoutAModeForAnExplicitDisable) {  // D-2
  for (const char* tls : {"{}", "{sni: a}"}) {
    const auto rule =
        the_only<model::DestinationRule>(kRule + "  trafficPolicy: {tls: " + tls + "}\n");
    ASSERT_TRUE(rule.policy && rule.policy->tls);
    EXPECT_EQ(rule.policy->tls->mode, ClientTlsMode::disable);
  }
  const auto without = the_only<model::DestinationRule>(
      kRule + "  trafficPolicy: {tls: null, loadBalancer: {simple: RANDOM}}\n");
  EXPECT_EQ(without.policy->tls, std::nullopt) << "a missing tls leaves auto mTLS in force";
}

TEST(DestinationRule, ReadsEveryTlsField) {  // D-1, D-3
  const auto rule = the_only<model::DestinationRule>(
      kRule +
      "  trafficPolicy:\n    tls: {mode: MUTUAL, sni: s, subjectAltNames: [x, y],\n"
      "      clientCertificate: /c, privateKey: /k, caCertificates: /a}\n");
  const auto& tls = *rule.policy->tls;
  EXPECT_EQ(tls.mode, ClientTlsMode::mutual);
  EXPECT_EQ(tls.sni, "s");
  EXPECT_EQ(tls.subject_alt_names, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(tls.client_certificate, "/c");
  EXPECT_EQ(tls.private_key, "/k");
  EXPECT_EQ(tls.ca_certificates, "/a");
}

TEST(DestinationRule, ReadsPortsAndSubsets) {  // D-10, D-12
  const auto rule = the_only<model::DestinationRule>(
      kRule +
      "  exportTo: [\".\"]\n"
      "  trafficPolicy:\n"
      "    loadBalancer: {simple: PASSTHROUGH}\n"
      "    portLevelSettings:\n"
      "    - port: {number: 80}\n      tls: {mode: DISABLE}\n"
      "    - port: {number: 80}\n      tls: {mode: SIMPLE}\n"
      "  subsets:\n"
      "  - name: v1\n    labels: {version: v1}\n"
      "  - name: v2\n    trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}\n");
  EXPECT_TRUE(rule.policy->passthrough);
  EXPECT_EQ(rule.export_to, std::vector<std::string>{"."});
  EXPECT_EQ(rule.port_policies.at(80).tls->mode, ClientTlsMode::disable) << "the first counts";
  ASSERT_EQ(rule.subsets.size(), 2U);
  EXPECT_EQ(rule.subsets[0].policy, std::nullopt);
  EXPECT_EQ(rule.subsets[1].policy->tls->mode, ClientTlsMode::istio_mutual);
}

TEST(DestinationRule, RefusesPoliciesThatSetNothing) {  // D-7
  EXPECT_EQ(problems_of(kRule + "  trafficPolicy: {}\n"),
            "a.yaml:6: spec.trafficPolicy: sets nothing: give a field or remove it\n");
  EXPECT_NE(problems_of(kRule + "  trafficPolicy: {portLevelSettings: [{port: {number: 1}}]}\n"),
            "");
  EXPECT_NE(problems_of(kRule + "  trafficPolicy: {portLevelSettings: [{tls: {}}]}\n"), "");
}

TEST(DestinationRule, RefusesWhatWouldWidenItIfIgnored) {  // D-29
  EXPECT_NE(problems_of(kRule + "  workloadSelector: {matchLabels: {app: a}}\n"), "");
}

TEST(MeshConfig, TakesDefaultsForWhatIsNotWritten) {
  const auto config = the_only<MeshConfig>(
      "apiVersion: mortise.dev/v1\nkind: MeshConfig\nmetadata: {name: default}\n"
      "spec: {enableAutoMtls: false, trustDomain: example.org}\n");
  EXPECT_FALSE(config.settings.auto_mtls);
  EXPECT_EQ(config.settings.trust_domain, "example.org");
  EXPECT_EQ(config.settings.root_namespace, "istio-system");
  EXPECT_NE(problems_of("apiVersion: mortise.dev/v1\nkind: MeshConfig\nmetadata: {name: other}\n"),
            "");
}

// The manifests of the published walk-throughs, with their namespaces as given by `-n`.
TEST(WalkThrough, PoliciesParseAsTheyWerePublished) {
  const auto parsed = parse_text(
      "apiVersion: authentication.istio.io/v1alpha1\nkind: MeshPolicy\nmetadata:\n  name: default\n"
      "spec:\n  peers:\n  - mtls:\n      mode: PERMISSIVE\n---\n"
      "apiVersion: \"authentication.istio.io/v1alpha1\"\nkind: Policy\nmetadata:\n  name: default\n"
      "  namespace: backyards-demo\nspec:\n  peers:\n  - mtls:\n      mode: STRICT\n---\n"
      "apiVersion: \"authentication.istio.io/v1alpha1\"\nkind: Policy\nmetadata:\n  name: "
      "bookings\n"
      "  namespace: backyards-demo\nspec:\n  targets:\n  - name: bookings\n  peers:\n  - mtls:\n"
      "      mode: PERMISSIVE\n---\n"
      "apiVersion: \"authentication.istio.io/v1alpha1\"\nkind: \"Policy\"\nmetadata:\n"
      "  name: \"httpbin\"\nspec:\n  targets:\n  - name: httpbin\n  peers:\n  - mtls: {}\n---\n"
      "apiVersion: \"networking.istio.io/v1alpha3\"\nkind: \"DestinationRule\"\nmetadata:\n"
      "  name: \"httpbin-full-mtls\"\nspec:\n  host: httpbin.full.svc.cluster.local\n"
      "  trafficPolicy:\n    tls:\n      mode: ISTIO_MUTUAL\n");
  EXPECT_EQ(problems_of(parsed), "");
  EXPECT_TRUE(parsed.notes.empty());
  std::string refs;
  for (const auto& object : parsed.objects) refs += object.ref().to_string() + " ";
  EXPECT_EQ(refs,
            "MeshPolicy//default Policy/backyards-demo/default Policy/backyards-demo/bookings "
            "Policy/default/httpbin DestinationRule/default/httpbin-full-mtls ");
  EXPECT_EQ(std::get<model::LegacyPolicy>(parsed.objects[3].value).mode, MtlsMode::strict);
}

TEST(WalkThrough, APolicyWithoutPeersDisablesInTheNamespaceGiven) {
  Options options;
  options.namespace_name = "full";
  options.namespace_given = true;
  const auto policy = the_only<model::LegacyPolicy>(
      "apiVersion: \"authentication.istio.io/v1alpha1\"\nkind: \"Policy\"\nmetadata:\n"
      "  name: \"httpbin\"\nspec:\n  targets:\n  - name: httpbin\n",
      options);
  EXPECT_EQ(policy.meta.ref.to_string(), "Policy/full/httpbin");
  EXPECT_EQ(policy.mode, MtlsMode::disable);
}

}  // namespace
}  // namespace mortise::manifest
