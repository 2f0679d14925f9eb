#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "manifest/builder.h"
#include "manifest/decode.h"
#include "manifest/ignored.h"

namespace mortise::manifest {

namespace {

using Word = std::string_view;

// portLevelSettings and portLevelMtls name ports as numbers; 0 is for policy::validate() to refuse.
std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t port = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end) return std::nullopt;
  return port;
}

std::vector<std::variant<std::uint16_t, std::string>> legacy_ports(Fields& target) {
  std::vector<std::variant<std::uint16_t, std::string>> ports;
  target.each("ports", [&](const Node& node, const std::string& path) {
    Fields selector(node, path, target.report());
    const bool has_number = selector.find("number") != nullptr;
    const bool has_name = selector.find("name") != nullptr;
    if (has_number && has_name) {
      selector.problem("a port is named by number or by name, not both");
    } else if (has_number) {
      if (const auto number = selector.integer("number", 0, 65535)) {
        ports.emplace_back(static_cast<std::uint16_t>(*number));
      }
    } else {
      ports.emplace_back(selector.text("name"));
    }
    selector.done();
  });
  return ports;
}

// The mode of one entry of `peers`; nothing if it is not about mTLS (P-5 to P-8).
std::optional<model::MtlsMode> legacy_peer(const Node& node, const std::string& path,
                                           Report& report) {
  static constexpr std::array kModes = {Word("STRICT"), Word("PERMISSIVE")};
  Fields peer(node, path, report);
  const auto* const mtls = peer.find_even_null("mtls");
  const bool has_jwt = peer.find("jwt") != nullptr;
  peer.ignore(ignored_fields(Place::legacy_peer));
  peer.done();
  if (mtls == nullptr) return std::nullopt;
  if (has_jwt) peer.problem("an entry is either mtls or jwt: write two entries");
  // Present but null is STRICT (P-6).
  Fields settings(*mtls, peer.path("mtls"), report);
  const auto mode = settings.word("mode", kModes);
  if (settings.flag("allowTls", false)) {
    report.ignored("allowTls", settings.line("allowTls"));  // P-9
  }
  settings.done();
  return mode == 1 ? model::MtlsMode::permissive : model::MtlsMode::strict;
}

// Outer: whether the mode is written at all; inner: nothing for UNSET.
std::optional<model::MtlsMode> peer_mode(Fields& settings) {
  static constexpr std::array kModes = {Word("UNSET"), Word("DISABLE"), Word("PERMISSIVE"),
                                        Word("STRICT")};
  static constexpr std::array<std::optional<model::MtlsMode>, 4> kMeaning = {
      std::nullopt, model::MtlsMode::disable, model::MtlsMode::permissive, model::MtlsMode::strict};
  const auto mode = settings.word("mode", kModes);
  settings.done();
  return mode ? kMeaning.at(*mode) : std::nullopt;
}

void port_modes(Fields& spec, model::PeerAuthentication& policy) {
  auto ports = spec.map("portLevelMtls");
  if (!ports) return;
  if (ports->node().keys.empty()) {
    spec.problem("portLevelMtls", "names no port: give one, or leave the field out");
  }
  for (std::size_t i = 0; i < ports->node().keys.size(); ++i) {
    const auto& key = ports->node().keys[i];
    const auto& node = ports->node().items[i];
    Fields settings(node, ports->path(key), spec.report());
    const auto mode = peer_mode(settings);
    const auto port = port_number(key);
    if (!port) {
      settings.problem(
          fmt::format("{} is not a port: give a number from 1 to 65535 (a port of the "
                      "workload, not of the Service)",
                      quoted(key)));
      continue;
    }
    policy.port_modes.emplace(*port, mode);
  }
}

model::ClientTlsSettings client_tls(Fields tls) {
  static constexpr std::array kModes = {Word("DISABLE"), Word("SIMPLE"), Word("MUTUAL"),
                                        Word("ISTIO_MUTUAL")};
  static constexpr std::array kMeaning = {
      model::ClientTlsMode::disable, model::ClientTlsMode::simple, model::ClientTlsMode::mutual,
      model::ClientTlsMode::istio_mutual};
  model::ClientTlsSettings settings;
  // Without a mode it is an explicit DISABLE (D-2).
  if (const auto mode = tls.word("mode", kModes)) settings.mode = kMeaning.at(*mode);
  settings.sni = tls.text("sni");
  settings.subject_alt_names = tls.texts("subjectAltNames");
  settings.client_certificate = tls.text("clientCertificate");
  settings.private_key = tls.text("privateKey");
  settings.ca_certificates = tls.text("caCertificates");
  settings.credential_name = tls.text("credentialName");
  tls.refuse("caCrl", "revocation lists are not checked: remove it");
  tls.ignore(ignored_fields(Place::client_tls));
  tls.done();
  return settings;
}

bool passthrough(Fields balancer) {
  static constexpr std::array kSimple = {Word("UNSPECIFIED"), Word("RANDOM"),
                                         Word("PASSTHROUGH"), Word("ROUND_ROBIN"),
                                         Word("LEAST_CONN"),  Word("LEAST_REQUEST")};
  const auto simple = balancer.word("simple", kSimple);
  const bool result = simple && kSimple.at(*simple) == "PASSTHROUGH";
  if (!result && !balancer.node().keys.empty()) {
    balancer.report().ignored("loadBalancer", balancer.node().line);
  }
  return result;
}

// What rule, subset and port level have in common. An entry that sets nothing is refused (D-7).
model::TrafficPolicy traffic_settings(Fields& fields) {
  model::TrafficPolicy policy;
  if (auto tls = fields.map("tls")) policy.tls = client_tls(*std::move(tls));
  if (auto balancer = fields.map("loadBalancer")) policy.passthrough = passthrough(*balancer);
  fields.ignore(ignored_fields(Place::traffic_policy));
  return policy;
}

bool sets_something(const Node& node) {
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (node.keys[i] != "port" && !node.items[i].is_null()) return true;
  }
  return false;
}

std::optional<std::uint16_t> setting_port(Fields& entry) {
  auto port = entry.map("port");
  if (!port) {
    entry.problem("port.number is missing: give a port of the Service");
    return std::nullopt;
  }
  port->require("number");
  const auto number = port->integer("number", 0, 65535);
  port->done();
  if (!number) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

void traffic_policy(Fields& parent, std::optional<model::TrafficPolicy>& policy,
                    std::map<std::uint16_t, model::TrafficPolicy>& port_policies) {
  auto fields = parent.map("trafficPolicy");
  if (!fields) return;
  if (!sets_something(fields->node())) fields->problem("sets nothing: give a field or remove it");
  policy = traffic_settings(*fields);
  fields->each("portLevelSettings", [&](const Node& node, const std::string& path) {
    Fields entry(node, path, fields->report());
    const auto port = setting_port(entry);
    if (!sets_something(node)) entry.problem("sets nothing for its port: give tls or remove it");
    auto settings = traffic_settings(entry);
    entry.done();
    if (port) port_policies.emplace(*port, std::move(settings));  // the first entry counts (D-10)
  });
  fields->done();
}

}  // namespace

model::Labels decode_selector(Fields& parent, std::string_view name) {
  auto selector = parent.map(name);
  if (!selector) return {};
  auto labels = selector->labels("matchLabels");
  selector->refuse("matchExpressions", "only matchLabels is understood");
  selector->done();
  return labels;
}

model::LegacyPolicy decode_legacy_policy(Fields& top, model::Meta meta) {
  model::LegacyPolicy policy;
  policy.meta = std::move(meta);
  auto spec = top.map("spec");
  if (!spec) return policy;
  spec->each("targets", [&](const Node& node, const std::string& path) {
    Fields target(node, path, spec->report());
    model::LegacyPolicy::Target entry;
    entry.service = target.text("name");
    entry.ports = legacy_ports(target);
    target.done();
    policy.targets.push_back(std::move(entry));
  });
  bool decided = false;
  spec->each("peers", [&](const Node& node, const std::string& path) {
    const auto mode = legacy_peer(node, path, spec->report());
    if (mode && !std::exchange(decided, true)) policy.mode = *mode;  // the first counts (P-5)
  });
  spec->ignore(ignored_fields(Place::legacy_policy));
  spec->done();
  return policy;
}

model::PeerAuthentication decode_peer_authentication(Fields& top, model::Meta meta) {
  model::PeerAuthentication policy;
  policy.meta = std::move(meta);
  auto spec = top.map("spec");
  if (!spec) return policy;
  policy.selector = decode_selector(*spec, "selector");
  if (auto mtls = spec->map("mtls")) policy.mode = peer_mode(*mtls);
  port_modes(*spec, policy);
  spec->done();
  return policy;
}

model::DestinationRule decode_destination_rule(Fields& top, model::Meta meta) {
  model::DestinationRule rule;
  rule.meta = std::move(meta);
  top.require("spec");
  auto spec = top.map("spec");
  if (!spec) return rule;
  rule.host = spec->text("host");
  rule.export_to = spec->texts("exportTo");
  traffic_policy(*spec, rule.policy, rule.port_policies);
  spec->each("subsets", [&](const Node& node, const std::string& path) {
    Fields fields(node, path, spec->report());
    model::DestinationRule::Subset subset;
    subset.name = fields.text("name");
    subset.labels = fields.labels("labels");
    traffic_policy(fields, subset.policy, subset.port_policies);
    fields.done();
    rule.subsets.push_back(std::move(subset));
  });
  // Ignoring it would apply the rule to more clients than it is meant for (D-29).
  spec->refuse("workloadSelector", "limiting a rule to some clients is not understood yet");
  spec->done();
  return rule;
}

MeshConfig decode_mesh_config(Fields& top, model::Meta meta) {
  MeshConfig config;
  config.meta = std::move(meta);
  auto spec = top.map("spec");
  if (!spec) return config;
  auto& settings = config.settings;
  settings.auto_mtls = spec->flag("enableAutoMtls", settings.auto_mtls);
  settings.trust_domain = spec->text("trustDomain", settings.trust_domain);
  settings.trust_domain_aliases = spec->texts("trustDomainAliases");
  settings.root_namespace = spec->text("rootNamespace", settings.root_namespace);
  settings.cluster_domain = spec->text("clusterDomain", settings.cluster_domain);
  spec->done();
  return config;
}

}  // namespace mortise::manifest
