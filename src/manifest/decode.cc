#include "manifest/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "manifest/builder.h"
#include "manifest/content.h"
#include "manifest/ignored.h"
#include "manifest/kinds.h"
#include "model/names.h"

namespace mortise::manifest {

namespace {

using Word = std::string_view;

// Kinds that are in the contract and come later, so that nobody looks for a typing mistake.
constexpr std::array kLater = {Word("ServiceEntry"), Word("WorkloadEntry")};

const Kind* kind_of(Fields& top) {
  const auto name = top.text("kind");
  if (const auto* const kind = find_kind(name)) return kind;
  std::vector<std::string_view> names;
  for (const auto& kind : kinds()) names.push_back(kind.name);
  if (name.empty()) {
    if (top.node().find("kind") == nullptr) top.problem("kind is missing: this is not an object");
  } else if (std::ranges::find(kLater, name) != kLater.end()) {
    top.problem("kind", fmt::format("{} is not understood yet", name));
  } else if (const auto near = nearest(name, names); !near.empty()) {
    top.problem("kind", fmt::format("unknown kind {}; did you mean {}?", quoted(name), near));
  } else {
    top.problem("kind",
                fmt::format("unknown kind {}; known are {}", quoted(name), fmt::join(names, ", ")));
  }
  return nullptr;
}

bool has_version(Fields& top, const Kind& kind, const std::string& version) {
  if (std::ranges::find(kind.api_versions, version) != kind.api_versions.end()) return true;
  top.problem("apiVersion", fmt::format("a {} has apiVersion {}, not {}", kind.name,
                                        fmt::join(kind.api_versions, " or "), quoted(version)));
  return false;
}

// What a workload is called becomes part of paths and of names of network namespaces.
constexpr std::array kShortNames = {Word("Deployment"), Word("Pod"), Word("Job")};

void check_name(Fields& meta, const Kind& kind, const std::string& name) {
  const auto refuse = [&](std::string_view rule) {
    meta.problem("name", fmt::format("{} is not a {}'s name: {}", quoted(name), kind.name, rule));
  };
  if (name.empty()) {
    meta.problem("name is missing");
  } else if (kind.name == "Namespace") {
    if (!model::is_dns_label(name)) refuse("at most 63 lower case letters, digits and dashes");
  } else if (kind.name == "Service") {
    if (!model::is_dns_1035_label(name)) {
      refuse("at most 63 lower case letters, digits and dashes, beginning with a letter");
    }
  } else if (!model::is_dns_subdomain(name)) {
    refuse("lower case letters, digits, dashes and dots");
  } else if (name.size() > 63 && std::ranges::find(kShortNames, kind.name) != kShortNames.end()) {
    refuse("at most 63 characters");
  } else if (kind.name == "MeshConfig" && name != "default") {
    refuse("there is only one, called default");
  }
}

std::string namespace_of(Fields& meta, const Kind& kind, const Options& options) {
  const auto written = meta.text("namespace");
  if (kind.cluster_scoped) {
    if (!written.empty()) {
      meta.problem("namespace", fmt::format("a {} is in no namespace: remove it", kind.name));
    }
    return "";
  }
  if (written.empty()) return options.namespace_name;
  if (!model::is_dns_label(written)) {
    meta.problem("namespace", quoted(written) + " is not a namespace's name");
  } else if (options.namespace_given && written != options.namespace_name) {
    meta.problem("namespace",
                 fmt::format("the object says {}, the command says -n {}: they must agree",
                             quoted(written), options.namespace_name));
  }
  return written;
}

model::Meta decode_meta(Fields& top, const Kind& kind, const Options& options) {
  model::Meta result;
  result.ref.kind = kind.name;
  result.origin = {top.report().file(), top.node().line};
  top.require("metadata");
  auto meta = top.map("metadata");
  if (!meta) return result;
  result.ref.name = meta->text("name");
  result.ref.namespace_name = namespace_of(*meta, kind, options);
  check_name(*meta, kind, result.ref.name);
  if (!result.ref.name.empty()) top.report().name_object(result.ref.to_string());
  result.labels = meta->labels("labels");
  result.annotations = meta->annotations("annotations");
  if (const auto written = meta->text("creationTimestamp"); !written.empty()) {
    const auto seconds = parse_timestamp(written);
    if (!seconds)
      meta->problem("creationTimestamp", quoted(written) + " " + seconds.error().what());
    result.created_seconds = seconds.value_or(0);
  }
  meta->accept(server_metadata());
  meta->done();
  return result;
}

Value decode_value(Fields& top, const Kind& kind, const std::string& version, model::Meta meta) {
  if (kind.name == "ServiceAccount") return decode_service_account(top, std::move(meta));
  if (kind.name == "Service") return decode_service(top, std::move(meta));
  if (kind.name == "Deployment") {
    return decode_deployment(top, std::move(meta), version == "apps/v1");
  }
  if (kind.name == "Pod") return decode_pod(top, std::move(meta));
  if (kind.name == "Job") return decode_job(top, std::move(meta));
  if (kind.name == "Policy" || kind.name == "MeshPolicy") {
    return decode_legacy_policy(top, std::move(meta));
  }
  if (kind.name == "PeerAuthentication") return decode_peer_authentication(top, std::move(meta));
  if (kind.name == "DestinationRule") return decode_destination_rule(top, std::move(meta));
  if (kind.name == "MeshConfig") return decode_mesh_config(top, std::move(meta));
  static constexpr std::array kFinalizers = {Word("spec")};
  top.accept(kFinalizers);
  return model::Namespace{std::move(meta)};
}

}  // namespace

std::optional<Object> decode_object(const Node& node, const Options& options, Report& report) {
  Fields top(node, "", report);
  if (!node.is_map()) return std::nullopt;
  const auto version = top.text("apiVersion");
  const auto* const kind = kind_of(top);
  if (kind == nullptr || !has_version(top, *kind, version)) return std::nullopt;
  auto meta = decode_meta(top, *kind, options);
  const auto namespace_name = meta.ref.namespace_name;
  Object object{decode_value(top, *kind, version, std::move(meta)), version, "", {}};
  static constexpr std::array kStatus = {Word("status")};
  top.accept(kStatus);
  top.done();
  if (report.has_problems()) return std::nullopt;
  object.content = content_of(node, namespace_name);
  object.lines = report.take_lines();
  return object;
}

}  // namespace mortise::manifest
