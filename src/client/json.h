// client/json.h — reading JSON that somebody else wrote: a wrong type reads as absent, nothing
// throws. For the .cc files of this folder only.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace mortise::client {

using Json = nlohmann::json;

inline Result<Json> parse_object(std::string_view body) {
  auto json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return fail(Code::bug, "the control plane's answer is not JSON");
  return json;
}

// The member, or null.
inline const Json& member(const Json& from, const char* key) {
  static const Json kNothing;
  if (!from.is_object()) return kNothing;
  const auto found = from.find(key);
  return found == from.end() ? kNothing : *found;
}

inline std::string text(const Json& from, const char* key) {
  const auto& value = member(from, key);
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() || value.is_boolean() ? value.dump() : std::string();
}

template <class Number>
Number number(const Json& from, const char* key) {
  const auto& value = member(from, key);
  return value.is_number() ? value.get<Number>() : Number{};
}

inline bool flag(const Json& from, const char* key) {
  const auto& value = member(from, key);
  return value.is_boolean() && value.get<bool>();
}

inline std::map<std::string, std::string> texts_by_key(const Json& from, const char* key) {
  std::map<std::string, std::string> result;
  const auto& object = member(from, key);
  if (!object.is_object()) return result;
  for (const auto& [name, value] : object.items()) result[name] = text(object, name.c_str());
  return result;
}

inline std::vector<std::string> texts(const Json& from, const char* key) {
  std::vector<std::string> result;
  const auto& list = member(from, key);
  if (!list.is_array()) return result;
  for (const auto& value : list)
    if (value.is_string()) result.push_back(value.get<std::string>());
  return result;
}

// Never throws: bytes that are not UTF-8 become U+FFFD.
inline std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mortise::client
