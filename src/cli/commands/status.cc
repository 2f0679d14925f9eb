#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/verbs.h"
#include "cli/host.h"
#include "cli/listing.h"
#include "cli/render.h"
#include "cli/table.h"
#include "client/blocking.h"
#include "manifest/manifest.h"

namespace mortise::cli {
namespace {

using Workloads = std::vector<client::WorkloadStatus>;

// How long a certificate still lasts: the runway if the control plane stays away.
std::string runway(std::int64_t not_after, std::int64_t now) {
  return not_after <= now ? "expired" : "in " + age_words(not_after - now);
}

std::string sidecar_words(const client::WorkloadStatus& status) {
  if (!status.registered.workload.has_sidecar) return "none";
  if (!status.sidecar || !status.sidecar->connected) return "not connected";
  return status.sidecar->synced ? "in sync" : "behind";
}

std::string certificate_words(const std::optional<client::SidecarStatus>& sidecar,
                              std::int64_t now) {
  if (!sidecar) return "-";
  if (!sidecar->certificate_trouble.empty()) return sidecar->certificate_trouble;
  if (sidecar->certificate_not_after != 0) return runway(sidecar->certificate_not_after, now);
  // It has one, or it would not be in sync: its first report is on its way.
  return sidecar->connected ? "not reported yet" : "-";
}

std::string workload_table(const Workloads& workloads, std::int64_t now) {
  Table table({"NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "SIDECAR", "REVISION",
               "CERT EXPIRES", "AGE"},
              3);
  for (const auto& status : workloads) {
    const auto& workload = status.registered.workload;
    const bool known = status.sidecar.has_value();
    table.add({workload.namespace_name, workload.name, is_ready(status) ? "yes" : "no",
               status.registered.state, std::to_string(status.registered.restarts),
               sidecar_words(status), known ? std::to_string(status.sidecar->revision) : "-",
               certificate_words(status.sidecar, now), age_words(status.age_seconds)});
  }
  return table.to_string();
}

std::string summary(const client::MeshStatus& mesh, Context& context, std::int64_t now) {
  std::string text;
  text += fmt::format("Mesh           {}, revision {}\n", context.shared.data_dir, mesh.revision);
  if (context.host.rootless()) {
    text += fmt::format("Rootless       for development: {}\n", kNotSeparated);
  }
  if (!context.host.running()) {
    text += "Supervisor     not running: what ends stays away; remedy: mortise up\n";
  }
  text += fmt::format("Control plane  {}, up {}\n", mesh.version, age_words(mesh.uptime_seconds));
  text += fmt::format("Trust domain   {}, root expires {} ({})\n", mesh.trust_domain,
                      manifest::timestamp(mesh.root_not_after), runway(mesh.root_not_after, now));
  text += fmt::format("Sidecars       {} of {} connected, {} in sync\n", mesh.proxies_connected,
                      mesh.proxies_total, mesh.proxies_synced);
  for (const auto& [key, value] : mesh.settings) {
    text += fmt::format("Setting        {}={}\n", key, value);
  }
  return text;
}

class StatusVerb final : public Verb {
 public:
  [[nodiscard]] Words words() const override {
    return {"status", "Control plane, workloads, sidecars and how long certificates last",
            "mortise status\nmortise status -o json"};
  }
  void describe(Command& command) override { command.takes_output(); }

  Result<int> run(Context& context) override {
    TRY(const auto mesh, context.mesh.status());
    TRY(auto workloads, context.mesh.workloads(""));
    std::sort(workloads.begin(), workloads.end(), [](const auto& left, const auto& right) {
      return left.registered.workload.key() < right.registered.workload.key();
    });
    const auto& format = context.shared.output;
    if (format == "json" || format == "yaml") {
      TRY(const auto text, render(status_json(mesh, workloads,
                                              {.rootless = context.host.rootless(),
                                               .supervised = context.host.running()}),
                                  format));
      context.terminal.out(text);
      return kDone;
    }
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(context.clock.wall().time_since_epoch())
            .count();
    context.terminal.out(summary(mesh, context, now));
    if (!workloads.empty()) context.terminal.out("\n" + workload_table(workloads, now));
    return kDone;
  }
};

}  // namespace

std::unique_ptr<Verb> make_status() { return std::make_unique<StatusVerb>(); }

}  // namespace mortise::cli
