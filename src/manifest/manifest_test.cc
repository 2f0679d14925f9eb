#include "manifest/manifest.h"

#include <gmock/gmock.h>

#include "manifest/kinds.h"
#include "manifest/testing.h"

namespace mortise::manifest {
namespace {

using ::testing::HasSubstr;
using testing::parse_text;
using testing::problems_of;
using testing::the_only;

const std::string kAccount = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n";

TEST(Problems, OfAllDocumentsAndFilesAreFoundAtOnceInTheirOrder) {
  const std::vector<File> files = {
      {"one.yaml",
       "apiVersion: v1\nkind: Sevice\nmetadata: {name: s}\n---\n" + kAccount +
           "---\napiVersion: v1\nkind: Service\nmetdata: {}\nspec:\n  port: []\n  type: X\n"},
      {"two.yaml", "just text\n"}};
  const auto parsed = parse(files);
  EXPECT_EQ(problems_of(parsed),
            "one.yaml:2: kind: unknown kind \"Sevice\"; did you mean Service?\n"
            "one.yaml:9: metadata is missing\n"
            "one.yaml:11: metdata: unknown field \"metdata\"; did you mean metadata?\n"
            "one.yaml:12: spec.ports: a Service needs a port\n"
            "one.yaml:13: spec.port: unknown field \"port\"; did you mean ports?\n"
            "one.yaml:14: spec.type: \"X\" is not one of ClusterIP, NodePort, LoadBalancer, "
            "ExternalName\n"
            "two.yaml:1: must be a map, not text\n");
  EXPECT_EQ(parsed.objects.size(), 1U) << "the one without a problem";
}

TEST(Problems, NameTheObject) {
  const auto parsed = parse_text(
      "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a, namespace: "
      "b}\nspec: {mode: STRICT}\n");
  ASSERT_EQ(parsed.problems.size(), 1U);
  EXPECT_EQ(parsed.problems[0].object, "PeerAuthentication/b/a");
}

TEST(Problems, AreCountedPastAHundred) {
  std::string text = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n";
  for (int i = 0; i < 500; ++i) text += "x" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(parse_text(text).problems.size(), 100U);
  std::string many;
  for (int i = 0; i < 150; ++i) many += "---\nkind: X\n";
  const auto parsed = parse_text(many);
  EXPECT_EQ(parsed.problems.size(), 101U);
  EXPECT_EQ(parsed.problems.back().message, "50 more problems are not shown");
}

TEST(Problems, SayWhichApiVersionAKindHas) {
  EXPECT_EQ(problems_of("apiVersion: \"\"\nkind: Policy\nmetadata: {name: a}\n"),
            "a.yaml:1: apiVersion: a Policy has apiVersion authentication.istio.io/v1alpha1, not "
            "\"\"\n");
  EXPECT_THAT(problems_of("kind: ServiceEntry\napiVersion: networking.istio.io/v1alpha3\n"),
              HasSubstr("ServiceEntry is not understood yet"));
  EXPECT_EQ(problems_of("a: 1\n"), "a.yaml:1: kind is missing: this is not an object\n");
}

TEST(Namespaces, AreFilledInForObjectsThatNameNone) {
  Options options;
  options.namespace_name = "full";
  EXPECT_EQ(the_only<model::ServiceAccount>(kAccount, options).meta.ref.namespace_name, "full");
  EXPECT_EQ(the_only<model::ServiceAccount>(kAccount).meta.ref.namespace_name, "default");
}

TEST(Namespaces, GivenByThePersonMustAgreeWithTheObjects) {
  const std::string text =
      "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: x}\n";
  Options options;
  options.namespace_name = "full";
  EXPECT_EQ(problems_of(parse_text(text, options)), "") << "only a default";
  options.namespace_given = true;
  EXPECT_EQ(
      problems_of(parse_text(text, options)),
      "a.yaml:3: metadata.namespace: the object says \"x\", the command says -n full: they must "
      "agree\n");
}

TEST(Namespaces, AreNotForClusterScopedKinds) {
  EXPECT_THAT(
      problems_of("apiVersion: authentication.istio.io/v1alpha1\nkind: MeshPolicy\nmetadata: "
                  "{name: default, namespace: x}\n"),
      HasSubstr("is in no namespace"));
}

TEST(Names, CannotLeaveTheirDirectory) {
  for (const char* bad : {"../x", "a/b", "A", "", ".", "a_b"}) {
    EXPECT_NE(problems_of(std::string("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: \"") +
                          bad + "\"}\n"),
              "")
        << bad;
    EXPECT_NE(problems_of(std::string("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, "
                                      "namespace: \"") +
                          bad + "x/\"}\n"),
              "")
        << bad;
  }
}

TEST(Objects, MayBeInAList) {
  const auto parsed = parse_text(
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata: "
      "{name: a}\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata: {nam: b}\n");
  EXPECT_EQ(parsed.objects.size(), 1U);
  EXPECT_EQ(problems_of(parsed),
            "a.yaml:9: items[1].metadata: name is missing\n"
            "a.yaml:9: items[1].metadata.nam: unknown field \"nam\"; did you mean name?\n");
}

TEST(Objects, MayBeWrittenOnce) {
  EXPECT_EQ(problems_of(kAccount + "---\n" + kAccount),
            "a.yaml:5: metadata.name: ServiceAccount/default/a is there already, in a.yaml:1\n");
}

TEST(Objects, RememberWhenAndWhereTheyWereWritten) {
  const auto parsed = parse_text(kAccount +
                                 "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: b\n"
                                 "  creationTimestamp: \"2020-02-14T09:30:00Z\"\n");
  ASSERT_EQ(problems_of(parsed), "");
  EXPECT_EQ(parsed.objects[0].meta().created_seconds, 0);
  EXPECT_EQ(parsed.objects[0].meta().created_order, 1U);
  EXPECT_EQ(parsed.objects[1].meta().created_seconds, 1'581'672'600);
  EXPECT_EQ(parsed.objects[1].meta().created_order, 2U);
  EXPECT_EQ(parsed.objects[1].meta().origin, (model::Origin{"a.yaml", 5}));
}

TEST(Objects, LocateTheirFields) {
  const auto parsed = parse_text(
      "apiVersion: networking.istio.io/v1alpha3\nkind: DestinationRule\nmetadata:\n  name: "
      "r\nspec:\n"
      "  host: x\n  subsets:\n  - name: v1\n  - name: v2\n");
  ASSERT_EQ(problems_of(parsed), "");
  const auto& object = parsed.objects[0];
  EXPECT_EQ(locate(object, "spec.subsets[1].name", "wrong").to_string(),
            "a.yaml:9: spec.subsets[1].name: wrong");
  EXPECT_EQ(locate(object, "spec.subsets[1].labels[x].y", "").line, 9) << "of what is around it";
  EXPECT_EQ(locate(object, "spec.nothing", "").line, 5);
}

TEST(Content, IsTheSameForTheSameObject) {
  const auto yaml = parse_text(
      "kind: ServiceAccount\nmetadata:\n  uid: abc\n  name: a\n  creationTimestamp: null\n"
      "  resourceVersion: \"7\"\nstatus: {}\napiVersion: v1\n");
  const auto json = parse_text(R"({"apiVersion":"v1","kind":"ServiceAccount",)"
                               R"("metadata":{"namespace":"default","name":"a"}})");
  ASSERT_EQ(problems_of(yaml) + problems_of(json), "");
  EXPECT_EQ(yaml.objects[0].content, json.objects[0].content);
  EXPECT_EQ(json.objects[0].content, R"({"apiVersion":"v1","kind":"ServiceAccount",)"
                                     R"("metadata":{"name":"a","namespace":"default"}})");
}

TEST(Content, IsRestoredToTheSameValue) {
  const auto parsed = parse_text(
      "apiVersion: authentication.istio.io/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n"
      "  targets: [{name: a, ports: [{number: 1}]}]\n  peers: [{mtls: }]\n");
  ASSERT_EQ(problems_of(parsed), "");
  auto restored = restore(parsed.objects[0].content);
  ASSERT_TRUE(restored) << restored.error().what();
  restored->meta() = parsed.objects[0].meta();
  EXPECT_EQ(restored->value, parsed.objects[0].value);
  EXPECT_EQ(restored->content, parsed.objects[0].content);
  EXPECT_FALSE(restore("{}"));
  EXPECT_FALSE(restore("not json"));
}

TEST(MakeObject, WritesWhatItsValueSays) {
  model::LegacyPolicy policy;
  policy.meta.ref = {"Policy", "demo", "bookings-x7k2p"};
  policy.targets = {{"bookings", {std::uint16_t{8080}, "http"}}};
  policy.mode = model::MtlsMode::permissive;
  model::PeerAuthentication peer;
  peer.meta.ref = {"PeerAuthentication", "demo", "p"};
  peer.meta.created_seconds = 5;
  peer.selector = {{"app", "a"}};
  peer.mode = model::MtlsMode::strict;
  peer.port_modes = {{80, std::nullopt}, {81, model::MtlsMode::disable}};
  MeshConfig config;
  config.meta.ref = {"MeshConfig", "", "default"};
  config.settings.auto_mtls = false;
  model::Namespace ns;
  ns.meta.ref = {"Namespace", "", "full"};
  ns.meta.labels = {{"istio-injection", "enabled"}};
  for (const Value& value : std::vector<Value>{policy, peer, config, ns}) {
    const auto object = make_object(value);
    ASSERT_TRUE(object) << object.error().what();
    EXPECT_EQ(object->value, value) << object->content;
  }
  EXPECT_FALSE(make_object(model::Pod{}));
}

TEST(WithMode, ChangesTheModeAndNothingElse) {
  const auto parsed = parse_text(
      "apiVersion: authentication.istio.io/v1alpha1\nkind: Policy\nmetadata: {name: p, labels: {a: "
      "b}}\nspec:\n  targets: [{name: a}]\n  peers: [{jwt: {issuer: x}}, {mtls: {}}]\n");
  ASSERT_EQ(problems_of(parsed), "");
  using model::MtlsMode;
  for (const auto mode : {MtlsMode::disable, MtlsMode::permissive, MtlsMode::strict}) {
    const auto changed = with_mode(parsed.objects[0], mode);
    ASSERT_TRUE(changed);
    auto expected = std::get<model::LegacyPolicy>(parsed.objects[0].value);
    expected.mode = mode;
    EXPECT_EQ(std::get<model::LegacyPolicy>(changed->value), expected);
    EXPECT_THAT(changed->content, HasSubstr("issuer"));
  }
}

TEST(Rendering, IsBlockYamlAsKubectlPrintsIt) {
  auto object = restore(
      R"({"apiVersion":"authentication.istio.io/v1alpha1","kind":"MeshPolicy",)"
      R"("metadata":{"name":"default"},"spec":{"peers":[{"mtls":{"mode":"PERMISSIVE"}}]}})");
  ASSERT_TRUE(object);
  object->meta().created_seconds = 1'581'672'600;
  const auto list = R"({"apiVersion":"v1","kind":"List","items":[)" + to_json(*object) + "]}";
  EXPECT_EQ(yaml_from_json(list),
            "apiVersion: v1\nitems:\n- apiVersion: authentication.istio.io/v1alpha1\n"
            "  kind: MeshPolicy\n  metadata:\n    creationTimestamp: \"2020-02-14T09:30:00Z\"\n"
            "    name: default\n  spec:\n    peers:\n    - mtls:\n        mode: PERMISSIVE\n"
            "kind: List\n");
}

TEST(Rendering, IsReadBackAsTheSameValues) {
  const std::string json =
      R"({"a":["","x: y","# no","true","Yes","y","1","0x1f","1e3","-","- a","null",)"
      R"("~","a #b","2020-01-01",)"
      R"("line\nbreak","tab\t",)"
      R"("caf\u00e9","*","&a","!x","%","@","`","'","\"q\"",)"
      R"("a:","::1","{}","[]","0o7",".5","=","<<","10.0.0.1","v1",)"
      R"(":","?","|",">","=x"," lead","trail ","\u0001","\u0085","\u2028"],)"
      R"("b":{"c":[],"d":{},"e":null,"f":true,"g":1,"h":-1.5},)"
      R"("k y: z":[[1,[2]],{"a":{"b":[{"c":1}]}}],"1":"x","":"y"})";
  const auto yaml = yaml_from_json(json);
  ASSERT_TRUE(yaml);
  const auto wrapped = [](const std::string& inner) {
    return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: "
           "i}]\n  volumes:\n  - " +
           inner;
  };
  std::string indented;
  for (const char c : *yaml) indented += c == '\n' ? std::string("\n    ") : std::string(1, c);
  const auto from_yaml = parse_text(wrapped(indented));
  const auto from_json = parse_text(wrapped(json));
  ASSERT_EQ(problems_of(from_yaml), "") << *yaml;
  ASSERT_EQ(problems_of(from_json), "");
  EXPECT_EQ(from_yaml.objects[0].content, from_json.objects[0].content);
}

TEST(Rendering, IndentsJsonByFour) {
  EXPECT_EQ(indented_json(R"({"b":1,"a":[2]})"),
            "{\n    \"a\": [\n        2\n    ],\n    \"b\": 1\n}\n");
  EXPECT_FALSE(indented_json("{"));
  EXPECT_FALSE(yaml_from_json(std::string(100, '[') + std::string(100, ']')));
}

TEST(Timestamp, IsRfc3339) {
  EXPECT_EQ(timestamp(1'581'672'600), "2020-02-14T09:30:00Z");
  EXPECT_EQ(timestamp(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(parse_timestamp("2020-02-14T10:30:00.25+01:00"), 1'581'672'600);
  EXPECT_EQ(parse_timestamp("1969-12-31T23:59:59Z"), -1);
  for (const char* bad :
       {"", "2020", "2020-02-30T00:00:00Z", "2020-02-14T09:30:00", "2020-02-14",
        "2020-02-14T24:00:00Z", "2020-02-14T09:30:00.Z", "2020-02-14T09:30:00+1"}) {
    EXPECT_FALSE(parse_timestamp(bad)) << bad;
  }
}

TEST(Limits, HoldForAllFilesTogether) {
  Options options;
  options.limits.bytes = 100;
  const std::vector<File> files = {{"a", kAccount}, {"b", kAccount}};
  EXPECT_THAT(problems_of(parse(files, options)), HasSubstr("more than 100 bytes"));
}

TEST(ResolveKind, UnderstandsEveryWayToNameAKind) {
  const auto resolved = [](std::string_view text) {
    const auto kind = resolve_kind(text);
    return kind ? std::string((*kind)->name) : kind.error().what();
  };
  for (const char* name : {"policies.authentication.istio.io", "policy", "Policies", "POLICY",
                           "policies.v1alpha1.authentication.istio.io"}) {
    EXPECT_EQ(resolved(name), "Policy") << name;
  }
  EXPECT_EQ(resolved("meshpolicies"), "MeshPolicy");
  EXPECT_EQ(resolved("po"), "Pod");
  EXPECT_EQ(resolved("pods"), "Pod");
  EXPECT_EQ(resolved("svc"), "Service");
  EXPECT_EQ(resolved("ns"), "Namespace");
  EXPECT_EQ(resolved("sa"), "ServiceAccount");
  EXPECT_EQ(resolved("deploy"), "Deployment");
  EXPECT_EQ(resolved("deployments.apps"), "Deployment");
  EXPECT_EQ(resolved("deployment.v1.apps"), "Deployment");
  EXPECT_EQ(resolved("dr"), "DestinationRule");
  EXPECT_EQ(resolved("destinationrules.networking.istio.io"), "DestinationRule");
  EXPECT_EQ(resolved("pa"), "PeerAuthentication");
  EXPECT_EQ(resolved("job"), "Job");
  EXPECT_EQ(resolved("MeshConfig"), "MeshConfig");
}

TEST(ResolveKind, SaysWhatWasProbablyMeant) {
  const auto sentence = [](std::string_view text) { return resolve_kind(text).error().what(); };
  EXPECT_EQ(sentence("deployment.extension"),
            "unknown kind \"deployment.extension\"; did you mean deployments.apps?");
  EXPECT_EQ(sentence("servcies"), "unknown kind \"servcies\"; did you mean services?");
  EXPECT_THAT(sentence("gateway"), HasSubstr("known are namespaces, serviceaccounts"));
}

}  // namespace
}  // namespace mortise::manifest
