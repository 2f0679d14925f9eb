// What a new mode means for connections that are already there (invariant 1).
#include <gmock/gmock.h>

#include "proxy/testing/sim_mesh.h"

namespace mortise::proxy {
namespace {

using model::MtlsMode;
using model::Protocol;
using testing::Application;
using ::testing::HasSubstr;
using testing::SimMesh;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr std::string_view kPort = "198.18.0.3:80";
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: httpbin\r\n\r\n";

// A server with a sidecar, a caller with one and a caller without.
struct Mesh : SimMesh {
  Mesh(Protocol protocol, Application::Kind kind) {
    add_service("httpbin", "198.19.0.1", protocol, {"full/httpbin"});
    application = &run_application(httpbin, kind);
    start();
  }
  std::string says(io::Stream& stream, std::string_view words, Duration wait = 1s) {
    EXPECT_TRUE(stream.try_write(words));
    return heard_after(stream, wait);
  }

  model::Workload& sleep = add_workload("sleep", "198.18.0.2", true);
  model::Workload& httpbin = add_workload("httpbin", "198.18.0.3", true);
  model::Workload& legacy = add_workload("legacy-sleep", "198.18.0.4", false);
  Application* application = nullptr;
};

struct Silence {
  Protocol protocol;
  MtlsMode before;
};
constexpr Silence kSilences[] = {
    {Protocol::http, MtlsMode::permissive},      {Protocol::http, MtlsMode::disable},
    {Protocol::grpc, MtlsMode::permissive},      {Protocol::grpc, MtlsMode::disable},
    {Protocol::tcp, MtlsMode::permissive},       {Protocol::tcp, MtlsMode::disable},
    {Protocol::automatic, MtlsMode::permissive}, {Protocol::automatic, MtlsMode::disable},
};

TEST(PolicyChangeSim, ASilentPeerIsJudgedByTheModeInForceWhenItSpeaks) {
  for (const auto& [protocol, before] : kSilences) {
    SCOPED_TRACE(std::string(to_string(protocol)) + " " + std::string(to_string(before)));
    Mesh mesh(protocol, Application::echo);
    mesh.set_mesh_mode(before);
    const auto stream = mesh.connect(mesh.legacy, kPort);
    EXPECT_EQ(mesh.heard_after(*stream, 5s), "");
    mesh.set_mesh_mode(MtlsMode::strict);
    EXPECT_EQ(mesh.says(*stream, kGet), "RESET");
    EXPECT_EQ(mesh.application->bytes, "");
  }
}

TEST(PolicyChangeSim, APeerThatStaysSilentIsResetSoonAfterItsPortBecameStrict) {
  for (const auto& [protocol, before] : kSilences) {
    SCOPED_TRACE(std::string(to_string(protocol)) + " " + std::string(to_string(before)));
    Mesh mesh(protocol, Application::echo);
    mesh.set_mesh_mode(before);
    const auto stream = mesh.connect(mesh.legacy, kPort);
    EXPECT_EQ(mesh.heard_after(*stream, 5s), "");
    mesh.set_mesh_mode(MtlsMode::strict);
    EXPECT_EQ(mesh.heard_after(*stream, mesh.limits.handshake + 1s), "RESET");
  }
}

TEST(PolicyChangeSim, ASilentPeerOfAStrictPortMayBePlainOnceThePortIsPermissive) {
  Mesh mesh(Protocol::tcp, Application::echo);
  mesh.set_mesh_mode(MtlsMode::strict);
  const auto stream = mesh.connect(mesh.legacy, kPort);
  EXPECT_EQ(mesh.heard_after(*stream, mesh.limits.handshake - 1s), "");
  mesh.set_mesh_mode(MtlsMode::permissive);
  EXPECT_EQ(mesh.heard_after(*stream, 5s), "");
  EXPECT_EQ(mesh.says(*stream, "hello"), "hello");
}

TEST(PolicyChangeSim, APlainConversationEndsOneDrainAfterItsPortBecameStrict) {
  for (const auto before : {MtlsMode::permissive, MtlsMode::disable}) {
    for (const auto protocol : {Protocol::tcp, Protocol::automatic, Protocol::grpc}) {
      SCOPED_TRACE(std::string(to_string(protocol)) + " " + std::string(to_string(before)));
      Mesh mesh(protocol, Application::echo);
      mesh.set_mesh_mode(before);
      const auto stream = mesh.connect(mesh.legacy, kPort);
      EXPECT_EQ(mesh.says(*stream, "one\n"), "one\n");
      mesh.set_mesh_mode(MtlsMode::strict);
      EXPECT_EQ(mesh.says(*stream, "two\n", mesh.limits.drain - 1s), "two\n");
      EXPECT_EQ(mesh.heard_after(*stream, 2s), "RESET");
    }
  }
}

TEST(PolicyChangeSim, AModeTakenBackInTimeSparesThePlainConversation) {
  Mesh mesh(Protocol::tcp, Application::echo);
  const auto stream = mesh.connect(mesh.legacy, kPort);
  EXPECT_EQ(mesh.says(*stream, "one"), "one");
  mesh.set_mesh_mode(MtlsMode::strict);
  mesh.loop.run_for(mesh.limits.drain - 1s);
  mesh.set_mesh_mode(MtlsMode::permissive);
  EXPECT_EQ(mesh.says(*stream, "two", mesh.limits.drain), "two");
}

TEST(PolicyChangeSim, ADrainIsNotProlongedByChangesThatLeaveThePortStrict) {
  Mesh mesh(Protocol::tcp, Application::echo);
  const auto stream = mesh.connect(mesh.legacy, kPort);
  EXPECT_EQ(mesh.says(*stream, "one"), "one");
  mesh.set_mesh_mode(MtlsMode::strict);
  for (int change = 0; change < 3; ++change) {
    EXPECT_EQ(mesh.heard_after(*stream, mesh.limits.drain / 4), "");
    mesh.apply();
  }
  EXPECT_EQ(mesh.heard_after(*stream, mesh.limits.drain / 4 + 1s), "RESET");
}

TEST(PolicyChangeSim, AVerifiedPeerIsNotDisturbedByAnyMode) {
  Mesh mesh(Protocol::tcp, Application::echo);
  const auto stream = mesh.connect(mesh.sleep, "198.19.0.1:8000");
  EXPECT_EQ(mesh.says(*stream, "one"), "one");
  for (const auto mode : {MtlsMode::strict, MtlsMode::disable, MtlsMode::permissive}) {
    mesh.set_mesh_mode(mode);
    EXPECT_EQ(mesh.says(*stream, "two", mesh.limits.drain + 1s), "two");
  }
}

}  // namespace
}  // namespace mortise::proxy
