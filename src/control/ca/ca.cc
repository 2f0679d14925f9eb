#include "control/ca/ca.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "control/ca/private_file.h"

namespace mortise::control::ca {
namespace {

constexpr std::chrono::hours kRootLife{24 * 3652};  // ten years with their leap days
constexpr std::chrono::minutes kClockTolerance{2};

std::string key_path(const std::string& directory) { return directory + "/root-key.pem"; }
std::string certificate_path(const std::string& directory) { return directory + "/root-cert.pem"; }

Result<bool> exists(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT) return false;
  return fail_errno(path);
}

Result<void> check_key_is_private(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) {
    return fail(Code::not_found, path +
                                     " is missing: restore it from a backup, or remove the "
                                     "directory to start with a new authority");
  }
  if (!S_ISREG(status.st_mode) || (status.st_mode & 077) != 0 || status.st_uid != geteuid()) {
    return fail(Code::denied, path +
                                  " can be read by others: chown it to the user of the control "
                                  "plane, chmod 600, and consider a new authority");
  }
  return {};
}

Result<pki::Root> load_root(const std::string& directory) {
  CHECK_OK(check_key_is_private(key_path(directory)));
  pki::Root root;
  TRY(const auto key, read_file(key_path(directory)));
  TRY(root.key, pki::PrivateKey::from_pem(key));
  TRY(const auto certificate, read_file(certificate_path(directory)));
  TRY(root.certificate, pki::Certificate::from_pem(certificate));
  return root;
}

// Everything is written beside its place and moved there in one step: a crash leaves either no
// authority or a whole one.
Result<pki::Root> create_root(const std::string& directory, const std::string& trust_domain,
                              WallTime now) {
  const std::string beside = directory + ".new";
  std::error_code ignored;
  std::filesystem::remove_all(beside, ignored);
  if (mkdir(beside.c_str(), 0700) != 0) return fail_errno("mkdir " + beside);

  TRY(auto root, pki::make_root(trust_domain, now - kClockTolerance, now + kRootLife));
  TRY(const auto key, root.key->to_pem());
  CHECK_OK(write_private_file(key_path(beside), key));
  CHECK_OK(write_private_file(certificate_path(beside), root.certificate.to_pem()));
  CHECK_OK(sync_directory(beside));
  if (rename(beside.c_str(), directory.c_str()) != 0) return fail_errno("rename " + beside);
  CHECK_OK(sync_directory(std::filesystem::path(directory).parent_path()));
  return root;
}

}  // namespace

Result<pki::Root> open_root(const std::string& directory, const std::string& trust_domain,
                            WallTime now) {
  TRY(const bool there, exists(directory));
  auto root = there ? load_root(directory) : create_root(directory, trust_domain, now);
  if (!root) return std::unexpected(root.error().during("certificate authority"));
  return root;
}

Result<pki::Certificate> Ca::sign(std::string csr_der, const pki::SpiffeId& caller,
                                  std::chrono::seconds life) {
  const auto now = clock_.wall();
  // Nobody could verify such a certificate.
  if (now < root().not_before() || now >= root().not_after())
    return fail(Code::unavailable,
                "the clock of the control plane's machine is outside the years for which the "
                "mesh's authority is valid: set the clock");
  return signer_->sign({.csr_der = std::move(csr_der),
                        .identity = caller,
                        .not_before = now - kClockTolerance,
                        .not_after = now + life});
}

}  // namespace mortise::control::ca
