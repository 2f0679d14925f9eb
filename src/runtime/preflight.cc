// What a mesh needs from this machine, tried for real in namespaces that vanish with the attempt.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "runtime/attempt.h"
#include "runtime/data_dir.h"
#include "runtime/layout.h"
#include "runtime/net/capture.h"
#include "runtime/net/netlink.h"
#include "runtime/net/rules.h"
#include "runtime/rootless.h"
#include "runtime/runtime.h"

namespace mortise::runtime {

namespace {

// More than spawn() uses, and some for each workload.
constexpr rlim_t kFewestDescriptors = 256;

Result<void> try_namespaces() {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC) != 0)
    return fail_errno("unshare");
  return {};
}

Result<void> try_links() {
  CHECK_OK(try_namespaces());
  TRY(auto netlink, Netlink::open());
  CHECK_OK(netlink.add_bridge("mesh0"));
  const int own = ::getpid();
  const io::Descriptor netns(static_cast<int>(::syscall(SYS_pidfd_open, own, 0)));
  if (!netns.valid()) return fail_errno("pidfd_open");
  return {};
}

Result<void> try_rules() {
  CHECK_OK(try_namespaces());
  const auto address = Layout::address(0);
  const std::array routes = {
      ServiceRoute{.address = {address, 80}, .endpoints = {{address, 80}, {address, 81}}}};
  CHECK_OK(NftCapture::try_here(capture_rules(address, 1)));
  return NftCapture::try_here(service_rules(routes));
}

Requirement look_at_binary(const std::string& path) {
  const bool there = ::access(path.c_str(), X_OK) == 0;
  return {.name = std::filesystem::path(path).filename().string(),
          .met = there,
          .problem = there ? "" : path + " is missing",
          .remedy = "build or install it beside mortise"};
}

Requirement look_at_data_dir(const std::string& data_dir) {
  const auto checked = check_data_dir(data_dir);
  return {.name = "data directory",
          .met = checked.has_value(),
          .problem = checked ? "" : checked.error().what(),
          .remedy = "choose another one with --data-dir"};
}

Requirement look_at_ids(const std::string& data_dir) {
  const auto layout = Layout::of(data_dir);
  const auto enough = layout ? layout->check_ids() : Result<void>();  // else the next one says it
  return {.name = "user ids",
          .met = enough.has_value(),
          .problem = enough ? "" : enough.error().what(),
          .remedy = "map more of them into it, with newuidmap of the package uidmap, or leave it"};
}

// The descriptors that a supervisor needs for itself and for those it passes on.
Requirement look_at_descriptors() {
  rlimit limit{};
  const bool enough =
      ::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kFewestDescriptors;
  return {.name = "descriptors",
          .met = enough,
          .problem = enough ? ""
                            : fmt::format("a process may have {} descriptors here, and {} is the "
                                          "least",
                                          limit.rlim_cur, kFewestDescriptors),
          .remedy = "a higher ulimit -n, or LimitNOFILE= of a systemd unit"};
}

Requirement look_at_hosts() {
  const bool there = ::access("/etc/hosts", R_OK) == 0;
  return {.name = "/etc/hosts",
          .met = there,
          .problem = there ? "" : "there is no /etc/hosts for workloads' names to cover",
          .remedy = "touch /etc/hosts"};
}

}  // namespace

std::vector<Requirement> requirements(const Options& options) {
  std::vector<Requirement> list;
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    list.push_back(look_at_ids(options.data_dir));
  } else {
    list = rootless_requirements();  // who starts a mesh is root by now, in one way or the other
  }
  list.push_back(look_at_data_dir(options.data_dir));
  list.push_back(look_at_binary(options.binaries.mortise));
  list.push_back(look_at_binary(options.binaries.proxy));
  list.push_back(look_at_hosts());
  list.push_back(look_at_descriptors());
  if (!is_root) return list;  // the attempts would only repeat that
  list.push_back(attempt("namespaces", try_namespaces,
                         "use a kernel with network, mount, UTS and IPC namespaces; inside a "
                         "container, run it privileged"));
  list.push_back(attempt("bridge and pidfd", try_links,
                         "load the kernel modules: modprobe -a bridge veth; Linux 5.6 or newer",
                         "this process lacks the right CAP_NET_ADMIN: start it with all rights of "
                         "root; inside a container, run it privileged"));
  list.push_back(attempt("nftables", try_rules,
                         "load the kernel modules: modprobe -a nf_tables nft_chain_nat nft_redir "
                         "nft_numgen nft_reject_ipv4; inside a container, allow netlink and "
                         "CAP_NET_ADMIN"));
  return list;
}

Result<void> preflight(const Options& options) {
  for (const auto& requirement : requirements(options))
    if (!requirement.met)
      return fail(Code::unavailable, requirement.problem + "; remedy: " + requirement.remedy);
  return {};
}

}  // namespace mortise::runtime
