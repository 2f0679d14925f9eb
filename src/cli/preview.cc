#include "cli/preview.h"

#include "cli/change.h"
#include "cli/difference.h"
#include "client/blocking.h"

namespace mortise::cli {
namespace {

// As YAML, without what a server adds; empty if there is no such object.
Result<std::string> stored_text(Context& context, const model::ObjectRef& ref) {
  client::Query query{ref.kind, {}, ref.name};
  if (!ref.namespace_name.empty()) query.namespace_name = ref.namespace_name;
  const auto found = context.mesh.objects(query);
  if (!found && found.error().code() == Code::not_found) return std::string();
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::string();
  TRY(const auto object, manifest::restore(found->front().json));
  return manifest::yaml_from_json(object.content);
}

// A Service's address is given by the control plane unless its file says one.
std::string without_given_address(const std::string& before, const std::string& after) {
  constexpr std::string_view kField = "\n  clusterIP:";
  const auto at = before.find(kField);
  if (at == before.npos || after.find(kField) != after.npos) return before;
  const auto end = before.find('\n', at + 1);
  const auto line = before.substr(at, end - at);
  if (line.find("None") != line.npos) return before;  // headless was asked for
  return before.substr(0, at) + (end == before.npos ? "" : before.substr(end));
}

}  // namespace

Result<std::string> preview(Context& context, const client::Apply& what) {
  const auto parsed = parse_files(what);
  std::string text;
  for (const auto& object : parsed.objects) {
    TRY(auto before, stored_text(context, object.ref()));
    TRY(const auto after, manifest::yaml_from_json(object.content));
    if (object.ref().kind == "Service") before = without_given_address(before, after);
    const auto changes = difference(before, after);
    if (!changes.empty()) {
      text += "\n" + kubectl_name(object.ref().to_string()) + "\n" + changes;
    }
  }
  return text;
}

}  // namespace mortise::cli
