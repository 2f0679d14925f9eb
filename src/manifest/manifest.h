// manifest/manifest.h — Kubernetes-shaped YAML and JSON into model values and back. Every problem
// of every file is found in one go and says file, line and field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/policy.h"
#include "model/workload.h"

namespace mortise::manifest {

// kind MeshConfig: what is not written takes its default.
struct MeshConfig {
  model::Meta meta;
  model::MeshSettings settings;
  friend bool operator==(const MeshConfig&, const MeshConfig&) = default;
};

using Value = std::variant<model::Namespace, model::ServiceAccount, model::Service,
                           model::Deployment, model::Pod, model::Job, model::LegacyPolicy,
                           model::PeerAuthentication, model::DestinationRule, MeshConfig>;

// "spec.peers[0].mtls.mode" -> 12. Lines are 1-based and those of the field's name.
class FieldLines {
 public:
  void add(const std::string& field, int line) { lines_.emplace(field, line); }
  // The line of `field`, or of the nearest field around it; 0 if nothing is known.
  [[nodiscard]] int locate(std::string_view field) const;

 private:
  std::map<std::string, int, std::less<>> lines_;
};

struct Object {
  Value value;
  std::string api_version;
  // What was written, as compact JSON with sorted keys: equal content, equal text. Namespace filled
  // in; without status and without what a server adds to metadata (creationTimestamp too).
  std::string content;
  FieldLines lines;  // empty after restore()

  [[nodiscard]] const model::Meta& meta() const;
  [[nodiscard]] model::Meta& meta();
  [[nodiscard]] const model::ObjectRef& ref() const { return meta().ref; }
};

struct File {
  std::string name;  // as the person knows it; "-" for standard input
  std::string text;
};

// One mistake. The message is a sentence that names the remedy where there is one.
struct Problem {
  std::string file;
  int line = 0;        // 1-based; 0: not known
  std::string field;   // "spec.peers[0].mtls.mode"; empty: the document as a whole
  std::string object;  // "Policy/full/httpbin"; empty while it is not known
  std::string message;

  // "FILE:LINE: FIELD: MESSAGE", leaving out what is not known.
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const Problem&, const Problem&) = default;
};

struct Limits {
  std::size_t bytes = 4 * 1024 * 1024;  // of all files together
  std::size_t depth = 64;
  std::size_t nodes = 400'000;  // of all files together, aliases counted as often as they are used
};

struct Options {
  std::string namespace_name = "default";  // of objects that name none
  bool namespace_given = false;            // by the person (-n): then no object may name another
  Limits limits;
};

struct Parsed {
  // In the order written. Objects with a problem are left out.
  std::vector<Object> objects;
  // In the order of files and lines. Not empty: nothing may be applied.
  std::vector<Problem> problems;
  // One per field name that has no meaning on one host, one per thing left out.
  std::vector<std::string> notes;
};

// Meta::created_seconds comes from metadata.creationTimestamp (0: none) and created_order counts
// from 1 in the order written.
Parsed parse(std::span<const File> files, const Options& options = {});

// What of a problem of policy::validate() is known about its place.
Problem locate(const Object& object, std::string field, std::string message);

// From stored content. The caller sets created_* and origin of meta() from its own records.
Result<Object> restore(std::string_view content);

// The object that a person would have written for this value. For the kinds that our own verbs
// write: Namespace, LegacyPolicy, PeerAuthentication, MeshConfig; Code::invalid for others.
Result<Object> make_object(Value value);

// The same object with another mode and everything else as it was written. LegacyPolicy: its peers
// (P-5..P-8); PeerAuthentication: mtls.mode, its ports untouched; Code::invalid for others.
Result<Object> with_mode(const Object& object, model::MtlsMode mode);

// Compact JSON as `get` answers it: content with metadata.creationTimestamp (none if 0).
std::string to_json(const Object& object);

// Renderings of any JSON text for people: block YAML as kubectl prints it, JSON indented by four.
// Code::invalid if it is not JSON or deeper than Limits::depth.
Result<std::string> yaml_from_json(std::string_view json);
Result<std::string> indented_json(std::string_view json);

// "2020-02-14T09:30:00Z" and seconds since 1970.
std::string timestamp(std::int64_t seconds);
Result<std::int64_t> parse_timestamp(std::string_view text);

}  // namespace mortise::manifest
