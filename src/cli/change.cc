#include "cli/change.h"

#include <fmt/format.h>

#include "cli/host.h"
#include "manifest/kinds.h"

namespace mortise::cli {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// `policy.authentication.istio.io/httpbin created`, `namespace "full" deleted`
std::string object_line(const client::ChangedObject& object) {
  const auto name = kubectl_name(object.ref);
  if (object.action != "deleted") return name + " " + object.action;
  const auto slash = name.find('/');
  return fmt::format("{} \"{}\" deleted", name.substr(0, slash), name.substr(slash + 1));
}

std::string problem_line(const client::Problem& problem) {
  std::string line;
  if (!problem.file.empty()) {
    line = problem.file + (problem.line > 0 ? fmt::format(":{}", problem.line) : "") + ": ";
  }
  if (!problem.field.empty()) line += problem.field + ": ";
  return line + problem.message;
}

client::Problem to_client(const manifest::Problem& problem) {
  return {problem.file, problem.line, problem.field, problem.message};
}

const model::PodTemplate* pod_of(const manifest::Value& value) {
  if (const auto* deployment = std::get_if<model::Deployment>(&value)) return &deployment->pod;
  if (const auto* pod = std::get_if<model::Pod>(&value)) return &pod->pod;
  if (const auto* job = std::get_if<model::Job>(&value)) return &job->pod;
  return nullptr;
}

}  // namespace

std::string kubectl_name(const std::string& ref) {
  const auto kind_end = ref.find('/');
  const auto name_start = ref.rfind('/');
  if (kind_end == ref.npos || name_start == kind_end) return ref;
  const auto kind_name = ref.substr(0, kind_end);
  std::string result = lower(kind_name);
  if (const auto* kind = manifest::find_kind(kind_name); kind && !kind->group.empty()) {
    result += "." + std::string(kind->group);
  }
  return result + "/" + ref.substr(name_start + 1);
}

std::string receipt_line(std::uint64_t revision, const std::optional<client::Receipt>& receipt) {
  if (!receipt) return fmt::format("revision {}", revision);
  return fmt::format("revision {}, applied by {} of {} proxies in {} ms", revision,
                     receipt->applied, receipt->total, receipt->milliseconds);
}

int report_receipt(const Context& context, std::uint64_t revision,
                   const std::optional<client::Receipt>& receipt) {
  context.say(receipt_line(revision, receipt));
  if (!receipt || receipt->lagging.empty()) return kDone;
  context.say(fmt::format("error: not confirmed in time by {}", fmt::join(receipt->lagging, ", ")));
  context.say("hint: the change is stored and reaches them when they are back; see mortise status");
  return kFailed;
}

int report_change(const Context& context, const client::Change& change, const std::string& suffix) {
  if (!change.refused.empty()) {
    if (!change.problems.empty() && !change.conflict) {
      return report_problems(context, change.problems);
    }
    for (const auto& problem : change.problems) context.say(problem_line(problem));
    context.say("error: nothing was applied: " + change.refused);
    if (change.conflict) context.say("hint: --force applies it all the same");
    return change.conflict ? kFailed : kBadInput;
  }
  for (const auto& object : change.objects) {
    context.terminal.out(object_line(object) + suffix + "\n");
  }
  for (const auto& note : change.notes) context.say("note: " + note);
  if (!suffix.empty()) return kDone;
  return report_receipt(context, change.revision, change.receipt);
}

int report_problems(const Context& context, const std::vector<client::Problem>& problems) {
  for (const auto& problem : problems) context.say(problem_line(problem));
  context.say(fmt::format("error: nothing was applied: {} problem{} in the files", problems.size(),
                          problems.size() == 1 ? "" : "s"));
  return kBadInput;
}

manifest::Parsed parse_files(const client::Apply& what) {
  std::vector<manifest::File> files;
  files.reserve(what.files.size());
  for (const auto& file : what.files) files.push_back({file.name, file.text});
  return manifest::parse(files, {what.namespace_name, what.namespace_given, {}});
}

std::vector<client::Problem> problems_before_sending(Context& context, const client::Apply& what) {
  const auto parsed = parse_files(what);
  std::vector<client::Problem> problems;
  problems.reserve(parsed.problems.size());
  for (const auto& problem : parsed.problems) problems.push_back(to_client(problem));
  for (const auto& object : parsed.objects) {
    const auto* pod = pod_of(object.value);
    if (pod == nullptr) continue;
    const bool is_pod = std::holds_alternative<model::Pod>(object.value);
    for (std::size_t i = 0; i < pod->containers.size(); ++i) {
      const auto& container = pod->containers[i];
      const auto checked = context.host.check_program(container);
      if (checked) continue;
      const auto field =
          fmt::format("{}containers[{}].{}", is_pod ? "spec." : "spec.template.spec.", i,
                      container.command.empty() ? "image" : "command");
      problems.push_back(to_client(manifest::locate(object, field, checked.error().what())));
    }
  }
  return problems;
}

}  // namespace mortise::cli
