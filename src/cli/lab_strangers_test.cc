#include "cli/lab_strangers.h"

#include <gtest/gtest.h>

namespace mortise::cli {
namespace {

using Names = std::vector<std::string>;

client::Object object(const std::string& kind, const std::string& where, const std::string& name,
                      const std::string& json = "{}") {
  return {{kind, where, name}, "v1", "", json};
}

client::Object mesh_policy(const std::string& mtls) {
  return object("MeshPolicy", "", "default",
                R"({"apiVersion":"authentication.istio.io/v1alpha1","kind":"MeshPolicy",)"
                R"("metadata":{"name":"default"},"spec":{"peers":[{"mtls":)" +
                    mtls + "}]}}");
}

TEST(LabStrangers, AFreshMeshAndAnInterruptedLabAreTheLabs) {
  EXPECT_EQ(
      strangers_to_lab({mesh_policy(R"({"mode":"PERMISSIVE"})"), object("Namespace", "", "default"),
                        object("Namespace", "", "full"), object("Deployment", "partial", "httpbin"),
                        object("Policy", "full", "httpbin"),
                        object("DestinationRule", "full", "httpbin-full-mtls")}),
      Names{});
}

TEST(LabStrangers, AStrictMeshIsSomebodyElses) {
  EXPECT_EQ(strangers_to_lab({mesh_policy("{}")}), Names{"MeshPolicy//default with mode STRICT"});
}

TEST(LabStrangers, ObjectsElsewhereAndOtherRulesAreNamed) {
  EXPECT_EQ(
      strangers_to_lab({object("Namespace", "", "shop"), object("Service", "default", "web"),
                        object("Policy", "legacy", "httpbin"), object("MeshConfig", "", "default"),
                        object("PeerAuthentication", "full", "default")}),
      (Names{"Namespace//shop", "Service/default/web", "Policy/legacy/httpbin",
             "MeshConfig//default", "PeerAuthentication/full/default"}));
}

}  // namespace
}  // namespace mortise::cli
