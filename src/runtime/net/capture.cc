#include "runtime/net/capture.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>

// The header names a macro of glibc that we define as well.
#undef _GNU_SOURCE
extern "C" {
#include <nftables/libnftables.h>
}

#include "io/descriptor.h"
#include "runtime/net/netns.h"

namespace mortise::runtime {

namespace {

struct GenerationRequest {
  nlmsghdr head;
  nfgenmsg family;
};

// nf_tables' answer to NFT_MSG_GETGEN: attributes behind the two headers.
Result<std::uint32_t> generation_in(const char* answer, std::size_t size) {
  for (std::size_t at = NLMSG_LENGTH(sizeof(nfgenmsg)); at + sizeof(nlattr) <= size;) {
    nlattr attribute;
    std::memcpy(&attribute, answer + at, sizeof attribute);
    if (attribute.nla_len < sizeof attribute || at + attribute.nla_len > size) break;
    std::uint32_t number = 0;
    if (attribute.nla_type == NFTA_GEN_ID &&
        attribute.nla_len == sizeof attribute + sizeof number) {
      std::memcpy(&number, answer + at + sizeof attribute, sizeof number);
      return ntohl(number);
    }
    at += NLMSG_ALIGN(attribute.nla_len);
  }
  return fail(Code::unavailable, "nftables did not say which rules are in force");
}

Result<std::uint32_t> generation_here() {
  const io::Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!socket.valid()) return fail_errno("nftables cannot be reached");
  GenerationRequest request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
  request.head.nlmsg_flags = NLM_F_REQUEST;
  request.family.nfgen_family = AF_UNSPEC;
  request.family.version = NFNETLINK_V0;
  // The kernel answers within the call.
  if (::send(socket.get(), &request, sizeof request, 0) < 0)
    return fail_errno("nftables cannot be asked");
  std::array<char, 1024> answer;
  const auto got = ::recv(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  if (got < 0) return fail_errno("nftables does not answer");
  return generation_in(answer.data(), static_cast<std::size_t>(got));
}

}  // namespace

Result<void> NftCapture::try_here(const std::string& rules) {
  // Where nftables cannot be reached the library ends the process, so ask before it does.
  CHECK_OK(generation_here());
  const std::unique_ptr<nft_ctx, decltype(&nft_ctx_free)> context(nft_ctx_new(NFT_CTX_DEFAULT),
                                                                  nft_ctx_free);
  if (!context) return fail(Code::exhausted, "nftables: out of memory");
  nft_ctx_buffer_error(context.get());
  nft_ctx_buffer_output(context.get());
  if (nft_run_cmd_from_buffer(context.get(), rules.c_str()) == 0) return {};
  const char* const said = nft_ctx_get_error_buffer(context.get());
  return fail(Code::unavailable, std::string("nftables: ") + (said != nullptr ? said : "failed"));
}

Result<void> NftCapture::apply(const std::string& netns, const std::string& rules) {
  TRY(const auto inside, Visit::enter(netns));
  return try_here(rules);
}

Result<std::uint32_t> NftCapture::generation(const std::string& netns) {
  TRY(const auto inside, Visit::enter(netns));
  return generation_here();
}

}  // namespace mortise::runtime
