#include "runtime/state.h"

#include <nlohmann/json.hpp>
#include <set>

#include "runtime/files.h"
#include "runtime/layout.h"

namespace mortise::runtime {

namespace {

using Json = nlohmann::json;
constexpr int kVersion = 1;

Json to_json(const ProcessId& process) {
  return {{"pid", process.pid}, {"start_time", process.start_time}};
}

Json to_json(const ProgramSpec& program) {
  auto env = Json::array();
  for (const auto& [name, value] : program.env) env.push_back({name, value});
  Json json = {{"container", program.container},
               {"argv", program.argv},
               {"env", std::move(env)},
               {"working_dir", program.working_dir},
               {"problem", program.problem}};
  if (program.uid) json["uid"] = *program.uid;
  return json;
}

Json to_json(const WorkloadSpec& spec) {
  auto ports = Json::array();
  for (const auto& port : spec.ports) ports.push_back({{"name", port.name}, {"port", port.port}});
  auto programs = Json::array();
  for (const auto& program : spec.programs) programs.push_back(to_json(program));
  return {{"namespace", spec.namespace_name},
          {"name", spec.name},
          {"owner", spec.owner},
          {"owner_kind", spec.owner_kind},
          {"hash", spec.hash},
          {"service_account", spec.service_account},
          {"labels", spec.labels},
          {"ports", std::move(ports)},
          {"tls_mode", spec.tls_mode},
          {"has_sidecar", spec.has_sidecar},
          {"runs_once", spec.runs_once},
          {"programs", std::move(programs)}};
}

Json to_json(const InstanceRecord& instance) {
  auto programs = Json::array();
  for (const auto& program : instance.programs)
    programs.push_back({{"process", to_json(program.process)},
                        {"restarts", program.restarts},
                        {"completed", program.completed}});
  auto draining = Json::array();
  for (const auto& process : instance.draining) draining.push_back(to_json(process));
  return {{"spec", to_json(instance.spec)},
          {"slot", instance.slot},
          {"netns", instance.netns},
          {"removing", instance.removing},
          {"ready", instance.ready},
          {"sidecar", to_json(instance.sidecar)},
          {"successor", to_json(instance.successor)},
          {"draining", std::move(draining)},
          {"sidecar_restarts", instance.sidecar_restarts},
          {"programs", std::move(programs)}};
}

ProcessId process_from(const Json& json) {
  return {.pid = json.at("pid").get<int>(),
          .start_time = json.at("start_time").get<std::uint64_t>()};
}

ProgramSpec program_from(const Json& json) {
  ProgramSpec program;
  program.container = json.at("container").get<std::string>();
  program.argv = json.at("argv").get<std::vector<std::string>>();
  for (const auto& pair : json.at("env"))
    program.env.emplace_back(pair.at(0).get<std::string>(), pair.at(1).get<std::string>());
  program.working_dir = json.at("working_dir").get<std::string>();
  program.problem = json.at("problem").get<std::string>();
  if (json.contains("uid")) program.uid = json.at("uid").get<std::uint32_t>();
  return program;
}

WorkloadSpec spec_from(const Json& json) {
  WorkloadSpec spec;
  spec.namespace_name = json.at("namespace").get<std::string>();
  spec.name = json.at("name").get<std::string>();
  spec.owner = json.at("owner").get<std::string>();
  spec.owner_kind = json.at("owner_kind").get<std::string>();
  spec.hash = json.at("hash").get<std::string>();
  spec.service_account = json.at("service_account").get<std::string>();
  spec.labels = json.at("labels").get<model::Labels>();
  for (const auto& port : json.at("ports"))
    spec.ports.push_back(
        {.name = port.at("name").get<std::string>(), .port = port.at("port").get<std::uint16_t>()});
  spec.tls_mode = json.at("tls_mode").get<std::string>();
  spec.has_sidecar = json.at("has_sidecar").get<bool>();
  spec.runs_once = json.at("runs_once").get<bool>();
  for (const auto& program : json.at("programs")) spec.programs.push_back(program_from(program));
  return spec;
}

InstanceRecord instance_from(const Json& json) {
  InstanceRecord instance;
  instance.spec = spec_from(json.at("spec"));
  instance.slot = json.at("slot").get<int>();
  instance.netns = json.at("netns").get<std::string>();
  instance.removing = json.at("removing").get<bool>();
  instance.ready = json.value("ready", false);  // absent in files of earlier versions
  instance.sidecar = process_from(json.at("sidecar"));
  if (json.contains("successor")) {  // absent in files of earlier versions
    instance.successor = process_from(json.at("successor"));
    for (const auto& process : json.at("draining"))
      instance.draining.push_back(process_from(process));
  }
  instance.sidecar_restarts = json.at("sidecar_restarts").get<int>();
  for (const auto& program : json.at("programs"))
    instance.programs.push_back({.process = process_from(program.at("process")),
                                 .restarts = program.at("restarts").get<int>(),
                                 .completed = program.at("completed").get<bool>()});
  instance.programs.resize(instance.spec.programs.size());
  return instance;
}

State state_from(const Json& json) {
  State state;
  state.next_slot = json.at("next_slot").get<int>();
  state.made_netns_mount = json.at("made_netns_mount").get<bool>();
  state.control = process_from(json.at("control"));
  for (const auto& item : json.at("instances")) {
    auto instance = instance_from(item);
    auto key = instance.spec.key();
    state.instances.emplace(std::move(key), std::move(instance));
  }
  return state;
}

}  // namespace

Result<int> State::take_slot() {
  std::set<int> taken;
  for (const auto& [key, instance] : instances) taken.insert(instance.slot);
  for (int i = 0; i < kSlots; ++i) {
    const int slot = (next_slot + i) % kSlots;
    if (taken.contains(slot)) continue;
    next_slot = (slot + 1) % kSlots;
    return slot;
  }
  return fail(Code::exhausted, "one host runs at most " + std::to_string(kSlots) + " workloads");
}

std::string encode(const State& state) {
  auto instances = Json::array();
  for (const auto& [key, instance] : state.instances) instances.push_back(to_json(instance));
  const Json json = {{"version", kVersion},
                     {"next_slot", state.next_slot},
                     {"made_netns_mount", state.made_netns_mount},
                     {"control", to_json(state.control)},
                     {"instances", std::move(instances)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<State> decode_state(std::string_view text) {
  try {  // the library throws on a missing key or a wrong type
    const auto json = Json::parse(text);
    if (json.at("version").get<int>() != kVersion)
      return fail(Code::invalid, "written by another version of mortise: run `mortise down` first");
    return state_from(json);
  } catch (const Json::exception& problem) {
    return fail(Code::invalid, problem.what());
  }
}

Result<State> load_state(const std::string& path) {
  auto text = read_file(path);
  if (!text) {
    if (text.error().code() == Code::not_found) return State{};
    return std::unexpected(std::move(text).error());
  }
  auto state = decode_state(*text);
  if (!state) return std::unexpected(state.error().during(path));
  return state;
}

Result<void> save_state(const std::string& path, const State& state) {
  return replace_file(path, encode(state), 0600);
}

}  // namespace mortise::runtime
