#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "manifest/builder.h"
#include "manifest/decode.h"
#include "manifest/ignored.h"
#include "model/names.h"

namespace mortise::manifest {

namespace {

using Word = std::string_view;

constexpr std::int64_t kMaxReplicas = 1000;

// What the mesh takes a service port for: appProtocol, else the port's name (S-54).
model::Protocol protocol_of(Fields& entry, const model::ServicePort& port) {
  const auto written = entry.text("appProtocol");
  if (written.empty()) return model::protocol_of(port.name, port.port);
  if (written == "kubernetes.io/h2c") return model::Protocol::http2;
  if (written == "kubernetes.io/ws") return model::Protocol::http;
  return model::protocol_named(written).value_or(model::Protocol::automatic);
}

void target(Fields& entry, model::ServicePort& port) {
  port.target = port.port;
  const auto* const found = entry.find("targetPort");
  if (found == nullptr) return;
  if (!found->is_text()) {
    if (const auto number = entry.port("targetPort")) port.target = *number;
  } else if (model::is_port_name(found->text)) {
    port.target = found->text;
  } else {
    entry.problem("targetPort", fmt::format("{} is not a port's name; a number is written without "
                                            "quotes",
                                            quoted(found->text)));
  }
}

// Nothing for what is not TCP (S-54).
std::optional<model::ServicePort> service_port(const Node& node, const std::string& path,
                                               Report& report) {
  static constexpr std::array kTransports = {Word("TCP"), Word("UDP"), Word("SCTP")};
  Fields entry(node, path, report);
  entry.require("port");
  model::ServicePort port;
  port.name = entry.text("name");
  port.port = entry.port("port").value_or(0);
  target(entry, port);
  port.protocol = protocol_of(entry, port);
  const auto transport = entry.word("protocol", kTransports).value_or(0);
  entry.ignore(ignored_fields(Place::service_port));
  entry.done();
  if (!port.name.empty() && !model::is_dns_label(port.name)) {
    entry.problem("name", fmt::format("{} is not a port's name: lower case letters, digits and "
                                      "dashes",
                                      quoted(port.name)));
  }
  if (transport == 0) return port;
  report.note(fmt::format("the mesh carries TCP only: ports with protocol {} are left out ({}:{})",
                          kTransports.at(transport), report.file(), entry.line("protocol")));
  return std::nullopt;
}

void service_ports(Fields& spec, model::Service& service) {
  std::size_t written = 0;
  const auto taken = [&](const model::ServicePort& port) {
    return std::ranges::any_of(service.ports, [&](const model::ServicePort& other) {
      return other.port == port.port || (!port.name.empty() && other.name == port.name);
    });
  };
  bool unnamed = false;
  spec.each("ports", [&](const Node& node, const std::string& path) {
    if (++written > 1000) return;
    auto port = service_port(node, path, spec.report());
    if (!port) return;
    unnamed |= port->name.empty();
    if (port->port != 0 && taken(*port)) {
      spec.report().problem(node.line, path, "another port has this number or name already");
    }
    service.ports.push_back(*std::move(port));
  });
  if (written > 1000) spec.problem("ports", "at most 1000 ports");
  if (written == 0 && !service.headless) spec.problem("ports", "a Service needs a port");
  if (unnamed && written > 1)
    spec.problem("ports", "where there are several ports, each needs a name");
}

void template_metadata(Fields& pod_template, model::PodTemplate& pod) {
  auto meta = pod_template.map("metadata");
  if (!meta) return;
  pod.labels = meta->labels("labels");
  pod.annotations = meta->annotations("annotations");
  static constexpr std::array kUnused = {Word("name"), Word("namespace"),
                                         Word("creationTimestamp")};
  meta->accept(kUnused);
  meta->accept(server_metadata());
  meta->done();
}

model::PodTemplate pod_template(Fields& spec) {
  spec.require("template");
  auto fields = spec.map("template");
  if (!fields) return {};
  auto pod = decode_pod_spec(*fields, "spec");
  template_metadata(*fields, pod);
  fields->done();
  return pod;
}

}  // namespace

model::ServiceAccount decode_service_account(Fields& top, model::Meta meta) {
  top.ignore(ignored_fields(Place::service_account));
  return {std::move(meta)};
}

model::Service decode_service(Fields& top, model::Meta meta) {
  static constexpr std::array kTypes = {Word("ClusterIP"), Word("NodePort"), Word("LoadBalancer"),
                                        Word("ExternalName")};
  model::Service service;
  service.meta = std::move(meta);
  top.require("spec");
  auto spec = top.map("spec");
  if (!spec) return service;
  service.selector = spec->labels("selector");
  const auto address = spec->text("clusterIP");
  service.headless = address == "None";
  if (!service.headless && !address.empty()) {
    spec->report().ignored("clusterIP", spec->line("clusterIP"));
  }
  const auto type = spec->word("type", kTypes).value_or(0);
  if (type == 3) {
    spec->problem("type", "ExternalName is not understood: call the name itself");
  } else if (type != 0) {
    spec->report().ignored("type", spec->line("type"));
  }
  if (type != 3) service_ports(*spec, service);
  static constexpr std::array kOfExternalName = {Word("externalName"), Word("ports")};
  spec->accept(kOfExternalName);
  spec->ignore(ignored_fields(Place::service));
  spec->done();
  return service;
}

model::Deployment decode_deployment(Fields& top, model::Meta meta, bool needs_selector) {
  model::Deployment deployment;
  deployment.meta = std::move(meta);
  top.require("spec");
  auto spec = top.map("spec");
  if (!spec) return deployment;
  deployment.replicas = static_cast<int>(spec->integer("replicas", 0, kMaxReplicas).value_or(1));
  deployment.pod = pod_template(*spec);
  if (needs_selector) spec->require("selector");
  deployment.selector = decode_selector(*spec, "selector");
  if (deployment.selector.empty()) {
    if (spec->find("selector") != nullptr) {
      spec->problem("selector", "selects nothing: give matchLabels");
    }
    deployment.selector = deployment.pod.labels;
  } else if (!model::selects(deployment.selector, deployment.pod.labels)) {
    spec->problem("selector",
                  "does not select the Deployment's own pods: its labels must be among "
                  "those of template.metadata.labels");
  }
  spec->ignore(ignored_fields(Place::deployment));
  spec->done();
  return deployment;
}

model::Pod decode_pod(Fields& top, model::Meta meta) {
  model::Pod pod;
  pod.meta = std::move(meta);
  pod.pod = decode_pod_spec(top, "spec");
  pod.pod.labels = pod.meta.labels;
  pod.pod.annotations = pod.meta.annotations;
  return pod;
}

model::Job decode_job(Fields& top, model::Meta meta) {
  model::Job job;
  job.meta = std::move(meta);
  top.require("spec");
  auto spec = top.map("spec");
  if (!spec) return job;
  job.pod = pod_template(*spec);
  spec->ignore(ignored_fields(Place::job));
  spec->done();
  return job;
}

}  // namespace mortise::manifest
