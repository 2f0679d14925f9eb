#include "manifest/content.h"

#include <nlohmann/json.hpp>

#include "manifest/ignored.h"
#include "manifest/manifest.h"
#include "manifest/reader.h"

namespace mortise::manifest {

namespace {

using Json = nlohmann::json;

Json json_of(const Node& node) {
  switch (node.type) {
    case Node::Type::null:
      return nullptr;
    case Node::Type::boolean:
      return node.boolean;
    case Node::Type::integer:
      return node.integer;
    case Node::Type::real:
      return node.real;
    case Node::Type::text:
      return node.text;
    case Node::Type::list: {
      Json list = Json::array();
      for (const auto& item : node.items) list.push_back(json_of(item));
      return list;
    }
    case Node::Type::map: {
      Json map = Json::object();
      for (std::size_t i = 0; i < node.keys.size(); ++i) {
        map[node.keys[i]] = json_of(node.items[i]);
      }
      return map;
    }
  }
  return nullptr;
}

// All our texts are UTF-8 already; what is not would be replaced rather than thrown at us.
std::string dump(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string content_of(const Node& object, std::string_view namespace_name) {
  Json json = json_of(object);
  json.erase("status");
  auto& meta = json["metadata"];
  if (!meta.is_object()) meta = Json::object();
  for (const auto name : server_metadata()) meta.erase(std::string(name));
  meta.erase("creationTimestamp");
  if (!namespace_name.empty()) meta["namespace"] = std::string(namespace_name);
  return dump(json);
}

std::string to_json(const Object& object) {
  Json json = Json::parse(object.content, nullptr, false);
  if (!json.is_object()) return object.content;
  const auto seconds = object.meta().created_seconds;
  if (seconds != 0) json["metadata"]["creationTimestamp"] = timestamp(seconds);
  return dump(json);
}

Result<std::string> indented_json(std::string_view json) {
  const Limits limits;
  Budget budget{limits.depth, limits.nodes};
  TRY(const auto node, read_json(json, budget));
  return dump(json_of(node), 4) + "\n";
}

}  // namespace mortise::manifest
