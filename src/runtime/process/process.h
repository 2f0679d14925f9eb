// runtime/process/process.h — processes that outlive the supervisor: started so that none can run
// unrecorded, watched through pidfds, found again after a crash.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/descriptor.h"
#include "io/epoll_loop.h"
#include "runtime/net/network.h"
#include "runtime/process/sandbox.h"
#include "runtime/state.h"

namespace mortise::runtime {

struct Launch {
  std::string program;  // path of the file, opened with our rights and not those of `sandbox`
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;  // the whole environment
  std::optional<Sandbox> sandbox;                        // absent: as we are
  std::vector<int> descriptors;                          // become 3, 4, ...
  bool announces = false;  // one more, behind them, on which the program says that it serves
  std::string log_file;    // stdout and stderr are appended
};

struct Ending {
  std::optional<int> status;  // exit status, or 128 + signal; absent: it was not our child
  [[nodiscard]] std::string to_string() const;
};

class Processes {
 public:
  virtual ~Processes() = default;

  using Record = std::function<Result<void>(const ProcessId&)>;
  // The child gets ready, `record` writes its number down, and only then it executes the program.
  // If we die before `record` returns, so does the child.
  virtual Result<ProcessId> start(const Launch& launch, const Record& record) = 0;
  // Nothing while it runs.
  virtual std::optional<Ending> ended(const ProcessId& process) = 0;
  // Whether a program that announces has done so. It must run still, or be asked before ended().
  virtual bool announced(const ProcessId& process) = 0;
  // Whether the folder that has this path now is the process's working directory, and not another
  // one made since. True where nobody can tell; false without such a folder.
  virtual bool works_in(const ProcessId& process, const std::string& folder) = 0;
  virtual void signal(const ProcessId& process, int number) = 0;
  // Copies of the descriptors 3 and 4 of a sidecar that an earlier supervisor started.
  virtual Result<CaptureSockets> take_sockets(const ProcessId& process) = 0;
  // Signals every process in a network namespace, or those of one uid. How many there were.
  virtual int signal_inside(const std::string& netns, std::optional<std::uint32_t> uid,
                            int number) = 0;
  // Signals every process of these users, whatever namespace it is in. How many there were.
  virtual int signal_users(UidRange users, int number) = 0;
};

class HostProcesses final : public Processes {
 public:
  // `on_exit` is called in a turn of the loop after some process ended, or said that it serves.
  HostProcesses(io::EpollLoop& loop, std::function<void()> on_exit);
  ~HostProcesses() override;

  Result<ProcessId> start(const Launch& launch, const Record& record) override;
  std::optional<Ending> ended(const ProcessId& process) override;
  bool announced(const ProcessId& process) override;
  bool works_in(const ProcessId& process, const std::string& folder) override;
  void signal(const ProcessId& process, int number) override;
  Result<CaptureSockets> take_sockets(const ProcessId& process) override;
  int signal_inside(const std::string& netns, std::optional<std::uint32_t> uid,
                    int number) override;
  int signal_users(UidRange users, int number) override;

 private:
  class Watch;
  Watch* watch(const ProcessId& process, bool is_child);
  Result<ProcessId> start_announcing(Launch launch, const Record& record);

  io::EpollLoop& loop_;
  const std::function<void()> on_exit_;
  std::map<ProcessId, std::unique_ptr<Watch>> watches_;
};

// What exec(2) takes for a program: ELF files by descriptor, so that no folder above them needs to
// be open to the uid; scripts by path.
Result<io::Descriptor> open_program(const std::string& path, bool& is_script);
// Returns only on failure, with errno.
void execute(int program, bool is_script, const Launch& launch);

}  // namespace mortise::runtime
