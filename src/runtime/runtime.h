// runtime/runtime.h — the mesh of one Linux host, as commands see it: start and stop it, run a
// command inside it, check what it needs. One data directory is one mesh (docs/spec/cli.md).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "model/workload.h"
#include "runtime/images.h"

namespace mortise::runtime {

// Programs that the runtime starts. By default the siblings of `mortise` itself.
struct Binaries {
  std::string mortise;
  std::string proxy;
  std::string demo;

  // From the path of `mortise` (absolute, or a name found in PATH; empty: /proc/self/exe).
  static Result<Binaries> beside(const std::string& mortise);
};

struct Options {
  std::string data_dir;
  Binaries binaries;
  Level log_level = Level::info;
};

// `$MORTISE_DATA_DIR`, else /var/lib/mortise as root, else $XDG_STATE_HOME/mortise.
std::string default_data_dir();

// One thing that must hold before a mesh can start; `remedy` says what to type if it does not.
struct Requirement {
  std::string name;  // "root", "network namespaces", "nftables", ...
  bool met = true;
  std::string problem;
  std::string remedy;
};
// Looks at everything (for `mortise check --pre`); changes nothing.
std::vector<Requirement> requirements(const Options& options);
// The first requirement that is not met, as an error with its remedy.
Result<void> preflight(const Options& options);

// What a command is about to do with this host.
enum class HostSide {
  none,   // nothing: it talks to the control plane, or reads files
  join,   // something inside a mesh that runs
  start,  // starts a mesh, or supervises one
  stop,
};
// For an ordinary user: moves this process into the mesh's namespaces, in which it is root; to
// start a mesh, or to stop what is left of one, they are made. Does nothing for root, and where
// there is nothing to join. Call it before threads and before anything that remembers who we are.
Result<void> enter_host_side(const std::string& data_dir, HostSide purpose);
// Whether the mesh of this data directory is an ordinary user's, without identities of its own.
bool is_rootless(const std::string& data_dir);
// The body of `mortise keep`: lives until a signal, and the namespaces of a rootless mesh with it.
[[noreturn]] void keep_namespaces();

// The body of `mortise supervise`: until SIGTERM or SIGINT, which leave everything else running.
// Fails with Code::conflict when another supervisor has this data directory.
Result<void> supervise(const Options& options);

// What was not there before, or another version of.
struct Started {
  bool supervisor = false;           // none ran
  bool control_plane_ran = false;    // as it outlives a supervisor
  bool replaced_supervisor = false;  // by the file that is installed now
  bool replaced_control_plane = false;
};
// Starts `mortise supervise` in the background unless it runs from the file that is installed now,
// and waits until the control plane answers. Blocks up to `limit`.
Result<Started> start_supervisor(const Options& options, std::chrono::milliseconds limit);
// Keys of the workloads whose sidecar runs another file than the one that is installed now.
Result<std::vector<std::string>> outdated_sidecars(const Options& options);
// The process id of the running supervisor; nothing if none runs.
std::optional<int> supervisor_pid(const std::string& data_dir);

// `--image NAME=COMMAND`: remembered in the data directory, used by a running supervisor too.
Result<void> remember_images(const std::string& data_dir, const std::vector<Image>& images);
// Whether the container's program can be started here; the error names what is missing and the
// remedy. For `apply`, before anything is sent. Images: those remembered in the data directory.
Result<void> check_program(const Options& options, const model::Container& container);

struct DownReport {
  int processes = 0;   // ended
  int namespaces = 0;  // network namespaces removed
  bool purged = false;
};
// Stops everything; works with or without a running supervisor, and after a crash. Safe to repeat.
Result<DownReport> down(const std::string& data_dir, bool purge);

struct Exec {
  std::string namespace_name = "default";
  std::string workload;   // of the pod, or of its Deployment, Pod or Job
  std::string container;  // empty: the first one; "istio-proxy": as the sidecar, uncaptured
  std::vector<std::string> command;
};
// Runs the command inside the workload with this process's stdin, stdout and stderr. The
// command's exit status, or 128 + the signal that ended it. 126, 127: it could not be started.
Result<int> exec(const std::string& data_dir, const Exec& what);

// Where a workload's output is; for `logs`. An owner's name stands for its first instance.
struct LogFiles {
  std::string program;
  std::string sidecar;  // empty if it has none
};
Result<LogFiles> log_files(const std::string& data_dir, const std::string& namespace_name,
                           const std::string& workload);

// The control plane's socket for client::Client.
std::string control_socket(const std::string& data_dir);

}  // namespace mortise::runtime
