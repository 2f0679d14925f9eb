#include "runtime/net/listeners.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "io/descriptor.h"
#include "runtime/files.h"
#include "runtime/process/listening.h"

namespace mortise::runtime {

namespace {

constexpr std::uint32_t kV4Mapped = 0xffff;
// TCP_LISTEN as a mask; the headers that name it do not go together.
constexpr std::uint32_t kListen = 1U << 10;

Result<io::Descriptor> open_diagnosis() {
  io::Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket.valid()) return fail_errno("sock_diag");
  // The kernel answers within the call; the limit is against a broken one.
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
    return fail_errno("sock_diag");
  return socket;
}

bool takes(const inet_diag_msg& found, const IpAddress& own) {
  const auto& words = found.id.idiag_src;
  const auto are_zero = [](std::uint32_t word) { return word == 0; };
  if (std::ranges::all_of(words, are_zero)) return true;  // any
  if (found.idiag_family == AF_INET) return ntohl(words[0]) == own.v4_value();
  return words[0] == 0 && words[1] == 0 && ntohl(words[2]) == kV4Mapped &&
         ntohl(words[3]) == own.v4_value();
}

// Adds what one datagram of the answer holds. True: it was the last.
Result<bool> add_listed(std::span<const char> answer, const IpAddress& own,
                        std::set<std::uint16_t>& ports) {
  auto left = static_cast<std::uint32_t>(answer.size());
  for (auto* head = reinterpret_cast<const nlmsghdr*>(answer.data()); NLMSG_OK(head, left);
       head = NLMSG_NEXT(head, left)) {
    if (head->nlmsg_type == NLMSG_DONE) return true;
    if (head->nlmsg_type == NLMSG_ERROR) {
      if (head->nlmsg_len < NLMSG_LENGTH(sizeof(nlmsgerr)))
        return fail(Code::unavailable, "sock_diag");
      return fail_errno("sock_diag", -static_cast<const nlmsgerr*>(NLMSG_DATA(head))->error);
    }
    if (head->nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg))) continue;
    const auto& found = *static_cast<const inet_diag_msg*>(NLMSG_DATA(head));
    if (takes(found, own)) ports.insert(ntohs(found.id.idiag_sport));
  }
  return false;
}

Result<void> list(int family, const IpAddress& own, std::set<std::uint16_t>& ports) {
  TRY(const auto socket, open_diagnosis());
  struct {
    nlmsghdr head;
    inet_diag_req_v2 question;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.question.sdiag_family = static_cast<std::uint8_t>(family);
  request.question.sdiag_protocol = IPPROTO_TCP;
  request.question.idiag_states = kListen;
  if (::send(socket.get(), &request, sizeof request, 0) < 0) return fail_errno("sock_diag");
  alignas(nlmsghdr) std::array<char, 16 * 1024> answer;
  for (;;) {
    const auto got = ::recv(socket.get(), answer.data(), answer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("sock_diag");
    TRY(const bool last,
        add_listed(std::span(answer).first(static_cast<std::size_t>(got)), own, ports));
    if (last) return {};
  }
}

// Slower, and there also where the kernel has no sock_diag.
std::set<std::uint16_t> read_tables(const IpAddress& own) {
  std::set<std::uint16_t> ports;
  for (const char* const table : {"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"}) {
    // Without IPv6 in the kernel there is no second table.
    if (const auto text = read_file(table)) ports.merge(listening_in(*text, own));
  }
  return ports;
}

}  // namespace

Result<std::set<std::uint16_t>> listening_to(const IpAddress& own) {
  std::set<std::uint16_t> ports;
  for (const auto family : {AF_INET, AF_INET6})
    if (!list(family, own, ports)) return read_tables(own);
  return ports;
}

}  // namespace mortise::runtime
