#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/verbs.h"
#include "cli/listing.h"
#include "cli/render.h"
#include "cli/selector.h"
#include "client/blocking.h"
#include "manifest/kinds.h"

namespace mortise::cli {
namespace {

using Pods = std::vector<client::WorkloadStatus>;
using Objects = std::vector<client::Object>;

class GetVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"get", "Objects of a kind, or one of them; names may be plural and qualified",
            "mortise get pods -n full\nmortise get policies.authentication.istio.io -A\n"
            "mortise get meshpolicies -o yaml"};
  }
  void describe(Command& command) override {
    command.positional("KIND", kind_, Command::Presence::required, "pods, services, policies, ...");
    command.positional("NAME", name_, Command::Presence::optional, "only this one");
    command.option("-l,--selector", selector_, "LABELS",
                   "only what has these labels: app=sleep,version=v1");
    command.takes_namespace();
    command.takes_all_namespaces();
    command.takes_output_or_names();
  }

  Result<int> run(Context& context) override {
    if (const auto slash = kind_.find('/'); slash != std::string::npos && name_.empty()) {
      name_ = kind_.substr(slash + 1);
      kind_.resize(slash);
    }
    const auto kind = manifest::resolve_kind(kind_);
    if (!kind) return context.wrong_usage(kind.error().what());
    const auto selector = parse_selector(selector_);
    if (!selector) return context.wrong_usage(selector.error().what());
    return (*kind)->name == "Pod" ? get_pods(context, *selector)
                                  : get_objects(context, **kind, *selector);
  }

 private:
  Result<int> get_pods(Context& context, const model::Labels& selector) {
    TRY(auto pods, context.mesh.workloads(scope(context)));
    std::erase_if(pods, [&](const client::WorkloadStatus& pod) {
      const auto& workload = pod.registered.workload;
      return (!name_.empty() && workload.name != name_) ||
             !model::selects(selector, workload.labels);
    });
    if (pods.empty()) return nothing_found(context, "pods", false);
    std::sort(pods.begin(), pods.end(), [](const auto& left, const auto& right) {
      return left.registered.workload.key() < right.registered.workload.key();
    });
    if (is_table(context)) {
      context.terminal.out(pod_table(pods, view(context, false)));
      return kDone;
    }
    if (context.shared.output == kNamesOnly) {
      std::vector<std::string> names;
      names.reserve(pods.size());
      for (const auto& pod : pods) names.push_back(pod.registered.workload.name);
      return print_names(context, names);
    }
    std::vector<std::string> shapes;
    shapes.reserve(pods.size());
    for (const auto& pod : pods) shapes.push_back(pod_json(pod));
    return print(context, shapes);
  }

  Result<int> get_objects(Context& context, const manifest::Kind& kind,
                          const model::Labels& selector) {
    client::Query query{std::string(kind.name), {}, name_};
    if (!kind.cluster_scoped && !context.shared.all_namespaces) {
      query.namespace_name = context.shared.namespace_name;
    }
    auto found = context.mesh.objects(query);
    if (!found && found.error().code() == Code::not_found) found = Objects{};
    TRY(auto objects, std::move(found));
    std::erase_if(objects, [&](const client::Object& object) {
      return !model::selects(selector, labels_of(object));
    });
    if (objects.empty())
      return nothing_found(context, std::string(kind.plural), kind.cluster_scoped);
    std::sort(objects.begin(), objects.end(),
              [](const auto& left, const auto& right) { return left.ref < right.ref; });
    if (context.shared.output == kNamesOnly) {
      std::vector<std::string> names;
      names.reserve(objects.size());
      for (const auto& object : objects) names.push_back(object.ref.name);
      return print_names(context, names);
    }
    if (!is_table(context)) {
      std::vector<std::string> shapes;
      shapes.reserve(objects.size());
      for (const auto& object : objects) shapes.push_back(object.json);
      return print(context, shapes);
    }
    const View columns = view(context, kind.cluster_scoped);
    if (kind.name == "Deployment") {
      TRY(const auto pods, context.mesh.workloads(scope(context)));
      context.terminal.out(deployment_table(objects, pods, columns));
    } else {
      context.terminal.out(object_table(std::string(kind.name), objects, columns));
    }
    return kDone;
  }

  [[nodiscard]] Result<int> print(const Context& context,
                                  const std::vector<std::string>& shapes) const {
    TRY(const auto text, render(list_json(shapes, !name_.empty()), context.shared.output));
    context.terminal.out(text);
    return kDone;
  }

  // One line without an end, as kubectl prints it, for $(...).
  static int print_names(const Context& context, const std::vector<std::string>& names) {
    context.terminal.out(fmt::to_string(fmt::join(names, " ")));
    return kDone;
  }

  // As kubectl says it: a list may be empty, a name must exist.
  [[nodiscard]] Result<int> nothing_found(const Context& context, const std::string& kinds,
                                          bool cluster_scoped) const {
    if (!name_.empty()) {
      return fail(Code::not_found, fmt::format("{} \"{}\" not found", kinds, name_) +
                                       (cluster_scoped || context.shared.all_namespaces
                                            ? ""
                                            : " in namespace " + context.shared.namespace_name));
    }
    if (context.shared.output == kNamesOnly) return print_names(context, {});
    if (!is_table(context)) return print(context, {});
    const bool everywhere = cluster_scoped || context.shared.all_namespaces;
    context.say(everywhere ? "No resources found"
                           : fmt::format("No resources found in {} namespace.",
                                         context.shared.namespace_name));
    return kDone;
  }

  static std::string scope(const Context& context) {
    return context.shared.all_namespaces ? "" : context.shared.namespace_name;
  }
  static bool is_table(const Context& context) {
    return context.shared.output == "table" || context.shared.output == "wide";
  }
  static View view(const Context& context, bool cluster_scoped) {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(context.clock.wall().time_since_epoch());
    return {context.shared.all_namespaces, cluster_scoped, context.shared.output == "wide",
            now.count()};
  }

  std::string kind_;
  std::string name_;
  std::string selector_;
};

}  // namespace

std::unique_ptr<Verb> make_get() { return std::make_unique<GetVerb>(); }

}  // namespace mortise::cli
