// In real network namespaces: what the rules do to real connections.
#include "runtime/net/network.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// After netinet/in.h, which it would otherwise define differently.
#include <linux/netfilter_ipv4.h>

#include <array>
#include <csignal>

#include "base/clock.h"
#include "base/testing/figure.h"
#include "runtime/files.h"
#include "runtime/net/capture.h"
#include "runtime/net/netlink.h"
#include "runtime/net/netns.h"
#include "runtime/net/rules.h"
#include "runtime/process/procfs.h"
#include "runtime/process/spawn.h"
#include "runtime/testing.h"

namespace mortise::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

SocketAddress at(const std::string& text) { return *SocketAddress::parse(text); }

sockaddr_in to_kernel(const SocketAddress& address) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(address.port);
  result.sin_addr.s_addr = htonl(address.ip.v4_value());
  return result;
}

SocketAddress from_kernel(const sockaddr_in& address) {
  return {IpAddress::v4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
}

io::Descriptor socket_as(std::uint32_t uid) {
  ::setfsuid(uid);  // what `meta skuid` sees is the file's owner
  io::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::setfsuid(0);
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return socket;
}

struct Arrival {
  std::string peer;  // without port
  std::string original;
};

// Nothing within a moment that local networks never need: it went elsewhere.
std::optional<Arrival> arrival(const io::Descriptor& listener, int patience_ms = 2000) {
  pollfd question{.fd = listener.get(), .events = POLLIN, .revents = 0};
  if (::poll(&question, 1, patience_ms) != 1) return std::nullopt;
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  const io::Descriptor stream(::accept(listener.get(), reinterpret_cast<sockaddr*>(&peer), &size));
  sockaddr_in original{};
  size = sizeof original;
  if (::getsockopt(stream.get(), SOL_IP, SO_ORIGINAL_DST, &original, &size) != 0)
    return Arrival{from_kernel(peer).ip.to_string(), ""};
  return Arrival{from_kernel(peer).ip.to_string(), from_kernel(original).to_string()};
}

// Where the connection that arrives wanted to go; "nowhere" if none arrives.
std::string destination_at(const io::Descriptor& listener) {
  const auto arrived = arrival(listener);
  return arrived ? arrived->original : "nowhere";
}

class Namespaces : public testing::Test {
 protected:
  void SetUp() override {
    MORTISE_NEEDS_ROOT();
    ASSERT_TRUE(network_.open().has_value());
    for (const auto* const home : {&meshed_, &plain_}) {
      const auto made = network_.ensure(*home);
      ASSERT_TRUE(made.has_value()) << made.error().what();
    }
    apply(meshed_, capture_rules(Layout::address(0), kSidecarUid));
    apply(plain_, capture_rules(Layout::address(1), std::nullopt));
    auto sockets = network_.listen(meshed_);
    ASSERT_TRUE(sockets.has_value()) << sockets.error().what();
    sockets_ = *std::move(sockets);
  }
  void TearDown() override {
    if (::geteuid() != 0) return;
    sockets_ = {};
    for (const auto* const home : {&meshed_, &plain_})
      EXPECT_TRUE(network_.remove(*home).has_value());
    EXPECT_TRUE(remove_netns(layout_.switch_netns()).has_value());
    EXPECT_THAT(netns_names(layout_.netns_prefix()), IsEmpty());
    if (network_.makes_netns_mount()) release_netns_mount({});
  }

  void apply(const Home& home, const std::string& rules) {
    const auto applied = capture_.apply(home.netns, rules);
    ASSERT_TRUE(applied.has_value()) << applied.error().what();
  }
  // 0 or the errno of connect().
  int dial(const Home& home, std::uint32_t uid, const std::string& to,
           const std::string& from = {}) {
    const auto inside = Visit::enter(home.netns);
    EXPECT_TRUE(inside.has_value());
    connection_ = socket_as(uid);
    if (!from.empty()) {
      const auto source = to_kernel(at(from));
      EXPECT_EQ(
          ::bind(connection_.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source), 0);
    }
    const auto target = to_kernel(at(to));
    return ::connect(connection_.get(), reinterpret_cast<const sockaddr*>(&target),
                     sizeof target) == 0
               ? 0
               : errno;
  }
  io::Descriptor listen_in(const Home& home, const std::string& address) {
    const auto inside = Visit::enter(home.netns);
    EXPECT_TRUE(inside.has_value());
    auto listener = socket_as(0);
    const auto local = to_kernel(at(address));
    EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local), 0);
    EXPECT_EQ(::listen(listener.get(), 8), 0);
    return listener;
  }

  static constexpr std::uint32_t kSidecarUid = 100'000'000;
  static constexpr std::uint32_t kProgramUid = 100'000'001;
  const std::string meshed_address_ = "198.18.0.2";
  const std::string plain_address_ = "198.18.0.3";

  testing_::TemporaryDir dir_;
  Layout layout_ = *Layout::of(dir_.path());
  PrivateNetwork network_{layout_};
  NftCapture capture_;
  Home meshed_{layout_.workload_netns("full", "meshed"), 0};
  Home plain_{layout_.workload_netns("full", "plain"), 1};
  CaptureSockets sockets_;
  io::Descriptor connection_;
};

// A process of a home that has left it for a network of its own, of which it is root. Ends with
// this.
class Runaway {
 public:
  explicit Runaway(const Home& home) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const io::Descriptor left(ends[0]);
    io::Descriptor leaving(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) leave(home, leaving.get());
    leaving.reset();
    char word = 0;
    EXPECT_EQ(::read(left.get(), &word, 1), 1) << "no user namespaces here";
  }
  ~Runaway() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Runaway(const Runaway&) = delete;
  Runaway& operator=(const Runaway&) = delete;

  [[nodiscard]] ProcessId process() const { return {pid_, start_time_of(pid_).value_or(0)}; }

 private:
  [[noreturn]] static void leave(const Home& home, int leaving) {
    const auto inside = Visit::enter(home.netns);
    if (!inside || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) ::_exit(1);
    [[maybe_unused]] const auto said = ::write(leaving, "L", 1);
    for (;;) ::pause();
  }
  int pid_ = -1;
};

TEST_F(Namespaces, ANetworkThatAProgramMadeItselfNeverBecomesItsHome) {
  const Runaway runaway(plain_);
  struct stat before{};
  struct stat after{};
  ASSERT_EQ(::stat(netns_path(plain_.netns).c_str(), &before), 0);
  EXPECT_TRUE(network_.is_intact(plain_, runaway.process()));
  EXPECT_FALSE(network_.reclaim(plain_, runaway.process()).value_or(true));
  ASSERT_EQ(::stat(netns_path(plain_.netns).c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(Namespaces, AProgramsCallsMeetItsSidecarWithTheirDestination) {
  EXPECT_EQ(dial(meshed_, kProgramUid, "198.19.0.1:8000"), 0);
  const auto arrived = arrival(sockets_.outbound);
  ASSERT_TRUE(arrived.has_value());
  EXPECT_EQ(arrived->original, "198.19.0.1:8000");
}

TEST_F(Namespaces, TheSidecarsOwnCallsGoOutAsTheyAre) {
  const auto server = listen_in(plain_, "0.0.0.0:80");
  EXPECT_EQ(dial(meshed_, kSidecarUid, plain_address_ + ":80"), 0);
  const auto arrived = arrival(server);
  ASSERT_TRUE(arrived.has_value());
  EXPECT_EQ(arrived->peer, meshed_address_);
}

TEST_F(Namespaces, CallsFromOutsideMeetTheInboundSide) {
  EXPECT_EQ(dial(plain_, kProgramUid, meshed_address_ + ":80"), 0);
  const auto arrived = arrival(sockets_.inbound);
  ASSERT_TRUE(arrived.has_value());
  EXPECT_EQ(arrived->peer, plain_address_);
  EXPECT_EQ(arrived->original, meshed_address_ + ":80");
}

TEST_F(Namespaces, ACallToThePortOfTheInboundSideShowsItself) {
  EXPECT_EQ(dial(plain_, kProgramUid, meshed_address_ + ":15006"), 0);
  EXPECT_EQ(destination_at(sockets_.inbound), meshed_address_ + ":15006");  // S-43
}

TEST_F(Namespaces, NobodyOutsideReachesTheOutboundSide) {
  EXPECT_EQ(dial(plain_, kProgramUid, meshed_address_ + ":15001"), 0);
  EXPECT_EQ(destination_at(sockets_.inbound), meshed_address_ + ":15001");
  EXPECT_FALSE(arrival(sockets_.outbound, 50).has_value());
}

TEST_F(Namespaces, AServiceAddressLeadsOutOfMeshCallersToAnEndpoint) {
  const std::array routes = {ServiceRoute{at("198.19.0.1:8000"), {at(meshed_address_ + ":80")}}};
  apply(plain_, service_rules(routes));
  EXPECT_EQ(dial(plain_, kProgramUid, "198.19.0.1:8000"), 0);
  EXPECT_EQ(destination_at(sockets_.inbound), meshed_address_ + ":80");
}

TEST_F(Namespaces, AServiceAddressIsBalancedForTheSidecarItself) {
  const auto one = listen_in(plain_, "0.0.0.0:80");
  const auto two = listen_in(plain_, "0.0.0.0:81");
  const std::array routes = {ServiceRoute{
      at("198.19.0.1:8000"), {at(plain_address_ + ":80"), at(plain_address_ + ":81")}}};
  apply(meshed_, service_rules(routes));
  int first = 0;
  int second = 0;
  for (int i = 0; i < 32; ++i) {
    ASSERT_EQ(dial(meshed_, kSidecarUid, "198.19.0.1:8000"), 0);
    first += arrival(one, 0) ? 1 : 0;
    second += arrival(two, 0) ? 1 : 0;
  }
  EXPECT_EQ(first + second, 32);
  EXPECT_GT(first, 0);  // one in four thousand million runs goes all to one side
  EXPECT_GT(second, 0);
}

TEST_F(Namespaces, AServiceWithoutEndpointsRefusesAtOnce) {
  const std::array routes = {ServiceRoute{at("198.19.0.1:8000"), {}}};
  apply(plain_, service_rules(routes));
  EXPECT_EQ(dial(plain_, kProgramUid, "198.19.0.1:8000"), ECONNREFUSED);
}

TEST_F(Namespaces, RulesChangeWhileConnectionsLast) {
  const auto server = listen_in(plain_, "0.0.0.0:80");
  const std::array routes = {ServiceRoute{at("198.19.0.1:8000"), {at(plain_address_ + ":80")}}};
  apply(meshed_, service_rules(routes));
  ASSERT_EQ(dial(meshed_, kSidecarUid, "198.19.0.1:8000"), 0);
  const io::Descriptor stream(::accept(server.get(), nullptr, nullptr));
  apply(meshed_, service_rules({}));
  ASSERT_EQ(::send(connection_.get(), "x", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  pollfd question{.fd = stream.get(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&question, 1, 2000), 1);
  EXPECT_EQ(::recv(stream.get(), &byte, 1, 0), 1);
}

TEST_F(Namespaces, ACallBackToTheOwnServicePassesTheInboundSide) {
  const auto application = listen_in(meshed_, "0.0.0.0:80");
  EXPECT_EQ(dial(meshed_, kSidecarUid, meshed_address_ + ":80"), 0);  // J-23, J-24
  EXPECT_EQ(destination_at(sockets_.inbound), meshed_address_ + ":80");
  // The inbound side's own call reaches the application.
  EXPECT_EQ(dial(meshed_, kSidecarUid, meshed_address_ + ":80", "127.0.0.6:0"), 0);  // J-25
  const auto arrived = arrival(application);
  ASSERT_TRUE(arrived.has_value());
  EXPECT_EQ(arrived->peer, "127.0.0.6");
}

TEST_F(Namespaces, AProgramThatWritesInTwoPartsWaitsForNoDelayedAck) {
  const auto application = listen_in(meshed_, "0.0.0.0:80");
  ASSERT_EQ(dial(meshed_, kSidecarUid, meshed_address_ + ":80", "127.0.0.6:0"), 0);
  const io::Descriptor server(::accept(application.get(), nullptr, nullptr));
  const int client = connection_.get();
  const auto hear = [](int socket) {
    char byte = 0;
    pollfd question{.fd = socket, .events = POLLIN, .revents = 0};
    return ::poll(&question, 1, 2000) == 1 && ::recv(socket, &byte, 1, 0) == 1;
  };
  const SystemClock clock;
  const auto begin = clock.now();
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(::send(client, "q", 1, MSG_NOSIGNAL), 1);
    ASSERT_TRUE(hear(server.get()));
    ASSERT_EQ(::send(server.get(), "h", 1, MSG_NOSIGNAL), 1);
    // Held back until "h" is acknowledged.
    ASSERT_EQ(::send(server.get(), "b", 1, MSG_NOSIGNAL), 1);
    ASSERT_TRUE(hear(client));
    ASSERT_TRUE(hear(client));
  }
  // Delayed, most of these would take 40 ms each.
  figure("40 answers to small writes", clock.now() - begin, std::chrono::milliseconds(100));
}

TEST_F(Namespaces, CallsToLocalhostBypassTheSidecar) {
  const auto application = listen_in(meshed_, "127.0.0.1:80");
  EXPECT_EQ(dial(meshed_, kProgramUid, "127.0.0.1:80"), 0);
  EXPECT_TRUE(arrival(application).has_value());
}

TEST_F(Namespaces, ThereIsNoWayOut) {
  EXPECT_NE(dial(plain_, kProgramUid, "192.0.2.1:80"), 0);
  EXPECT_NE(dial(meshed_, kSidecarUid, "192.0.2.1:80"), 0);
}

TEST_F(Namespaces, EverythingMayBeDoneTwice) {
  EXPECT_TRUE(network_.open().has_value());
  for (const auto* const home : {&meshed_, &plain_}) {
    const auto again = network_.ensure(*home);
    EXPECT_TRUE(again.has_value()) << again.error().what();
  }
  EXPECT_EQ(dial(plain_, kProgramUid, meshed_address_ + ":80"), 0);
  EXPECT_TRUE(arrival(sockets_.inbound).has_value());
}

TEST_F(Namespaces, WhatACrashLeftHalfMadeIsCompleted) {
  // The name without its namespace, and a cable end whose other end's owner is gone.
  const Home third{layout_.workload_netns("full", "third"), 2};
  ASSERT_TRUE(replace_file(netns_path(third.netns), "", 0600).has_value());
  const auto made = network_.ensure(third);
  EXPECT_TRUE(made.has_value()) << made.error().what();
  EXPECT_EQ(dial(third, kProgramUid, meshed_address_ + ":80"), 0);
  EXPECT_TRUE(network_.remove(third).has_value());
}

TEST_F(Namespaces, AnAddressWorksAtOnceForItsNextOwner) {
  const auto server = listen_in(plain_, "0.0.0.0:80");
  EXPECT_EQ(dial(meshed_, kSidecarUid, plain_address_ + ":80"), 0);  // fills the neighbour cache
  ASSERT_TRUE(network_.remove(plain_).has_value());
  plain_.netns += "-next";
  ASSERT_TRUE(network_.ensure(plain_).has_value());
  const auto next = listen_in(plain_, "0.0.0.0:80");
  EXPECT_EQ(dial(meshed_, kSidecarUid, plain_address_ + ":80"), 0);
  EXPECT_TRUE(arrival(next).has_value());
}

TEST_F(Namespaces, ListeningPortsAreThoseOfTheNamespace) {
  const auto server = listen_in(plain_, "0.0.0.0:80");
  const auto own = listen_in(plain_, "127.0.0.1:81");
  const auto later = listen_in(plain_, plain_address_ + ":82");
  EXPECT_THAT(*network_.listening_ports(plain_), ElementsAre(80, 82));
  EXPECT_THAT(*network_.listening_ports(meshed_), ElementsAre(kInboundPort));
}

TEST_F(Namespaces, TheHostSeesNoLinkOfTheMesh) {
  EXPECT_EQ(Netlink::index_of("mesh0"), std::nullopt);
  EXPECT_EQ(Netlink::index_of("p0"), std::nullopt);
}

TEST_F(Namespaces, AProgramRunsWithoutPrivilegesInAPlaceOfItsOwn) {
  const auto hosts = dir_.path() + "/hosts";
  const auto log = dir_.path() + "/log";
  ASSERT_TRUE(replace_file(hosts, "198.19.0.1 httpbin\n", 0644).has_value());
  Launch launch{.program = "/bin/sh",
                .argv = {"sh", "-c",
                         "id -u; id -G; hostname; cat /etc/hosts; ls " + dir_.path() +
                             " 2>&1 | wc -l; grep -E '^(Cap(Prm|Bnd|Eff)|NoNewPrivs)' "
                             "/proc/self/status; cat /proc/net/dev | grep -c eth0"},
                .env = {{"PATH", "/usr/bin:/bin"}},
                .sandbox = Sandbox{.netns = plain_.netns,
                                   .host_name = "pod-1",
                                   .uid = kProgramUid,
                                   .as_root = false,
                                   .shares_uid = false,
                                   .working_dir = {},
                                   .hidden = dir_.path(),
                                   .binds = {{hosts, "/etc/hosts"}}},
                .descriptors = {},
                .log_file = log};
  const auto process = spawn(launch, [](const ProcessId&) { return Result<void>(); });
  ASSERT_TRUE(process.has_value()) << process.error().what();
  ::waitpid(process->pid, nullptr, 0);
  const auto text = *read_file(log);
  EXPECT_THAT(text, HasSubstr("100000001\n100000001\npod-1\n198.19.0.1 httpbin\n"));
  EXPECT_THAT(text, HasSubstr("CapPrm:\t0000000000000000"));
  EXPECT_THAT(text, HasSubstr("CapBnd:\t0000000000000000"));
  EXPECT_THAT(text, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(text, HasSubstr("\n1\nCapPrm"));  // one line: "Permission denied"
  EXPECT_TRUE(text.ends_with("1\n"));
  EXPECT_THAT(*read_file("/etc/hosts"), Not(HasSubstr("198.19.0.1 httpbin")));
}

TEST_F(Namespaces, RootInsideIsNobodyOutside) {
  const auto log = dir_.path() + "/log";
  Launch launch{.program = "/bin/sh",
                .argv = {"sh", "-c",
                         "id -u; id -g; cat /proc/self/[ug]id_map | tr -s ' '; "
                         "grep -E 'Cap(Bnd|Eff)' /proc/self/status; "
                         "cat /etc/shadow 2>&1; echo more >> /dev/stdout"},
                .env = {{"PATH", "/usr/bin:/bin"}},
                .sandbox = Sandbox{.netns = plain_.netns,
                                   .host_name = "pod-1",
                                   .uid = kProgramUid,
                                   .as_root = true,
                                   .shares_uid = false,
                                   .working_dir = {},
                                   .hidden = {},
                                   .binds = {}},
                .descriptors = {},
                .log_file = log};
  const auto process = spawn(launch, [](const ProcessId&) { return Result<void>(); });
  ASSERT_TRUE(process.has_value()) << process.error().what();
  ::waitpid(process->pid, nullptr, 0);
  EXPECT_EQ(*read_file(log),
            "0\n0\n 0 100000001 1\n 0 100000001 1\n"
            "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"
            "cat: /etc/shadow: Permission denied\nmore\n");
}

}  // namespace
}  // namespace mortise::runtime
