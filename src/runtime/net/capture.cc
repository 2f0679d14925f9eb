#include "runtime/net/capture.h"

#include <memory>

// The header names a macro of glibc that we define as well.
#undef _GNU_SOURCE
extern "C" {
#include <nftables/libnftables.h>
}

#include "runtime/net/netns.h"

namespace mortise::runtime {

Result<void> NftCapture::try_here(const std::string& rules) {
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

}  // namespace mortise::runtime
