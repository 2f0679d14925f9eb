#include <algorithm>

#include "control/api/changing.h"
#include "control/api/resources.h"
#include "manifest/kinds.h"

namespace mortise::control::api {
namespace {

using registry::Registry;

struct Written {
  std::vector<manifest::File> files;
  manifest::Options options;
  std::string reason;
  bool dry_run = false;
  bool force = false;
  Duration wait{};
};

Result<std::vector<manifest::File>> files_of(const Json& body) {
  std::vector<manifest::File> files;
  const auto list = body.find("files");
  if (list == body.end()) return files;
  if (!list->is_array()) return fail(Code::invalid, "the field files must be a list");
  for (const auto& entry : *list) {
    if (!entry.is_object()) return fail(Code::invalid, "each of files must be an object");
    manifest::File file;
    TRY(file.name, text_of(entry, "name", "-"));
    TRY(file.text, text_of(entry, "text"));
    files.push_back(std::move(file));
  }
  return files;
}

Result<Written> parse_written(const Json& body) {
  Written written;
  TRY(written.files, files_of(body));
  TRY(written.options.namespace_name, text_of(body, "namespace", "default"));
  TRY(written.options.namespace_given, flag_of(body, "namespace_given"));
  TRY(written.reason, text_of(body, "reason"));
  TRY(written.dry_run, flag_of(body, "dry_run"));
  TRY(written.force, flag_of(body, "force"));
  TRY(written.wait, wait_of(body));
  return written;
}

// The notes of reading come before those of admission.
using ParsedObjects = std::expected<manifest::Parsed, registry::Refusal>;
ParsedObjects parse_objects(const Written& written) {
  auto parsed = manifest::parse(written.files, written.options);
  if (parsed.problems.empty()) return parsed;
  auto sentence = parsed.problems.front().to_string();
  if (parsed.problems.size() > 1) {
    sentence += " (and " + std::to_string(parsed.problems.size() - 1) + " more)";
  }
  return registry::refuse(Code::invalid, sentence + "; nothing was done",
                          std::move(parsed.problems));
}

http::Response answer_with_notes(Changed changed, std::vector<std::string> notes) {
  std::ranges::move(changed.done.notes, std::back_inserter(notes));
  changed.done.notes = std::move(notes);
  return respond(to_json(changed));
}

// What would happen, without doing it.
http::Response dry_run(const Registry& registry, manifest::Parsed parsed,
                       const registry::Asked& asked) {
  auto planned = registry::plan_apply(registry, std::move(parsed.objects), asked);
  if (!planned) return respond(planned.error());
  Changed changed;
  changed.done.revision = registry.revision();
  changed.done.objects = std::move(planned->objects);
  changed.done.notes = std::move(planned->notes);
  return answer_with_notes(std::move(changed), std::move(parsed.notes));
}

// One object by kind and name instead of files.
Result<model::ObjectRef> parse_ref(const Json& body) {
  TRY(const auto written, text_of(body, "kind"));
  TRY(const auto* kind, manifest::resolve_kind(written));
  model::ObjectRef ref;
  ref.kind = kind->name;
  TRY(ref.name, text_of(body, "name"));
  if (ref.name.empty()) return fail(Code::invalid, "the field name is missing");
  if (!kind->cluster_scoped) {
    TRY(ref.namespace_name, text_of(body, "namespace", "default"));
  }
  return ref;
}

using Refs = std::expected<std::vector<model::ObjectRef>, registry::Refusal>;
Refs refs_to_delete(const Json& body, const Written& written) {
  std::vector<model::ObjectRef> refs;
  if (body.contains("kind")) {
    auto ref = parse_ref(body);
    if (!ref) return registry::refuse(ref.error().code(), ref.error().what());
    refs.push_back(*std::move(ref));
    return refs;
  }
  auto parsed = parse_objects(written);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  for (const auto& object : parsed->objects) refs.push_back(object.ref());
  return refs;
}

// As `get` shows it: a service has its address in the place that Kubernetes gives it.
std::string shown(const manifest::Object& object, const Registry& registry) {
  const auto text = manifest::to_json(object);
  const auto* service = registry.service(registry::key_of(object.ref()));
  if (object.ref().kind != "Service" || !service) return text;
  auto json = Json::parse(text, nullptr, false);
  if (service->headless) {
    json["spec"]["clusterIP"] = "None";
  } else if (service->address != IpAddress()) {
    json["spec"]["clusterIP"] = service->address.to_string();
  }
  return json.dump();
}

struct Filter {
  std::string kind;
  std::string namespace_name;
  std::string name;

  [[nodiscard]] bool admits(const model::ObjectRef& ref) const {
    return (kind.empty() || kind == ref.kind) && (name.empty() || name == ref.name) &&
           (namespace_name.empty() || namespace_name == ref.namespace_name);
  }
};

Result<Filter> parse_filter(const http::Request& request) {
  Filter filter{{}, query_text(request, "namespace"), query_text(request, "name")};
  const auto written = query_text(request, "kind");
  if (written.empty()) return filter;
  TRY(const auto* kind, manifest::resolve_kind(written));
  filter.kind = kind->name;
  if (kind->cluster_scoped) filter.namespace_name.clear();
  return filter;
}

}  // namespace

Answer get_objects(Parts& parts, http::Request request) {
  const auto filter = parse_filter(request);
  if (!filter) co_return respond(filter.error());
  // Objects are JSON already: joined as text, not parsed again.
  std::string items;
  for (const auto& [ref, object] : parts.registry.objects()) {
    if (!filter->admits(ref)) continue;
    items += (items.empty() ? "" : ",") + shown(object, parts.registry);
  }
  if (items.empty() && !filter->kind.empty() && !filter->name.empty()) {
    const auto& place = filter->namespace_name;
    co_return respond(Error(Code::not_found, "there is no " + filter->kind + " " + filter->name +
                                                 (place.empty() ? "" : " in namespace " + place)));
  }
  http::Response response;
  response.body = "{\"items\":[" + items + "]}\n";
  co_return response;
}

Answer post_objects(Parts& parts, http::Request request) {
  const auto body = parse_body(request);
  if (!body) co_return respond(body.error());
  const auto written = parse_written(*body);
  if (!written) co_return respond(written.error());
  auto parsed = parse_objects(*written);
  if (!parsed) co_return respond(parsed.error());
  const auto asked = asked_by(request, parts.loop, written->reason, written->force);
  if (written->dry_run) co_return dry_run(parts.registry, *std::move(parsed), asked);

  auto planner = [objects = std::move(parsed->objects), asked](const Registry& registry) mutable {
    return registry::plan_apply(registry, std::move(objects), asked);
  };
  auto changed = co_await change(parts, std::move(planner), written->wait);
  if (!changed) co_return respond(changed.error());
  co_return answer_with_notes(*std::move(changed), std::move(parsed->notes));
}

Answer post_objects_delete(Parts& parts, http::Request request) {
  const auto body = parse_body(request);
  if (!body) co_return respond(body.error());
  const auto written = parse_written(*body);
  if (!written) co_return respond(written.error());
  auto refs = refs_to_delete(*body, *written);
  if (!refs) co_return respond(refs.error());

  auto planner = [refs = *std::move(refs), asked = asked_by(request, parts.loop, written->reason)](
                     const Registry& registry) {
    return registry::plan_delete(registry, refs, asked);
  };
  auto changed = co_await change(parts, std::move(planner), written->wait);
  if (!changed) co_return respond(changed.error());
  co_return respond(to_json(*changed));
}

}  // namespace mortise::control::api
