#include "runtime/process/launch.h"

#include <algorithm>

namespace mortise::runtime {

namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t kLongestHostName = 64;  // of the kernel

const std::string* find(const Environment& env, std::string_view name) {
  const auto found = std::ranges::find(env, name, &std::pair<std::string, std::string>::first);
  return found == env.end() ? nullptr : &found->second;
}

void set(Environment& env, const std::string& name, std::string value) {
  const auto found = std::ranges::find(env, name, &std::pair<std::string, std::string>::first);
  if (found == env.end()) {
    env.emplace_back(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
}

Sandbox sandbox_of(const Layout& layout, const InstanceRecord& instance) {
  const auto& spec = instance.spec;
  return {.netns = instance.netns,
          .host_name = spec.name.substr(0, kLongestHostName),
          .uid = 0,
          .as_root = false,
          .shares_uid = false,
          .working_dir = {},
          .hidden = layout.data_dir(),
          .binds = {{layout.hosts_file(spec.namespace_name), "/etc/hosts"},
                    {layout.resolver_file(spec.namespace_name), "/etc/resolv.conf"}}};
}

const char* word_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "info";
}

}  // namespace

std::uint32_t uid_of(const Layout& layout, const InstanceRecord& instance,
                     const ProgramSpec& program) {
  return program.uid.value_or(0) != 0 ? *program.uid : layout.program_uid(instance.slot);
}

Sandbox program_sandbox(const Layout& layout, const InstanceRecord& instance,
                        const ProgramSpec& program) {
  auto sandbox = sandbox_of(layout, instance);
  sandbox.uid = uid_of(layout, instance, program);
  sandbox.as_root = program.uid == 0U;
  sandbox.shares_uid = sandbox.uid != layout.program_uid(instance.slot);
  sandbox.working_dir = program.working_dir;
  return sandbox;
}

Sandbox sidecar_sandbox(const Layout& layout, const InstanceRecord& instance) {
  auto sandbox = sandbox_of(layout, instance);
  sandbox.uid = layout.sidecar_uid(instance.slot);
  sandbox.working_dir = layout.sidecar_dir(instance.spec.namespace_name, instance.spec.name);
  return sandbox;
}

Environment environment_of(const WorkloadSpec& workload, const ProgramSpec& program) {
  Environment env = {{"PATH", kPath}, {"HOME", "/"}, {"HOSTNAME", workload.name}};
  for (const auto& [name, value] : program.env) set(env, name, expand(value, env));
  return env;
}

std::string expand(const std::string& text, const Environment& env) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, 3, "$$(") == 0) {
      result += "$(";
      at += 3;
      continue;
    }
    const auto end = text.find(')', at);
    if (text.compare(at, 2, "$(") == 0 && end != std::string::npos) {
      if (const auto* value = find(env, std::string_view(text).substr(at + 2, end - at - 2))) {
        result += *value;
        at = end + 1;
        continue;
      }
    }
    result += text[at++];
  }
  return result;
}

Result<std::string> locate(const Binaries& binaries, const std::string& program,
                           const Environment& env) {
  if (program == "mortise-demo") return binaries.demo;  // installed beside mortise
  const auto* path = find(env, "PATH");
  return find_program(program, path != nullptr ? *path : kPath);
}

Result<Launch> program_launch(const Layout& layout, const Binaries& binaries,
                              const InstanceRecord& instance, const ProgramSpec& program) {
  if (!program.problem.empty()) return fail(Code::invalid, program.problem);
  if (program.uid) CHECK_OK(layout.check_program_uid(*program.uid));
  Launch launch;
  launch.env = environment_of(instance.spec, program);
  for (const auto& word : program.argv) launch.argv.push_back(expand(word, launch.env));
  TRY(launch.program, locate(binaries, launch.argv.front(), launch.env));
  launch.sandbox = program_sandbox(layout, instance, program);
  launch.log_file = layout.program_log(instance.spec.namespace_name, instance.spec.name);
  return launch;
}

Launch sidecar_launch(const Layout& layout, const Binaries& binaries,
                      const InstanceRecord& instance, const CaptureSockets& sockets, Level level) {
  // Socket paths are relative to the working directory: the sidecar's uid need not be able to
  // enter the folders above it.
  return {.program = binaries.proxy,
          .argv = {"mortise-proxy", "--workload", instance.spec.key(), "--address",
                   Layout::address(instance.slot).to_string(), "--control-socket", "control.sock",
                   "--admin-socket", "admin.sock", "--log-level", word_of(level)},
          .env = {{"PATH", kPath}, {"HOME", "/"}, {"HOSTNAME", instance.spec.name}},
          .sandbox = sidecar_sandbox(layout, instance),
          .descriptors = {sockets.outbound.get(), sockets.inbound.get()},
          .log_file = layout.sidecar_log(instance.spec.namespace_name, instance.spec.name)};
}

void let_announce(Launch& launch) {
  launch.announces = true;
  const auto descriptor = 3 + launch.descriptors.size();  // behind those that are passed
  launch.argv.insert(launch.argv.end(), {"--announce-fd", std::to_string(descriptor)});
}

Launch control_launch(const Layout& layout, const Binaries& binaries) {
  return {.program = binaries.mortise,
          .argv = {binaries.mortise, "control", "--data-dir", layout.data_dir()},
          .env = {{"PATH", kPath}, {"HOME", "/"}},
          .sandbox = std::nullopt,
          .descriptors = {},
          .log_file = layout.logs_dir() + "/control.log"};
}

}  // namespace mortise::runtime
